//! Clicks and the wheel: they do what keys do.

use std::time::Duration;

use crossterm::event::{KeyCode, MouseButton, MouseEvent, MouseEventKind};
use domain::OrderId;

use super::super::keys::Action;
use super::super::model::Mode;
use super::super::view::{self, Hit};
use super::super::{Effect, Model};
use super::{act, dialogs, orders, select};
use crate::texts::fill;

/// Two clicks within this time are one double click.
const DOUBLE: Duration = Duration::from_millis(500);

/// The mouse was used.
pub(super) fn used(model: &mut Model, event: MouseEvent) -> Vec<Effect> {
    let hit = view::hit(model, event.column, event.row);
    match event.kind {
        MouseEventKind::Down(MouseButton::Left) => {
            touched(model);
            model.quitting = None;
            click(model, hit, (event.column, event.row))
        }
        MouseEventKind::ScrollUp => wheel(model, hit, Action::Up),
        MouseEventKind::ScrollDown => wheel(model, hit, Action::Down),
        _ => Vec::new(),
    }
}

/// Somebody is there.
fn touched(model: &mut Model) {
    model.touched = model.now;
    model.news.seen(model.now);
}

/// The wheel moves in the column that it is over, or in the dialog.
fn wheel(model: &mut Model, hit: Option<Hit>, action: Action) -> Vec<Effect> {
    model.touched = model.now;
    match (&model.mode, hit) {
        (Mode::Board | Mode::Search, Some(Hit::Card { column, .. } | Hit::Column(column))) => {
            if model.place.column != column || model.selected_card().is_none() {
                let row = model.place.rows[column];
                select::take(model, column, row);
            } else {
                select::step(model, action);
            }
            Vec::new()
        }
        (Mode::Board | Mode::Search, _) => Vec::new(),
        (Mode::Detail { item }, _) => {
            let card = model.selected_card();
            let last = card.map_or(0, |card| card.items.len().saturating_sub(1));
            let item = if action == Action::Up { item.saturating_sub(1) } else { (item + 1).min(last) };
            model.mode = Mode::Detail { item };
            Vec::new()
        }
        (Mode::Help { first }, _) => {
            let key = if action == Action::Up { KeyCode::Up } else { KeyCode::Down };
            if view::overflow(model) > 0 { dialogs::help(model, key, *first) } else { Vec::new() }
        }
        (Mode::Filter { choice }, _) => {
            let key = if action == Action::Up { KeyCode::Up } else { KeyCode::Down };
            dialogs::filter(model, key, *choice)
        }
        (Mode::Cancel(cancel), _) if !cancel.confirming => {
            let key = if action == Action::Up { KeyCode::Up } else { KeyCode::Down };
            dialogs::cancel(model, key, cancel.clone())
        }
        _ => Vec::new(),
    }
}

fn click(model: &mut Model, hit: Option<Hit>, at: (u16, u16)) -> Vec<Effect> {
    match (model.mode.clone(), hit) {
        (Mode::Help { .. } | Mode::AllDay | Mode::Shift, _) => {
            model.mode = Mode::Board;
            Vec::new()
        }
        (Mode::Board | Mode::Search, Some(Hit::Action(Action::Quit))) => {
            // A click may be a slip of the hand.
            let key = model.key(Action::Quit);
            model.say(fill(model.texts().quit_by_key, &[("key", &key)]));
            Vec::new()
        }
        (Mode::Board | Mode::Search, Some(Hit::Action(action))) => {
            model.mode = Mode::Board;
            act(model, action)
        }
        (Mode::Filter { .. }, Some(Hit::Row(row))) => {
            dialogs::look_at(model, row);
            model.mode = Mode::Board;
            Vec::new()
        }
        (Mode::Detail { item }, Some(Hit::Row(row))) => {
            model.mode = Mode::Detail { item: row };
            if row == item { dialogs::strike(model, row) } else { Vec::new() }
        }
        (Mode::Cancel(mut cancel), Some(Hit::Row(row))) => {
            cancel.choice = Some(row);
            let enter = row < model.texts().reasons.len();
            model.mode = Mode::Cancel(cancel.clone());
            if enter { dialogs::cancel(model, KeyCode::Enter, cancel) } else { Vec::new() }
        }
        (Mode::Cancel(cancel), Some(Hit::Yes)) => dialogs::cancel(model, KeyCode::Char('s'), cancel),
        (Mode::Cancel(cancel), Some(Hit::No)) => dialogs::cancel(model, KeyCode::Esc, cancel),
        (Mode::Filter { .. } | Mode::Detail { .. } | Mode::Cancel(_), Some(Hit::Inside)) => Vec::new(),
        (Mode::Filter { .. } | Mode::Detail { .. } | Mode::Cancel(_), _) => {
            model.mode = Mode::Board;
            Vec::new()
        }
        (_, Some(Hit::Card { id, line, .. })) => {
            model.mode = Mode::Board;
            click_card(model, id, line, at)
        }
        (_, Some(Hit::Late)) => act(model, Action::Oldest),
        (_, Some(Hit::Lens)) => act(model, Action::Filter),
        (_, Some(Hit::Search)) => act(model, Action::Escape),
        (_, _) => Vec::new(),
    }
}

/// The first click selects. One on a selected card strikes the item under it, or bumps; a double click always bumps.
fn click_card(model: &mut Model, id: OrderId, line: Option<u32>, at: (u16, u16)) -> Vec<Effect> {
    let clicked = model.clicked.take();
    let is_double = clicked.is_some_and(|(x, y, when)| (x, y) == at && model.now.since(when) < DOUBLE);
    if model.selected != Some(id) {
        model.select(id);
        model.item = None;
        model.clicked = Some((at.0, at.1, model.now));
        return Vec::new();
    }
    match line.filter(|_| !is_double) {
        Some(line) if model.selected_card().is_some_and(|card| card.cancelled.is_none()) => {
            model.item = Some((id, line));
            orders::act(model, Action::Strike)
        }
        _ => orders::act(model, Action::Bump),
    }
}
