//! What follows from each message. Nothing here waits or reads a clock.

mod answers;
mod dialogs;
mod orders;
mod select;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use domain::Timestamp;

use super::keys::Action;
use super::model::{Mode, Typed};
use super::{Effect, Model, Msg};

/// Takes a message in and says what is to be done.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Tick(now) => tick(model, now),
        Msg::Resize(columns, rows) => {
            model.size = (columns, rows);
            Vec::new()
        }
        Msg::Key(key) => press(model, key),
        Msg::Queue(answer) => answers::queue(model, answer),
        Msg::Changed(change, answer) => answers::changed(model, &change, answer),
        Msg::Tracked { id, number, last } => answers::tracked(model, id, number, last),
    }
}

fn tick(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    if now < model.now {
        model.link.clock_set_back(now);
        model.notice = None;
    }
    model.now = now;
    if model.notice.as_ref().is_some_and(|notice| now >= notice.until) {
        model.notice = None;
    }
    if model.typed.until.is_some_and(|until| now >= until) {
        model.typed = Typed::default();
    }
    fetch_if_due(model)
}

/// Asks for the queue when it is time.
fn fetch_if_due(model: &mut Model) -> Vec<Effect> {
    if model.link.ask(model.now) { vec![Effect::Fetch { etag: model.etag.clone() }] } else { Vec::new() }
}

fn press(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    if key.kind == KeyEventKind::Release {
        return Vec::new();
    }
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return if key.code == KeyCode::Char('c') { vec![Effect::Quit] } else { Vec::new() };
    }
    if key.modifiers.contains(KeyModifiers::ALT) {
        return Vec::new();
    }
    match &model.mode {
        Mode::Board => on_board(model, key.code),
        Mode::Help | Mode::AllDay => {
            model.mode = Mode::Board;
            Vec::new()
        }
        Mode::Search => dialogs::search(model, key.code),
        Mode::Detail { item } => dialogs::detail(model, key.code, *item),
        Mode::Cancel(cancel) => dialogs::cancel(model, key.code, cancel.clone()),
    }
}

fn on_board(model: &mut Model, key: KeyCode) -> Vec<Effect> {
    if let KeyCode::Char(digit @ '0'..='9') = key {
        select::digit(model, digit);
        return Vec::new();
    }
    let Some(action) = model.keys.action(key) else { return Vec::new() };
    if action.changes() {
        let effects = orders::act(model, action);
        model.typed = Typed::default();
        return effects;
    }
    model.typed = Typed::default();
    match action {
        Action::Quit => return vec![Effect::Quit],
        Action::Help => model.mode = Mode::Help,
        Action::AllDay => model.mode = Mode::AllDay,
        Action::Search => model.mode = Mode::Search,
        Action::Detail => dialogs::open_detail(model),
        Action::Escape => {
            model.query.clear();
            model.selected = None;
            model.notice = None;
        }
        other => select::step(model, other),
    }
    Vec::new()
}
