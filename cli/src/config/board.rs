//! How the screens behave.

use std::time::Duration;

use api::Lang;
use tui::board::keys::{Action, KeyMap};
use tui::{Look, Station};

use super::layers::STATIONS;
use super::read::Reader;

/// The longest name of a station, in characters.
const MAX_STATION: usize = 20;
/// The most stations.
const MAX_STATIONS: usize = 20;

/// How the board and the pick-up screen behave.
#[derive(Debug, Clone)]
pub(crate) struct BoardConfig {
    pub(crate) interval: Duration,
    pub(crate) warn_after: Duration,
    pub(crate) late_after: Duration,
    pub(crate) bell: bool,
    pub(crate) alert_repeat: Duration,
    pub(crate) alert_command: Vec<String>,
    pub(crate) look: Look,
    pub(crate) lang: Lang,
    pub(crate) mouse: bool,
    pub(crate) keys: KeyMap,
    pub(crate) stations: Vec<Station>,
    pub(crate) panel_bell: bool,
    pub(crate) flash: Duration,
    pub(crate) clear_after: Duration,
}

/// Reads `[board]` and `[panel]`.
pub(super) fn read(reader: &mut Reader<'_>) -> BoardConfig {
    let is_light = reader.word("board.theme", "dark", "light");
    let is_english = reader.word("board.lang", "pt", "en");
    let board = BoardConfig {
        interval: reader.duration("board.interval"),
        warn_after: reader.duration("board.warn_after"),
        late_after: reader.duration("board.late_after"),
        bell: reader.flag("board.bell"),
        alert_repeat: reader.duration("board.alert_repeat"),
        alert_command: reader.list("board.alert_command"),
        look: if is_light { Look::Light } else { Look::Dark },
        lang: if is_english { Lang::En } else { Lang::Pt },
        mouse: reader.flag("board.mouse"),
        keys: keys(reader),
        stations: stations(reader),
        panel_bell: reader.flag("panel.bell"),
        flash: reader.duration("panel.flash"),
        clear_after: reader.duration("panel.clear_after"),
    };
    if board.late_after < board.warn_after {
        reader.fault("board.late_after", "must not be shorter than board.warn_after");
    }
    if board.interval < Duration::from_millis(100) {
        reader.fault("board.interval", "must be at least 100ms");
    }
    if !board.alert_repeat.is_zero() && board.alert_repeat < Duration::from_secs(1) {
        reader.fault("board.alert_repeat", "must be at least 1s, or 0s for once");
    }
    if board.alert_command.first().is_some_and(|program| program.is_empty()) {
        reader.fault("board.alert_command", "must begin with a program");
    }
    board
}

/// The key of the configuration with the keys of an action.
fn key_of(action: Action) -> String {
    format!("board.keys.{}", action.name())
}

fn keys(reader: &mut Reader<'_>) -> KeyMap {
    let wanted: Vec<(Action, Vec<String>)> =
        Action::ALL.iter().map(|action| (*action, reader.list(&key_of(*action)))).collect();
    let of =
        |action| wanted.iter().find(|(known, _)| *known == action).map(|(_, keys)| keys.clone()).unwrap_or_default();
    KeyMap::new(of).unwrap_or_else(|faults| {
        for (action, fault) in faults {
            reader.fault(&key_of(action), fault);
        }
        KeyMap::default()
    })
}

fn stations(reader: &mut Reader<'_>) -> Vec<Station> {
    let names = reader.below(STATIONS);
    if let Some(name) = names.get(MAX_STATIONS) {
        reader.fault(&format!("{STATIONS}{name}"), format_args!("more than {MAX_STATIONS} stations"));
    }
    let mut stations = Vec::new();
    for name in names {
        let key = format!("{STATIONS}{name}");
        let categories: Vec<String> = reader.list(&key);
        if categories.is_empty() {
            reader.fault(&key, "must name at least one category of the menu, such as [\"Bebidas\"]");
        }
        if name.chars().count() > MAX_STATION || !domain::is_plain(&name) {
            reader.fault(&key, format_args!("the name of a station has at most {MAX_STATION} characters"));
        }
        stations.push(Station { name, categories });
    }
    stations
}
