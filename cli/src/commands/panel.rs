//! `panel`: the public pick-up screen. Texts are Portuguese: customers read them.

use std::io::IsTerminal;

use api::Lang;
use api::client::OrderClient;
use api::order::Panel as Numbers;
use tokio_util::sync::CancellationToken;
use tui::{Options, Settings};

use super::board::{failure, screen};
use crate::args::{Common, Language, Panel};
use crate::clients::Session;
use crate::config::{BoardConfig, Overrides, Service};
use crate::exit::Outcome;
use crate::platform::shutdown_signal;
use crate::print::{Printer, strong};
use crate::renew;

pub(crate) async fn run(common: &Common, args: Panel, printer: Printer) -> Outcome {
    let flags = Overrides::default().with("board.lang", "--lang", args.lang.map(Language::name));
    let session = Session::open_with(common, &args.target, Service::Order, flags)?;
    let client = session.order_public();
    if args.once {
        let (numbers, _) = client.panel(None).await?.unwrap_or_default();
        return told(&numbers, session.config.board.lang, printer);
    }
    if !printer.is_json() && std::io::stdout().is_terminal() {
        let settings = Settings { bell: session.config.board.panel_bell, ..screen(&session) };
        let renew = renew::from_credentials(common, &args.target, &session, None, settings.lang);
        return tui::panel_run(Options { client, renew: Some(renew), settings }).await.map_err(failure);
    }
    follow(&client, &session.config.board, printer, shutdown_signal()?).await
}

/// Without a terminal: the numbers again whenever they change.
async fn follow(client: &OrderClient, board: &BoardConfig, printer: Printer, shutdown: CancellationToken) -> Outcome {
    let mut etag: Option<String> = None;
    loop {
        if let Some((numbers, tag)) = client.panel(etag.as_deref()).await? {
            etag = tag;
            told(&numbers, board.lang, printer)?;
        }
        tokio::select! {
            () = tokio::time::sleep(board.interval) => {}
            () = shutdown.cancelled() => return Ok(()),
        }
    }
}

fn told(numbers: &Numbers, lang: Lang, printer: Printer) -> Outcome {
    let list = |numbers: &[u32]| match numbers {
        [] => "-".to_owned(),
        numbers => numbers.iter().map(u32::to_string).collect::<Vec<_>>().join("  "),
    };
    printer.data(numbers, || {
        let (ready, preparing) = (list(&numbers.ready), list(&numbers.preparing));
        let heads = if lang == Lang::En { ["READY", "PREPARING"] } else { ["PRONTO", "EM PREPARO"] };
        format!("{}\n  {ready}\n{}\n  {preparing}\n", strong(heads[0]), strong(heads[1]))
    })?;
    Ok(())
}
