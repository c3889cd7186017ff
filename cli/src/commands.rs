//! What each verb does, one file each.

mod admin;
pub(crate) mod authority;
mod board;
mod completions;
mod config;
mod customer;
mod doctor;
mod keys;
mod man;
mod menu;
mod openapi;
mod order;
mod panel;
mod payment;
mod privacy;
mod rehearse;
mod replay;
mod seed;
mod serve;
mod token;
mod up;
mod verify;
mod webhook;

use std::ffi::OsString;
use std::future::Future;
use std::time::{Duration, Instant};

use store::StoreUrl;

pub(crate) use board::speaking;
pub(crate) use menu::all_products;
pub(crate) use webhook::webhook_secrets;

use crate::args::{Cli, Command};
use crate::exit::{Exit, Failure, Outcome};
use crate::print::{Output, Printer};

/// Runs what was typed.
pub(crate) fn run(mut cli: Cli, started: Instant, printer: Printer) -> Outcome {
    let common = &mut cli.common;
    common.data_dir = std::path::absolute(&common.data_dir)
        .map_err(|error| Failure::usage(format!("--data-dir {}: {error}", common.data_dir.display())))?;
    let common = &cli.common;
    match cli.command {
        Command::Up(args) => serve_with(up::run(common, args, started, printer)),
        Command::Serve(args) => serve_with(serve::run(common, args, started, printer)),
        Command::Board(args) => show(board::run(common, args, printer)),
        Command::OpenApi(args) => openapi::run(args, printer),
        Command::Seed(args) => wait_for(seed::run(common, args, printer)),
        Command::Admin(args) => wait_for(admin::run(common, args, printer)),
        Command::Token(args) => wait_for(token::run(common, args, printer)),
        Command::Customer(args) => wait_for(customer::run(common, args, printer)),
        Command::Keys(args) => wait_for(keys::run(common, args, printer)),
        Command::Privacy(args) => wait_for(privacy::run(common, args, printer)),
        Command::Menu(args) => wait_for(menu::run(common, args, printer)),
        Command::Order(args) => wait_for(order::run(common, args, printer)),
        Command::Payment(args) => wait_for(payment::run(common, args, printer)),
        Command::Webhook(args) => wait_for(webhook::run(common, args, printer)),
        Command::Rehearse(args) => serve_with(rehearse::run(common, args, printer)),
        Command::Doctor(args) => wait_for(doctor::run(common, args, printer)),
        Command::Verify(args) => serve_with(verify::run(common, args, printer)),
        Command::Panel(args) => show(panel::run(common, args, printer)),
        Command::Config(args) => config::run(common, args, printer),
        Command::Completions(args) => completions::run(args, printer),
        Command::Man(args) => man::run(args, printer),
    }
}

/// What a wrong command line, `--help` and `--version` end with.
pub(crate) fn usage(error: &clap::Error) -> Exit {
    if !error.use_stderr() {
        // A reader that went away is no error.
        let _ = error.print();
        return Exit::Done;
    }
    if wants_json(std::env::args_os()) {
        let text = error.to_string();
        let (message, rest) = text.split_once("\n\n").unwrap_or((&text, ""));
        let message = message.trim_start_matches("error: ").trim();
        Printer::new(Output::Json, false).failure(&Failure::usage(message).hint(rest.trim()));
    } else {
        let _ = error.print();
    }
    Exit::Usage
}

/// Whether JSON was asked for in a line that could not be read as a whole.
fn wants_json(line: impl Iterator<Item = OsString>) -> bool {
    let words: Vec<String> = line.filter_map(|word| word.into_string().ok()).collect();
    let pair = |pair: &[String]| matches!(&*pair[0], "-o" | "--output") && pair[1] == "json";
    words.windows(2).any(pair) || words.iter().any(|word| matches!(&**word, "-ojson" | "-o=json" | "--output=json"))
}

/// Runs a command that talks to services, on one thread.
fn wait_for(command: impl Future<Output = Outcome>) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(command)
}

/// Runs services.
fn serve_with(command: impl Future<Output = Outcome>) -> Outcome {
    end_soon(tokio::runtime::Builder::new_multi_thread().enable_all().build()?, command)
}

/// Runs a screen, on one thread: it may hang on the wall in front of a small machine.
fn show(command: impl Future<Output = Outcome>) -> Outcome {
    end_soon(tokio::runtime::Builder::new_current_thread().enable_all().build()?, command)
}

/// A thread that is still busy with a file or a name does not hold the end up.
fn end_soon(runtime: tokio::runtime::Runtime, command: impl Future<Output = Outcome>) -> Outcome {
    let outcome = runtime.block_on(command);
    runtime.shutdown_timeout(Duration::from_secs(1));
    outcome
}

/// The address of a store with its password, for a file that only its owner may read.
fn full(database: &StoreUrl) -> String {
    match database {
        StoreUrl::Sqlite(path) => format!("sqlite:{}", path.display()),
        StoreUrl::Mongo(url) => url.clone(),
    }
}

/// Says how much of a list is not shown.
fn tell_total(printer: Printer, shown: usize, skip: u32, total: u64) {
    if u64::from(skip) + (shown as u64) < total || skip > 0 {
        printer.talk(format_args!("{shown} of {total}; more with --skip and --limit"));
    }
}
