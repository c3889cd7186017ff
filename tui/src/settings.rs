use std::time::Duration;

use api::Lang;
use api::client::OrderClient;
use domain::{DayRule, Role, Timestamp};

use crate::access::Renew;
use crate::board::keys::KeyMap;
use crate::stations::Station;
use crate::texts::Texts;
use crate::theme::Look;

/// What a screen needs to run.
#[derive(Clone)]
pub struct Options {
    /// Where the orders are, and the token for them.
    pub client: OrderClient,
    /// Where another client may come from when this one can't go on.
    pub renew: Option<Renew>,
    /// How the screen behaves.
    pub settings: Settings,
}

/// How a screen behaves and looks.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long between two questions to the order service.
    pub interval: Duration,
    /// Whether every key that changes an order is refused.
    pub readonly: bool,
    /// The colours; without any, signs and bold letters carry the same.
    pub look: Look,
    /// Whether the terminal bell rings for an alert or a new number.
    pub bell: bool,
    /// How long until an alert that nobody has seen is given again; zero gives it once.
    pub alert_repeat: Duration,
    /// A program to run for an alert, with its arguments; empty runs none. `{kind}`, `{number}` and `{count}` in an
    /// argument stand for `new`, `changed` or `cancelled`, a pick-up number, and how many orders it is about.
    pub alert_command: Vec<String>,
    /// Whether clicks and the wheel are listened to.
    pub mouse: bool,
    /// The keys of the board.
    pub keys: KeyMap,
    /// The stations of the kitchen.
    pub stations: Vec<Station>,
    /// The station that this board stands at: one of them, or [`OTHERS`](crate::stations::OTHERS). `None` sees everything.
    pub station: Option<String>,
    /// How long a new number flashes on the pick-up screen.
    pub flash: Duration,
    /// How long a number that nobody takes stays on the pick-up screen; zero keeps it.
    pub clear_after: Duration,
    /// The language of the texts.
    pub lang: Lang,
    /// From which age on a card is marked.
    pub thresholds: Thresholds,
    /// What the token's owner is: the keys offer what this role may do. The service has the last word.
    pub role: Role,
    /// The shop's time zone, for the times of day shown.
    pub day: DayRule,
}

/// From which age on a card is marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// Marked with `!`.
    pub warn: Duration,
    /// Marked with `!!` and counted as late.
    pub late: Duration,
}

impl Default for Thresholds {
    /// Five and ten minutes.
    fn default() -> Self {
        Thresholds { warn: Duration::from_secs(5 * 60), late: Duration::from_secs(10 * 60) }
    }
}

impl Settings {
    /// A kitchen board of a shop in this time zone: one second, colours, bell, Portuguese.
    pub fn new(day: DayRule) -> Self {
        Settings {
            interval: Duration::from_secs(1),
            readonly: false,
            look: Look::Dark,
            bell: true,
            alert_repeat: Duration::from_secs(15),
            alert_command: Vec::new(),
            mouse: true,
            keys: KeyMap::default(),
            stations: Vec::new(),
            station: None,
            flash: Duration::from_secs(10),
            clear_after: Duration::from_secs(30 * 60),
            lang: Lang::Pt,
            thresholds: Thresholds::default(),
            role: Role::Kitchen,
            day,
        }
    }

    /// The texts in the language chosen.
    pub fn texts(&self) -> &'static Texts {
        Texts::of(self.lang)
    }

    /// The shop's time of day, as `12:31:05`.
    pub fn time_of_day(&self, at: Timestamp) -> String {
        self.day.zone().to_datetime(at.to_jiff()).strftime("%H:%M:%S").to_string()
    }
}
