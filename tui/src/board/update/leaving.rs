//! Orders that left the queue without this board's doing: delivered by another board, or cancelled. A cancelled one
//! stays, marked, until somebody confirms that the kitchen knows.

use api::order::TrackingRow;
use domain::{OrderId, OrderStatus};

use super::super::card::{Cancellation, Card};
use super::super::news::{Kind, Leaving};
use super::super::{Effect, Model};
use super::news;
use crate::failure::Failure;
use crate::text::safe;
use crate::texts::fill;

/// How many are asked about at the same time.
const AT_ONCE: usize = 4;
/// How often one is asked about.
const TRIES: u8 = 5;

/// An order is not in the queue any more; why, is asked for.
pub(super) fn left(model: &mut Model, card: Card) {
    if !model.news.leaving.iter().any(|known| known.card.id == card.id) {
        model.news.leaving.push(Leaving { card, asked: false, tries: 0 });
    }
}

/// Asks about some of those that left.
pub(super) fn ask(model: &mut Model) -> Vec<Effect> {
    let waiting = model.news.leaving.iter().filter(|leaving| leaving.asked).count();
    let next = model.news.leaving.iter_mut().filter(|leaving| !leaving.asked);
    next.take(AT_ONCE.saturating_sub(waiting))
        .map(|leaving| {
            leaving.asked = true;
            Effect::Why { id: leaving.card.id }
        })
        .collect()
}

/// The history of an order that left came, or not.
pub(super) fn explained(model: &mut Model, id: OrderId, rows: Result<Vec<TrackingRow>, Failure>) -> Vec<Effect> {
    let Some(at) = model.news.leaving.iter().position(|leaving| leaving.card.id == id) else { return Vec::new() };
    let rows = match rows {
        Ok(rows) => rows,
        Err(Failure::Refused(_)) => Vec::new(),
        Err(_) => {
            not_explained(model, at);
            return Vec::new();
        }
    };
    let mut card = model.news.leaving.remove(at).card;
    let is_back = model.card(id).is_some();
    card.cancelled = cancellation(&rows).filter(|_| !is_back);
    if card.cancelled.is_none() || !model.is_ours(&card) {
        return super::ask_if_due(model);
    }
    model.news.add(Kind::Cancelled, &card);
    let was_empty = model.cards.is_empty() && model.selected.is_none();
    model.place_card(card);
    if was_empty {
        super::answers::select_first(model);
    }
    model.keep_place();
    let mut effects = super::ask_if_due(model);
    effects.extend(news::say(model));
    effects
}

fn not_explained(model: &mut Model, at: usize) {
    let leaving = &mut model.news.leaving[at];
    leaving.asked = false;
    leaving.tries += 1;
    if leaving.tries >= TRIES {
        let number = model.news.leaving.remove(at).card.number.to_string();
        model.refuse(fill(model.texts().left_unknown, &[("n", &number)]));
    }
}

/// Who cancelled or rejected it, if that is why it left.
fn cancellation(rows: &[TrackingRow]) -> Option<Cancellation> {
    let ends = |status| matches!(status, OrderStatus::Cancelled | OrderStatus::Rejected);
    let last = rows.iter().max_by_key(|row| row.at)?;
    if !ends(last.status) && last.status != OrderStatus::Refunded {
        return None;
    }
    let row = rows.iter().rev().find(|row| ends(row.status)).unwrap_or(last);
    let reason = row.reason.as_deref().map(safe).unwrap_or_default();
    Some(Cancellation { role: row.actor.role, at: row.at, reason })
}

/// Takes a cancelled card away because somebody saw it; `false` when the selected card is none.
pub(super) fn confirm(model: &mut Model) -> bool {
    let Some(card) = model.selected_card().filter(|card| card.cancelled.is_some()) else { return false };
    let (id, number) = (card.id, card.number.to_string());
    model.keep_place();
    model.cards.retain(|card| card.id != id);
    model.changed();
    model.news.forget(id);
    model.selected = None;
    model.say(fill(model.texts().cancelled_seen, &[("n", &number)]));
    true
}
