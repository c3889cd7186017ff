use crossterm::event::KeyCode;
use domain::{MAX_REASON, OrderStatus};

use super::super::keys::Action;
use super::super::model::{Cancel, Mode};
use super::super::msg::What;
use super::super::{Effect, Model, moves, view};
use super::{orders, select};
use crate::texts::fill;

/// Longest search, in characters.
const MAX_QUERY: usize = 60;
/// How far the keys for a page go in a dialog.
const PAGE: usize = 5;

/// A key while the search is typed. The first order found is selected, unless the selected one is found too.
pub(super) fn search(model: &mut Model, key: KeyCode) -> Vec<Effect> {
    match key {
        KeyCode::Enter => model.mode = Mode::Board,
        KeyCode::Esc => {
            model.query.clear();
            model.mode = Mode::Board;
        }
        KeyCode::Backspace => {
            model.query.pop();
        }
        KeyCode::Char(c) if model.query.chars().count() < MAX_QUERY && !c.is_control() => model.query.push(c),
        _ => {}
    }
    model.changed();
    let found = |model: &Model| (0..3).any(|i| model.column(i).iter().any(|card| Some(card.id) == model.selected));
    if !model.query.trim().is_empty() && !found(model) {
        model.selected = None;
        select::step(model, Action::First);
    }
    model.keep_place();
    Vec::new()
}

/// A key while the help is shown: it scrolls where not all fits, any other closes.
pub(super) fn help(model: &mut Model, key: KeyCode, first: usize) -> Vec<Effect> {
    let last = view::overflow(model);
    let at = match (key, model.keys.action(key)) {
        _ if last == 0 => None,
        (KeyCode::PageDown, _) => Some(first + PAGE),
        (KeyCode::PageUp, _) => Some(first.saturating_sub(PAGE)),
        (_, Some(Action::Down)) => Some(first + 1),
        (_, Some(Action::Up)) => Some(first.saturating_sub(1)),
        (_, Some(Action::First)) => Some(0),
        (_, Some(Action::Last)) => Some(last),
        _ => None,
    };
    model.mode = at.map_or(Mode::Board, |at| Mode::Help { first: at.min(last) });
    Vec::new()
}

/// A key while it is chosen what to look at.
pub(super) fn filter(model: &mut Model, key: KeyCode, choice: usize) -> Vec<Effect> {
    let last = model.lenses().len().saturating_sub(1);
    let goes = |choice: usize| Mode::Filter { choice: choice.min(last) };
    model.mode = match (key, model.keys.action(key)) {
        (KeyCode::Enter, _) => {
            look_at(model, choice);
            Mode::Board
        }
        (KeyCode::Char(digit @ '1'..='9'), _) => {
            look_at(model, digit as usize - '1' as usize);
            Mode::Board
        }
        (_, Some(Action::Up)) => goes(choice.saturating_sub(1)),
        (_, Some(Action::Down | Action::Filter)) => goes(if choice < last { choice + 1 } else { 0 }),
        (_, Some(Action::First)) => goes(0),
        (_, Some(Action::Last)) => goes(last),
        (_, Some(Action::Escape | Action::Quit)) => Mode::Board,
        _ => goes(choice),
    };
    Vec::new()
}

/// Looks at one of the lenses, from its first card unless the selected one is shown there too.
pub(super) fn look_at(model: &mut Model, choice: usize) {
    let Some((lens, _)) = model.lenses().into_iter().nth(choice) else { return };
    model.look_at(lens);
    model.item = None;
    if model.selected_card().is_none_or(|card| model.column_of(card).is_none()) {
        model.selected = None;
        super::answers::select_first(model);
    }
    model.keep_place();
}

/// Shows all of the selected order.
pub(super) fn open_detail(model: &mut Model) {
    match model.selected_card() {
        Some(card) => {
            let chosen = model.item.filter(|(id, _)| *id == card.id).map(|(_, line)| line);
            let chosen = card.items.iter().position(|item| Some(item.line) == chosen);
            let open = || card.items.iter().position(|item| !item.struck && model.sees(item));
            let item = chosen.or_else(open).unwrap_or(0);
            model.mode = Mode::Detail { item };
        }
        None => model.refuse(model.texts().nothing_selected.to_owned()),
    }
}

/// A key while an order is shown in full: it moves between items, strikes, or is meant for the order.
pub(super) fn detail(model: &mut Model, key: KeyCode, item: usize) -> Vec<Effect> {
    let Some(card) = model.selected_card() else {
        model.mode = Mode::Board;
        return Vec::new();
    };
    let last = card.items.len().saturating_sub(1);
    let goes = |item: usize| Mode::Detail { item: item.min(last) };
    match (model.keys.action(key), key) {
        (Some(Action::Up), _) => model.mode = goes(item.saturating_sub(1)),
        (Some(Action::Down | Action::Item), _) => model.mode = goes(item + 1),
        (Some(Action::First), _) => model.mode = goes(0),
        (Some(Action::Last), _) => model.mode = goes(last),
        (Some(Action::Strike), _) => return strike(model, item),
        (Some(action), _) if action.changes() => {
            model.mode = Mode::Board;
            return orders::act(model, action);
        }
        (Some(Action::Detail | Action::Escape | Action::Quit), _) => model.mode = Mode::Board,
        (None, KeyCode::PageUp) => model.mode = goes(item.saturating_sub(PAGE)),
        (None, KeyCode::PageDown) => model.mode = goes(item + PAGE),
        _ => {}
    }
    Vec::new()
}

/// Strikes an item, or takes its strike back.
pub(super) fn strike(model: &mut Model, item: usize) -> Vec<Effect> {
    let Some(card) = orders::target(model, Action::Strike) else { return Vec::new() };
    if !moves::can_strike(card.status, model.settings.role) {
        let texts = model.texts();
        model.refuse(fill(texts.all_struck, &[("n", &card.number.to_string())]));
        return Vec::new();
    }
    match card.items.get(item) {
        Some(item) => orders::send(model, &card, What::Strike { line: item.line, struck: !item.struck }),
        None => Vec::new(),
    }
}

/// A key while a cancellation is prepared: first the reason, then a second key.
pub(super) fn cancel(model: &mut Model, key: KeyCode, mut cancel: Box<Cancel>) -> Vec<Effect> {
    if cancel.confirming {
        return confirm(model, key, cancel);
    }
    let reasons = model.texts().reasons.len();
    match key {
        KeyCode::Esc => {
            model.mode = Mode::Board;
            return Vec::new();
        }
        KeyCode::Up => cancel.choice = Some(cancel.choice.map_or(0, |choice| choice.saturating_sub(1))),
        KeyCode::Down => cancel.choice = Some(cancel.choice.map_or(0, |choice| (choice + 1).min(reasons))),
        KeyCode::Enter => cancel.confirming = reason(model, &cancel).is_some(),
        KeyCode::Backspace => {
            cancel.own.pop();
        }
        KeyCode::Char(c) => type_reason(&mut cancel, c, reasons),
        _ => {}
    }
    model.mode = Mode::Cancel(cancel);
    Vec::new()
}

/// A digit chooses a ready reason, unless one's own is being typed.
fn type_reason(cancel: &mut Cancel, c: char, reasons: usize) {
    let chosen = c.to_digit(10).map(|digit| digit as usize).filter(|digit| (1..=reasons).contains(digit));
    match chosen {
        Some(digit) if cancel.own.is_empty() && cancel.choice != Some(reasons) => {
            cancel.choice = Some(digit - 1);
            cancel.confirming = true;
        }
        _ => {
            cancel.choice = Some(reasons);
            if cancel.own.chars().count() < MAX_REASON && domain::is_plain(c.encode_utf8(&mut [0; 4])) {
                cancel.own.push(c);
            }
        }
    }
}

/// The reason that is chosen or typed, if any.
pub(in crate::board) fn reason<'a>(model: &Model, cancel: &'a Cancel) -> Option<&'a str> {
    let reasons: &'static [&'static str] = model.texts().reasons;
    let reason = reasons.get(cancel.choice?).map_or(cancel.own.trim(), |reason| reason);
    Some(reason).filter(|reason| !reason.is_empty())
}

/// Only a key of its own gives money back: the one that moves orders on may be leaned on.
fn confirm(model: &mut Model, key: KeyCode, mut cancel: Box<Cancel>) -> Vec<Effect> {
    match key {
        KeyCode::Char('s' | 'S' | 'y' | 'Y') => {
            model.mode = Mode::Board;
            let reason = reason(model, &cancel).unwrap_or_default();
            let what = What::Move {
                to: OrderStatus::Cancelled,
                reason: Some(reason.to_owned()),
                version: cancel.card.version,
            };
            model.selected = Some(cancel.card.id);
            let Some(card) = orders::target(model, Action::Cancel) else { return Vec::new() };
            if !moves::can_cancel(card.status, model.settings.role) {
                // Another board was faster.
                let text = orders::no_cancel(model, card.status);
                model.refuse(fill(text, &[("n", &card.number.to_string())]));
                return Vec::new();
            }
            orders::send(model, &card, what)
        }
        KeyCode::Esc | KeyCode::Char('n' | 'N') => {
            cancel.confirming = false;
            model.mode = Mode::Cancel(cancel);
            Vec::new()
        }
        _ => Vec::new(),
    }
}
