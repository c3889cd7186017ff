//! `panel`: the public pick-up screen. Texts are Portuguese: customers read them.

use std::io::IsTerminal;

use api::order::Panel as Numbers;

use crate::args::{Common, Panel};
use crate::clients::Session;
use crate::config::Service;
use crate::exit::Outcome;
use crate::print::{Printer, strong};

/// Clears the screen and goes to its first cell (ECMA-48 ED and CUP).
const CLEAR: &str = "\x1b[2J\x1b[H";

pub(crate) async fn run(common: &Common, args: Panel, printer: Printer) -> Outcome {
    let session = Session::open(common, &args.target, Service::Order)?;
    let client = session.order_public();
    let mut etag: Option<String> = None;
    loop {
        if let Some((numbers, tag)) = client.panel(etag.as_deref()).await? {
            etag = tag;
            let clear = if !args.once && std::io::stdout().is_terminal() { CLEAR } else { "" };
            printer.data(&numbers, || format!("{clear}{}", in_words(&numbers)))?;
        }
        if args.once {
            return Ok(());
        }
        tokio::select! {
            () = tokio::time::sleep(session.config.board_interval) => {}
            _ = tokio::signal::ctrl_c() => return Ok(()),
        }
    }
}

fn in_words(numbers: &Numbers) -> String {
    let list = |numbers: &[u32]| match numbers {
        [] => "-".to_owned(),
        numbers => numbers.iter().map(u32::to_string).collect::<Vec<_>>().join("  "),
    };
    format!(
        "{}\n  {}\n{}\n  {}\n",
        strong("PRONTO"),
        list(&numbers.ready),
        strong("EM PREPARO"),
        list(&numbers.preparing)
    )
}
