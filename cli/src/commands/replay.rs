//! `order replay` and `payment replay`: what a service has given up is shown, and tried again.

use api::DeadLetter;
use api::client::{CallError, Http};
use domain::DayRule;

use crate::args::Replay;
use crate::exit::Outcome;
use crate::local::local;
use crate::print::{Printer, Table};

/// The most that one question brings.
const PAGE: u32 = 100;
/// The most that is shown; the services page no further.
const MOST: usize = 10_000;

pub(crate) async fn run(service: &Http, args: &Replay, day: &DayRule, printer: Printer) -> Outcome {
    if args.list { list(service, day, printer).await } else { replay(service, args, printer).await }
}

async fn list(service: &Http, day: &DayRule, printer: Printer) -> Outcome {
    let letters = all(service).await?;
    printer.data(&letters, || if letters.is_empty() { nothing() } else { table(&letters, day) })?;
    if !letters.is_empty() {
        printer.hint("without --list they are tried again; --id picks one");
    }
    Ok(())
}

async fn all(service: &Http) -> Result<Vec<DeadLetter>, CallError> {
    let mut letters: Vec<DeadLetter> = Vec::new();
    loop {
        let page = service.dead_letters(letters.len() as u32, PAGE).await?;
        let last = page.items.len() < PAGE as usize;
        letters.extend(page.items);
        if last || letters.len() >= MOST {
            return Ok(letters);
        }
    }
}

async fn replay(service: &Http, args: &Replay, printer: Printer) -> Outcome {
    let answer = service.replay(api::Replay { id: args.id }).await?;
    printer.data(&answer, || match answer.replayed {
        0 => nothing(),
        1 => "1 is tried again".to_owned(),
        many => format!("{many} are tried again"),
    })?;
    if answer.replayed > 0 {
        printer.hint("what fails again comes back: see --list");
    }
    Ok(())
}

fn nothing() -> String {
    "nothing was given up".to_owned()
}

fn table(letters: &[DeadLetter], day: &DayRule) -> String {
    let mut table = Table::new(["SINCE", "QUEUE", "WHAT", "ABOUT", "TRIES", "ID", "LAST ERROR"]);
    for letter in letters {
        table.row([
            local(letter.created_at, day),
            letter.queue.clone(),
            letter.kind.clone(),
            letter.aggregate.clone(),
            letter.attempts.to_string(),
            letter.id.to_string(),
            letter.last_error.clone().unwrap_or_default(),
        ]);
    }
    table.to_string()
}
