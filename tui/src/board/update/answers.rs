use api::client::Queue;
use api::order::{Order, TrackingRow};
use domain::{OrderId, OrderStatus, Role};

use super::super::card::Card;
use super::super::keys::Action;
use super::super::msg::{Change, What};
use super::super::{Effect, Model, moves};
use super::fetch_if_due;
use crate::failure::Failure;
use crate::text::safe;
use crate::texts::fill;

/// The queue came, or is the same, or did not come.
pub(super) fn queue(model: &mut Model, answer: Result<Option<Queue>, Failure>) -> Vec<Effect> {
    let was_stale = model.is_stale();
    match answer {
        Err(failure) => {
            model.link.bad(failure, model.now);
            return Vec::new();
        }
        Ok(None) => model.link.good(model.now),
        Ok(Some(queue)) => {
            model.link.good(model.now);
            return take_in(model, queue, was_stale);
        }
    }
    forget_refusals(model, was_stale);
    fetch_if_due(model)
}

/// A refusal for want of good data ends with the want.
fn forget_refusals(model: &mut Model, was_stale: bool) {
    if was_stale {
        model.notice = None;
    }
}

fn take_in(model: &mut Model, queue: Queue, was_stale: bool) -> Vec<Effect> {
    model.keep_place();
    let known: Vec<OrderId> = model.cards.iter().map(|card| card.id).collect();
    let cards: Vec<Card> = queue.entries.into_iter().map(Card::from).collect();
    let rings = model.loaded && model.settings.bell && cards.iter().any(|card| is_new(model, &known, card));
    let first = !model.loaded;
    model.cards = cards.into_iter().filter_map(|card| newest(model, card)).collect();
    model.etag = queue.etag;
    model.loaded = true;
    forget_refusals(model, was_stale);
    match model.selected {
        None if first => select_first(model),
        Some(id) if model.card(id).is_none() && model.selected_gone().is_none() => model.selected = None,
        _ => model.keep_place(),
    }
    let mut effects = fetch_if_due(model);
    effects.extend(rings.then_some(Effect::Bell));
    effects
}

/// Whether this order came since the last queue; a recall by this board is no news.
fn is_new(model: &Model, known: &[OrderId], card: &Card) -> bool {
    card.status == OrderStatus::Paid
        && !known.contains(&card.id)
        && model.gone.as_ref().is_none_or(|gone| gone.id != card.id)
}

/// The newer of what the queue says and what the answer to a change said: the queue may have been read before it.
fn newest(model: &Model, card: Card) -> Option<Card> {
    match (model.card(card.id), &model.gone) {
        (Some(known), _) if known.version > card.version => Some(known.clone()),
        (None, Some(gone)) if gone.id == card.id && gone.version > card.version => None,
        _ => Some(card),
    }
}

fn select_first(model: &mut Model) {
    let first = (0..3).find_map(|column| model.column(column).first().map(|card| card.id));
    if let Some(id) = first {
        model.select(id);
    }
}

/// A change was carried out, or not.
pub(super) fn changed(model: &mut Model, change: &Change, answer: Result<Box<Order>, Failure>) -> Vec<Effect> {
    model.pending.retain(|id| *id != change.id);
    model.link.hurry(model.now);
    let mut effects = fetch_if_due(model);
    match answer {
        Ok(order) => carried_out(model, change, *order),
        Err(Failure::Conflict(why)) => {
            say_failure(model, model.texts().refused, change, &why);
            effects.push(Effect::Track { id: change.id, number: change.number });
        }
        Err(failure) => {
            let texts = model.texts();
            let (text, why) = match &failure {
                Failure::Unauthenticated => (texts.refused, texts.token_expired.to_owned()),
                Failure::Forbidden => (texts.refused, texts.not_for_role.to_owned()),
                Failure::Refused(why) => (texts.refused, why.clone()),
                Failure::Broken(status) => {
                    (texts.unconfirmed, fill(texts.nonsense, &[("status", &status.to_string())]))
                }
                Failure::Unreachable(_) | Failure::Conflict(_) => (texts.unconfirmed, String::new()),
            };
            say_failure(model, text, change, &why);
        }
    }
    effects
}

fn say_failure(model: &mut Model, text: &str, change: &Change, why: &str) {
    model.refuse(fill(text, &[("n", &change.number.to_string()), ("why", why)]));
}

/// Shows the order as the answer has it, with the selection still on it.
fn carried_out(model: &mut Model, change: &Change, order: Order) {
    let card = Card::from(order);
    if model.card(card.id).is_some_and(|known| known.version > card.version) {
        return;
    }
    let text = told(model, change, &card);
    if moves::column_of(card.status).is_none() {
        model.keep_place();
        model.gone = Some(card.clone());
    } else if model.gone.as_ref().is_some_and(|gone| gone.id == card.id) {
        model.gone = None;
    }
    model.place_card(card);
    model.keep_place();
    model.say(text);
}

/// What happened, in a few words.
fn told(model: &Model, change: &Change, card: &Card) -> String {
    let texts = model.texts();
    let number = card.number.to_string();
    let key = |action| model.keys.key_for(action);
    match &change.what {
        What::Strike { line, struck } => {
            let text = if *struck { texts.struck } else { texts.unstruck };
            fill(text, &[("n", &number), ("line", &line.to_string())])
        }
        What::Prioritise(true) => fill(texts.prioritised, &[("n", &number), ("key", &key(Action::Prioritise))]),
        What::Prioritise(false) => fill(texts.unprioritised, &[("n", &number)]),
        What::Move { to: OrderStatus::Delivered, .. } => {
            fill(texts.delivered, &[("n", &number), ("key", &key(Action::Recall))])
        }
        What::Move { to: OrderStatus::Cancelled, .. } => fill(texts.cancelled, &[("n", &number)]),
        What::Move { .. } => fill(texts.moved, &[("n", &number), ("status", status_name(model, card.status))]),
    }
}

fn status_name(model: &Model, status: OrderStatus) -> &'static str {
    let at = OrderStatus::ALL.iter().position(|known| *known == status);
    at.and_then(|at| model.texts().statuses.get(at)).copied().unwrap_or_default()
}

/// Says who was faster.
pub(super) fn tracked(model: &mut Model, id: OrderId, number: u32, last: Option<TrackingRow>) -> Vec<Effect> {
    let Some(row) = last else { return Vec::new() };
    let texts = model.texts();
    let role = Role::ALL.iter().position(|role| *role == row.actor.role);
    let role = role.and_then(|at| texts.roles.get(at)).copied().unwrap_or_default();
    let at = model.settings.time_of_day(row.at);
    let by = fill(texts.by, &[("role", role), ("id", &safe(&row.actor.id)), ("at", &at)]);
    let status = status_name(model, row.status);
    model.refuse(fill(texts.faster, &[("n", &number.to_string()), ("status", status), ("by", &by)]));
    if model.selected == Some(id) {
        model.keep_place();
    }
    fetch_if_due(model)
}
