use std::time::Duration;

use super::super::Model;
use super::super::card::{Card, Item};
use super::super::keys::Action;
use super::super::lens::Lens;
use super::super::model::{Mode, Typed};
use crate::texts::fill;

/// How long after a digit the next one belongs to the same number.
const DIGITS_TOGETHER: Duration = Duration::from_millis(1500);
/// More digits than any number of a day has.
const MAX_DIGITS: usize = 6;

/// A selection deep in a column hides the oldest orders; without a key for this long it is let go.
const DEEP_FOR: Duration = Duration::from_secs(30);

/// Takes a digit of a pick-up number and selects at once. A number that is not there selects nothing, so that no
/// key hits a card that was not meant.
pub(super) fn digit(model: &mut Model, digit: char) {
    if model.typed.digits.len() >= MAX_DIGITS {
        model.typed = Typed::default();
    }
    model.typed.digits.push(digit);
    model.typed.until = Some(model.now.plus(DIGITS_TOGETHER));
    model.notice = None;
    let number: Option<u32> = model.typed.digits.parse().ok();
    let found = model.cards.iter().find(|card| Some(card.number) == number).map(|card| card.id);
    match found {
        Some(id) => {
            model.query.clear();
            model.changed();
            if model.card(id).is_some_and(|card| model.column_of(card).is_none()) {
                model.look_at(Lens::All);
            }
            model.select(id);
        }
        None => model.selected = None,
    }
}

/// Chooses the next item of the selected order, from the top again after the last.
pub(super) fn next_item(model: &mut Model) {
    let Some(card) = model.selected_card().filter(|card| card.cancelled.is_none()) else {
        model.refuse(model.texts().nothing_selected.to_owned());
        return;
    };
    let chosen = model.item.filter(|(id, _)| *id == card.id).map_or(0, |(_, line)| line);
    let seen: Vec<_> = model.seen_items(card).map(|item| (item.line, item.name.clone())).collect();
    let next = seen.iter().find(|(line, _)| *line > chosen).or(seen.first()).cloned();
    let Some((line, name)) = next else { return };
    let (id, number, key) = (card.id, card.number.to_string(), model.key(Action::Strike));
    let places = [("n", &*number), ("line", &line.to_string()), ("name", &name), ("key", &key)];
    let text = fill(model.texts().chosen_item, &places);
    model.item = Some((id, line));
    model.say(text);
}

/// The item that the strike key is about, and whether it is to be struck: the chosen one, else the next that is open.
pub(super) fn item_to_strike(model: &Model, card: &Card) -> Option<(u32, bool)> {
    let chosen = model.item.filter(|(id, _)| *id == card.id);
    let chosen = chosen.and_then(|(_, line)| card.items.iter().find(|item| item.line == line));
    let wish = |item: &Item| (item.line, !item.struck);
    chosen.map(wish).or_else(|| next_open(model, card, 0).map(|line| (line, true)))
}

/// After a chosen item was struck, the choice moves on to the next open one.
pub(super) fn move_on(model: &mut Model, card: &Card) {
    let chosen = model.item.take().filter(|(id, _)| *id == card.id);
    model.item = chosen.and_then(|(id, line)| Some((id, next_open(model, card, line)?)));
}

fn next_open(model: &Model, card: &Card, after: u32) -> Option<u32> {
    model.seen_items(card).find(|item| !item.struck && item.line > after).map(|item| item.line)
}

/// Selects the order that has waited longest.
pub(super) fn oldest(model: &mut Model) {
    if let Some(id) = model.oldest() {
        model.item = None;
        model.select(id);
    }
}

/// A column scrolled away from its oldest orders goes back to them when nobody has been there for a while.
pub(super) fn let_go(model: &mut Model) {
    let is_alone = model.mode == Mode::Board && model.now.since(model.touched) >= DEEP_FOR;
    let Some(column) = model.selected_column().filter(|column| is_alone && model.tops[*column] > 0) else { return };
    model.selected = None;
    model.item = None;
    model.place.rows[column] = 0;
}

/// Moves the selection by an arrow.
pub(super) fn step(model: &mut Model, action: Action) {
    model.keep_place();
    let is_on_board = model.selected_card().is_some();
    let column = model.place.column;
    let rows = model.column(column).len();
    let row = model.place.rows[column];
    match action {
        Action::Left => aside(model, (0..column).rev().collect()),
        Action::Right => aside(model, (column + 1..3).collect()),
        // After a card left, its place holds the next one: that is where the way goes on.
        Action::Down if !is_on_board && rows > 0 => take(model, column, row),
        Action::Down => take(model, column, row + 1),
        Action::Up => take(model, column, row.saturating_sub(1)),
        Action::First => take(model, column, 0),
        Action::Last => take(model, column, rows.saturating_sub(1)),
        _ => {}
    }
    if model.selected_card().is_none() {
        aside(model, (0..3).collect());
    }
}

/// Selects in the first of these columns that has cards, at about the same row.
fn aside(model: &mut Model, columns: Vec<usize>) {
    let target = columns.into_iter().find(|column| !model.column(*column).is_empty());
    if let Some(column) = target {
        let row = model.place.rows[column];
        take(model, column, row);
    }
}

/// Selects the card at a row, or the last one above it.
pub(super) fn take(model: &mut Model, column: usize, row: usize) {
    let cards = model.column(column);
    if let Some(id) = cards.get(row.min(cards.len().saturating_sub(1))).map(|card| card.id) {
        model.select(id);
    }
}
