use std::time::Duration;

use super::super::Model;
use super::super::keys::Action;
use super::super::model::Typed;

/// How long after a digit the next one belongs to the same number.
const DIGITS_TOGETHER: Duration = Duration::from_millis(1500);
/// More digits than any number of a day has.
const MAX_DIGITS: usize = 6;

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
            model.select(id);
        }
        None => model.selected = None,
    }
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
fn take(model: &mut Model, column: usize, row: usize) {
    let cards = model.column(column);
    if let Some(id) = cards.get(row.min(cards.len().saturating_sub(1))).map(|card| card.id) {
        model.select(id);
    }
}
