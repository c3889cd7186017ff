use std::time::Duration;

use api::order::Panel;
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use domain::Timestamp;

use crate::failure::Failure;
use crate::link::Link;
use crate::settings::Settings;

/// How long a number that became ready flashes.
const FLASH: Duration = Duration::from_secs(10);

/// What the pick-up screen knows.
#[derive(Debug, Clone)]
pub struct Model {
    /// How it behaves.
    pub settings: Settings,
    /// The time.
    pub now: Timestamp,
    /// The numbers.
    pub numbers: Panel,
    /// The tag of these numbers.
    pub etag: Option<String>,
    /// Whether numbers came at all.
    pub loaded: bool,
    /// The connection.
    pub link: Link,
    /// Numbers that became ready, and until when they flash.
    pub fresh: Vec<(u32, Timestamp)>,
}

/// What can happen to the pick-up screen.
#[derive(Debug)]
pub enum Msg {
    /// Time went on.
    Tick(Timestamp),
    /// A key was pressed.
    Key(KeyEvent),
    /// The terminal has another size; the next frame fits it.
    Resize,
    /// The numbers were asked for: `None` when they are still the same.
    Numbers(Result<Option<(Panel, Option<String>)>, Failure>),
}

/// What the pick-up screen asks to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Ask for the numbers, unless they are still those with this tag.
    Fetch {
        /// The tag.
        etag: Option<String>,
    },
    /// Ring the bell.
    Bell,
    /// End.
    Quit,
}

impl Model {
    /// An empty screen.
    pub fn new(settings: Settings, now: Timestamp) -> Self {
        let link = Link::new(now, settings.interval);
        Model { settings, now, numbers: Panel::default(), etag: None, loaded: false, link, fresh: Vec::new() }
    }

    /// Whether a number became ready just now.
    pub fn is_fresh(&self, number: u32) -> bool {
        self.fresh.iter().any(|(fresh, _)| *fresh == number)
    }
}

/// Takes a message in and says what is to be done.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Tick(now) => tick(model, now),
        Msg::Resize => Vec::new(),
        Msg::Key(key) => press(key),
        Msg::Numbers(Ok(None)) => {
            model.link.good(model.now);
            Vec::new()
        }
        Msg::Numbers(Ok(Some((numbers, etag)))) => take_in(model, numbers, etag),
        Msg::Numbers(Err(failure)) => {
            model.link.bad(failure, model.now);
            Vec::new()
        }
    }
}

fn tick(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    if now < model.now {
        model.link.clock_set_back(now);
        model.fresh.clear();
    }
    model.now = now;
    model.fresh.retain(|(_, until)| now < *until);
    if model.link.ask(now) { vec![Effect::Fetch { etag: model.etag.clone() }] } else { Vec::new() }
}

fn press(key: KeyEvent) -> Vec<Effect> {
    let ctrl_c = key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('c');
    let quits = ctrl_c || matches!(key.code, KeyCode::Char('q') | KeyCode::Esc);
    if quits && key.kind != KeyEventKind::Release { vec![Effect::Quit] } else { Vec::new() }
}

/// Numbers that were not ready before flash and ring; those of the first answer do not.
fn take_in(model: &mut Model, numbers: Panel, etag: Option<String>) -> Vec<Effect> {
    model.link.good(model.now);
    let until = model.now.plus(FLASH);
    let new: Vec<_> = numbers.ready.iter().filter(|number| !model.numbers.ready.contains(number)).collect();
    let rings = model.loaded && !new.is_empty();
    if rings {
        model.fresh.extend(new.into_iter().map(|number| (*number, until)));
    }
    model.fresh.retain(|(number, _)| numbers.ready.contains(number));
    model.numbers = numbers;
    model.etag = etag;
    model.loaded = true;
    if rings && model.settings.bell { vec![Effect::Bell] } else { Vec::new() }
}
