//! `completions SHELL`.

use clap::CommandFactory;

use crate::args::{Cli, Completions};
use crate::exit::Outcome;
use crate::print::Printer;

pub(crate) fn run(args: Completions, printer: Printer) -> Outcome {
    // The library panics when its output closes, so it writes to memory.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "lanchonete", &mut script);
    printer.text(&String::from_utf8_lossy(&script))?;
    Ok(())
}
