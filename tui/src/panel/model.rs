use std::collections::BTreeMap;

use api::order::Panel;
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use domain::Timestamp;

use crate::failure::Failure;
use crate::link::Link;
use crate::settings::Settings;

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
    /// Since when this screen knows that a number is ready.
    pub since: BTreeMap<u32, Timestamp>,
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
    /// Let the shell have the terminal for a while.
    Suspend,
    /// End.
    Quit,
}

impl Model {
    /// An empty screen.
    pub fn new(settings: Settings, now: Timestamp) -> Self {
        let link = Link::new(now, settings.interval);
        let (numbers, since) = (Panel::default(), BTreeMap::new());
        Model { settings, now, numbers, etag: None, loaded: false, link, since, fresh: Vec::new() }
    }

    /// The numbers to call: ready ones that nobody took for long are taken off the screen.
    pub fn ready(&self) -> Vec<u32> {
        let after = self.settings.clear_after;
        let stays = |number: &&u32| {
            let since = self.since.get(number).copied().unwrap_or(self.now);
            after.is_zero() || self.now.since(since) < after
        };
        self.numbers.ready.iter().filter(stays).copied().collect()
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
        for since in model.since.values_mut() {
            *since = (*since).min(now);
        }
    }
    model.now = now;
    model.fresh.retain(|(_, until)| now < *until);
    if model.link.ask(now) { vec![Effect::Fetch { etag: model.etag.clone() }] } else { Vec::new() }
}

fn press(key: KeyEvent) -> Vec<Effect> {
    if key.kind == KeyEventKind::Release {
        return Vec::new();
    }
    match (key.modifiers.contains(KeyModifiers::CONTROL), key.code) {
        (true, KeyCode::Char('c')) | (false, KeyCode::Char('q') | KeyCode::Esc) => vec![Effect::Quit],
        (true, KeyCode::Char('z')) => vec![Effect::Suspend],
        _ => Vec::new(),
    }
}

/// Numbers that were not ready before flash and ring; those of the first answer do not.
fn take_in(model: &mut Model, numbers: Panel, etag: Option<String>) -> Vec<Effect> {
    model.link.good(model.now);
    let until = model.now.plus(model.settings.flash);
    let new: Vec<_> = numbers.ready.iter().filter(|number| !model.numbers.ready.contains(number)).collect();
    let rings = model.loaded && !new.is_empty();
    if rings {
        model.fresh.extend(new.into_iter().map(|number| (*number, until)));
    }
    model.fresh.retain(|(number, _)| numbers.ready.contains(number));
    model.since.retain(|number, _| numbers.ready.contains(number));
    for number in &numbers.ready {
        model.since.entry(*number).or_insert(model.now);
    }
    model.numbers = numbers;
    model.etag = etag;
    model.loaded = true;
    if rings && model.settings.bell { vec![Effect::Bell] } else { Vec::new() }
}
