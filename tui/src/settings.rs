use std::time::Duration;

use api::Lang;
use api::client::OrderClient;
use domain::{DayRule, Role, Timestamp};

use crate::texts::Texts;

/// What a screen needs to run.
#[derive(Clone)]
pub struct Options {
    /// Where the orders are, and the token for them.
    pub client: OrderClient,
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
    /// Whether no real money moves; the header says `SANDBOX`.
    pub sandbox: bool,
    /// Whether colours are used; without them, signs and bold letters carry the same.
    pub colour: bool,
    /// Whether the terminal bell rings for a new order or number.
    pub bell: bool,
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
            sandbox: false,
            colour: true,
            bell: true,
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
