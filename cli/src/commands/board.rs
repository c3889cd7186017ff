//! `board`: the kitchen's screen.

use std::io::IsTerminal;

use api::Lang;
use domain::Role;
use tui::{Options, Settings, Thresholds};

use crate::args::{Board, Common};
use crate::clients::Session;
use crate::config::{Overrides, Service};
use crate::exit::{Failure, Outcome};
use crate::print::Printer;

/// Width of a frame that no terminal shows.
const COLUMNS: u16 = 80;

pub(crate) async fn run(common: &Common, args: Board, printer: Printer) -> Outcome {
    let flags = Overrides::default().with("board.interval", "--interval", args.interval.as_deref());
    let session = Session::open_with(common, &args.target, Service::Order, flags)?;
    let mut settings = screen(&session);
    settings.readonly = args.readonly;
    let client = session.order(settings.role).await?;
    if printer.is_json() {
        let entries = client.queue(None).await?.map(|queue| queue.entries).unwrap_or_default();
        return Ok(printer.data(&entries, String::new)?);
    }
    let options = Options { client, settings };
    if !args.once {
        return tui::run(options).await.map_err(failure);
    }
    let frame = tui::once(options, columns(), None).await.map_err(failure)?;
    Ok(printer.text(&frame)?)
}

/// How a screen behaves here.
pub(crate) fn screen(session: &Session) -> Settings {
    let config = &session.config;
    let mut settings = Settings::new(config.order.day.clone());
    settings.interval = config.board.interval;
    settings.thresholds = Thresholds { warn: config.board.warn_after, late: config.board.late_after };
    settings.bell = config.board.bell;
    settings.sandbox = config.uses_sandbox();
    settings.colour = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    settings.lang = Lang::Pt;
    settings.role = Role::Kitchen;
    settings
}

/// The terminal's width, or 80 without one.
fn columns() -> u16 {
    let terminal = std::io::stdout().is_terminal().then(crossterm::terminal::size);
    terminal.and_then(Result::ok).map_or(COLUMNS, |(columns, _)| columns)
}

/// Why a screen ended.
pub(crate) fn failure(error: tui::BoardError) -> Failure {
    match error {
        tui::BoardError::NotATerminal => Failure::usage(error.to_string()).hint("add --once"),
        tui::BoardError::Terminal(error) => error.into(),
        tui::BoardError::Service(error) => error.into(),
    }
}
