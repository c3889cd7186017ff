//! `board`: the kitchen's screen.

use std::io::IsTerminal;
use std::path::Path;

use api::Lang;
use api::client::OrderClient;
use domain::Role;
use tui::stations::OTHERS;
use tui::text::fold;
use tui::{Look, Options, Recorder, Settings, Thresholds};

use crate::args::{Board, Common, Language};
use crate::clients::Session;
use crate::config::{Overrides, Service};
use crate::exit::{Failure, Outcome};
use crate::print::Printer;
use crate::{renew, stations};

/// Width of a frame that no terminal shows.
const COLUMNS: u16 = 80;

pub(crate) async fn run(common: &Common, args: Board, printer: Printer) -> Outcome {
    if let Some(file) = &args.replay {
        return replay(file, args.once || !std::io::stdout().is_terminal(), printer).await;
    }
    let flags = Overrides::default().with("board.interval", "--interval", args.interval.as_deref()).with(
        "board.lang",
        "--lang",
        args.lang.map(Language::name),
    );
    let session = Session::open_with(common, &args.target, Service::Order, flags)?;
    let mut settings = screen(&session);
    settings.readonly = args.readonly;
    settings.station = station(&settings, args.station)?;
    let client = session.order(settings.role).await?;
    if printer.is_json() {
        let entries = client.queue(None).await?.map(|queue| queue.entries).unwrap_or_default();
        return Ok(printer.data(&entries, String::new)?);
    }
    warn(&settings, &client, printer).await;
    if args.once {
        // A refusal is told by this command, in its own language.
        let options = Options { client, settings, renew: None };
        return Ok(printer.text(&tui::once(options, columns(), None).await.map_err(failure)?)?);
    }
    let renew = renew::from_credentials(common, &args.target, &session, Some(settings.role), settings.lang);
    let options = Options { client: speaking(&client, settings.lang), renew: Some(renew), settings };
    let recorder = args.record.as_deref().map(record).transpose()?;
    tui::run(options, recorder).await.map_err(failure)
}

async fn replay(file: &Path, once: bool, printer: Printer) -> Outcome {
    if !once {
        return tui::replay(file).await.map_err(failure);
    }
    Ok(printer.text(&tui::replay_once(file).map_err(failure)?)?)
}

fn record(file: &Path) -> Outcome<Recorder> {
    Recorder::new(file).map_err(|error| {
        Failure::usage(format!("can't record into {}: {error}", file.display()))
            .hint("name a file that is not there yet")
    })
}

/// The station that was asked for, as the configuration spells it.
fn station(settings: &Settings, wanted: Option<String>) -> Outcome<Option<String>> {
    let Some(wanted) = wanted else { return Ok(None) };
    let known = settings.stations.iter().find(|station| fold(&station.name) == fold(wanted.trim()));
    if let Some(station) = known {
        return Ok(Some(station.name.clone()));
    }
    if !settings.stations.is_empty() && fold(wanted.trim()) == OTHERS {
        return Ok(Some(OTHERS.to_owned()));
    }
    let names: Vec<_> = settings.stations.iter().map(|station| station.name.as_str()).collect();
    let hint = match names.as_slice() {
        [] => "write it into lanchonete.toml: [board.stations] chapa = [\"Sanduíches\"]".to_owned(),
        names => format!("board.stations has {}; {OTHERS} is for what none of them makes", names.join(", ")),
    };
    Err(Failure::usage(format!("no station {wanted:?}")).hint(hint))
}

/// Says what no station shows, before the screen hides it. Without an answer there is nothing to say: the screen asks
/// again.
async fn warn(settings: &Settings, client: &OrderClient, printer: Printer) {
    if settings.stations.is_empty() {
        return;
    }
    let Ok(menu) = stations::menu(client).await else { return };
    let unknown = stations::unknown_ones(&settings.stations, &menu);
    for text in unknown.into_iter().chain(stations::unmapped_ones(&settings.stations, &menu)) {
        printer.talk(format_args!("warning: {text}"));
    }
}

/// The client, whose refusals speak the language of the screen.
pub(crate) fn speaking(client: &OrderClient, lang: Lang) -> OrderClient {
    let language = if lang == Lang::En { "en" } else { "pt-BR" };
    OrderClient::new(client.http().clone().with_language(language))
}

/// How a screen behaves here.
pub(crate) fn screen(session: &Session) -> Settings {
    let config = &session.config;
    let board = config.board.clone();
    let colour = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    Settings {
        interval: board.interval,
        thresholds: Thresholds { warn: board.warn_after, late: board.late_after },
        look: if colour { board.look } else { Look::Plain },
        bell: board.bell,
        alert_repeat: board.alert_repeat,
        alert_command: board.alert_command,
        mouse: board.mouse,
        keys: board.keys,
        stations: board.stations,
        flash: board.flash,
        clear_after: board.clear_after,
        lang: board.lang,
        role: Role::Kitchen,
        ..Settings::new(config.order.day.clone())
    }
}

/// The terminal's width, or 80 without one, or where it has not been told its size.
fn columns() -> u16 {
    let terminal = std::io::stdout().is_terminal().then(crossterm::terminal::size);
    let told = terminal.and_then(Result::ok).map(|(columns, _)| columns);
    told.filter(|columns| *columns > 0).unwrap_or(COLUMNS)
}

/// Why a screen ended.
pub(crate) fn failure(error: tui::BoardError) -> Failure {
    match error {
        tui::BoardError::NotATerminal => Failure::usage(error.to_string()).hint("add --once"),
        tui::BoardError::Recording(_) => Failure::usage(error.to_string()),
        tui::BoardError::Terminal(error) => error.into(),
        tui::BoardError::Service(error) => error.into(),
    }
}
