//! `lanchonete`: one program that runs a snack bar, and one command line to work with it.

mod args;
mod clients;
mod commands;
mod config;
mod credentials;
mod data_dir;
mod duration;
mod exit;
mod fixtures;
mod local;
mod log;
mod master_key;
mod platform;
mod print;
mod private;
mod rehearse;
mod renew;
mod stations;
mod verify;

use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;

fn main() -> ExitCode {
    let started = Instant::now();
    let cli = match args::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return commands::usage(&error).into(),
    };
    let printer = print::Printer::new(cli.common.output, cli.common.quiet);
    match commands::run(cli, started, printer) {
        Ok(()) => exit::Exit::Done.into(),
        Err(failure) => {
            if failure.exit != exit::Exit::Done {
                printer.failure(&failure);
            }
            failure.exit.into()
        }
    }
}
