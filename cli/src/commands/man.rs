//! `man`: the manual, made from the same tree that parses the command line.

use clap::CommandFactory;
use clap_mangen::Man as Page;

use crate::args::{Cli, Man};
use crate::exit::{Failure, Outcome};
use crate::print::Printer;

pub(crate) fn run(args: Man, printer: Printer) -> Outcome {
    let command = Cli::command();
    match args.dir {
        None => {
            let mut page = Vec::new();
            Page::new(command).render(&mut page)?;
            printer.text(&String::from_utf8_lossy(&page))?;
        }
        Some(dir) => {
            let written = std::fs::create_dir_all(&dir).and_then(|()| clap_mangen::generate_to(command, &dir));
            written.map_err(|error| Failure::usage(format!("can't write to {}: {error}", dir.display())))?;
            printer.talk(format_args!("pages written to {}", dir.display()));
        }
    }
    Ok(())
}
