//! What follows from each message. Nothing here waits or reads a clock.

mod answers;
mod dialogs;
mod leaving;
mod mouse;
mod news;
mod orders;
mod select;
mod station;
mod undo;

pub(super) use dialogs::reason;

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use domain::Timestamp;

use super::keys::Action;
use super::model::{Mode, Typed};
use super::{Effect, Model, Msg};
use crate::texts::fill;

/// How soon categories are asked for again that the menu did not have, or did not say.
const MENU_AGAIN: Duration = Duration::from_secs(60);
/// The same after no answer.
const MENU_RETRY: Duration = Duration::from_secs(10);

/// How long after its key the board ends.
const QUIT_AFTER: Duration = Duration::from_secs(2);

/// Takes a message in and says what is to be done.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    let effects = match msg {
        Msg::Tick(now) => tick(model, now),
        Msg::Resize(columns, rows) => {
            model.size = (columns, rows);
            Vec::new()
        }
        Msg::Key(key) => press(model, key),
        Msg::Mouse(event) => mouse::used(model, event),
        Msg::Queue(answer, aside) => {
            model.aside = aside;
            answers::queue(model, answer)
        }
        Msg::Changed(change, answer) => answers::changed(model, &change, answer),
        Msg::Left { id, rows } => leaving::explained(model, id, rows),
        Msg::Categories(answer) => menu(model, answer.ok()),
        Msg::Shift(answer) => {
            model.shift.answered(answer.ok());
            Vec::new()
        }
        Msg::AlertFailed(why) => say_trouble(model, model.texts().alert_failed, &why),
        Msg::RecordFailed(why) => say_trouble(model, model.texts().record_failed, &why),
    };
    model.scroll();
    effects
}

fn say_trouble(model: &mut Model, text: &str, why: &str) -> Vec<Effect> {
    model.refuse(fill(text, &[("why", &crate::text::safe(why))]));
    Vec::new()
}

fn tick(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    if now < model.now {
        clock_set_back(model, now);
    }
    model.now = now;
    if model.notice.as_ref().is_some_and(|notice| now >= notice.until) {
        model.notice = None;
    }
    if model.typed.until.is_some_and(|until| now >= until) {
        model.typed = Typed::default();
    }
    if model.quitting.is_some_and(|at| now >= at) {
        return quit(model);
    }
    select::let_go(model);
    let mut effects = ask_if_due(model);
    effects.extend(undo::send_held(model, now));
    effects.extend(news::again(model));
    effects
}

fn clock_set_back(model: &mut Model, now: Timestamp) {
    model.link.clock_set_back(now);
    model.news.clock_set_back(now);
    model.shift.clock_set_back(now);
    model.menu_due = model.menu_due.map(|at| at.min(now));
    model.notice = None;
    model.clicked = None;
    model.stepped = None;
    model.quitting = None;
    model.touched = model.touched.min(now);
    for pending in &mut model.pending {
        pending.since = pending.since.min(now);
    }
    for held in &mut model.held {
        held.until = held.until.min(now);
    }
}

/// Asks for what it is time to ask for.
fn ask_if_due(model: &mut Model) -> Vec<Effect> {
    let mut effects = Vec::new();
    if model.link.ask(model.now) {
        effects.push(Effect::Fetch { etag: model.etag.clone() });
    }
    if !model.loaded || model.is_stale() {
        return effects;
    }
    if model.menu_due.is_some_and(|at| model.now >= at) && model.has_unknown_category() {
        model.menu_due = None;
        effects.push(Effect::Categories);
    }
    if model.shift.ask(model.now, model.mode == Mode::Shift) {
        effects.push(Effect::Shift);
    }
    effects.extend(leaving::ask(model));
    effects
}

fn menu(model: &mut Model, answer: Option<Vec<api::order::Category>>) -> Vec<Effect> {
    let Some(categories) = answer else {
        model.menu_due = Some(model.now.plus(MENU_RETRY));
        return Vec::new();
    };
    model.menu_due = Some(model.now.plus(MENU_AGAIN));
    let named = categories.into_iter().map(|category| (category.id, crate::text::safe(&category.name))).collect();
    let is_news = model.menu.categories != named;
    model.learn_menu(named);
    if let Some(misfit) = model.misfit().filter(|_| is_news) {
        model.refuse(misfit);
    }
    Vec::new()
}

fn press(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    if key.kind == KeyEventKind::Release {
        return Vec::new();
    }
    model.touched = model.now;
    model.news.seen(model.now);
    model.clicked = None;
    let action = model.keys.action(key.code);
    if action != Some(Action::Quit) && model.quitting.take().is_some() {
        model.notice = None;
    }
    model.stepped = model.stepped.filter(|_| action == Some(Action::Bump));
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return match key.code {
            KeyCode::Char('c') => quit(model),
            KeyCode::Char('z') => vec![Effect::Suspend],
            _ => Vec::new(),
        };
    }
    if key.modifiers.contains(KeyModifiers::ALT) {
        return Vec::new();
    }
    let was_open = model.mode != Mode::Board;
    let effects = match &model.mode {
        Mode::Board => on_board(model, key.code),
        Mode::AllDay | Mode::Shift => {
            model.mode = Mode::Board;
            Vec::new()
        }
        Mode::Help { first } => dialogs::help(model, key.code, *first),
        Mode::Search => dialogs::search(model, key.code),
        Mode::Filter { choice } => dialogs::filter(model, key.code, *choice),
        Mode::Detail { item } => dialogs::detail(model, key.code, *item),
        Mode::Cancel(cancel) => dialogs::cancel(model, key.code, cancel.clone()),
    };
    // The key that closed a dialog may still be down.
    if was_open && model.mode == Mode::Board && action == Some(Action::Bump) {
        model.stepped = model.selected.map(|id| (id, model.now));
    }
    effects
}

fn on_board(model: &mut Model, key: KeyCode) -> Vec<Effect> {
    if let KeyCode::Char(digit @ '0'..='9') = key {
        select::digit(model, digit);
        return Vec::new();
    }
    match model.keys.action(key) {
        Some(action) => act(model, action),
        None => Vec::new(),
    }
}

/// Does what a key or a click asks for.
fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    if action.changes() {
        let effects = orders::act(model, action);
        model.typed = Typed::default();
        return effects;
    }
    model.typed = Typed::default();
    match action {
        Action::Quit => return quit_soon(model),
        Action::Help => model.mode = Mode::Help { first: 0 },
        Action::AllDay => model.mode = Mode::AllDay,
        Action::Shift => {
            model.mode = Mode::Shift;
            return ask_if_due(model);
        }
        Action::Search => model.mode = Mode::Search,
        Action::Filter => {
            let choice = model.lenses().iter().position(|(lens, _)| *lens == model.lens).unwrap_or(0);
            model.mode = Mode::Filter { choice };
        }
        Action::Detail => dialogs::open_detail(model),
        Action::Item => select::next_item(model),
        Action::Oldest => select::oldest(model),
        Action::Escape => {
            model.query.clear();
            model.look_at(model.home());
            model.selected = None;
            model.item = None;
            model.notice = None;
        }
        other => select::step(model, other),
    }
    Vec::new()
}

/// The kitchen's only screen closes a moment after the key, so that a slip of the hand can be taken back; pressed again,
/// at once.
fn quit_soon(model: &mut Model) -> Vec<Effect> {
    if model.quitting.is_some() {
        return quit(model);
    }
    let places = [("key", &*model.key(Action::Quit)), ("stay", &*model.key(Action::Escape))];
    model.say(fill(model.texts().quit_soon, &places));
    model.quitting = Some(model.now.plus(QUIT_AFTER));
    Vec::new()
}

/// What still waits is sent first: nothing that somebody asked for is lost.
fn quit(model: &mut Model) -> Vec<Effect> {
    let mut effects = undo::send_held(model, Timestamp::from_millis(i64::MAX));
    effects.push(Effect::Quit);
    effects
}
