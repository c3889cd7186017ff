use std::collections::{HashMap, HashSet};

use api::OrderNow;
use api::client::Queue;
use api::order::Order;
use domain::{OrderId, OrderStatus};

use super::super::card::Card;
use super::super::keys::Action;
use super::super::model::Pending;
use super::super::msg::{Change, What};
use super::super::news::Kind;
use super::super::{Effect, Model, moves};
use super::{ask_if_due, leaving, news, undo};
use crate::failure::Failure;
use crate::text::safe;
use crate::texts::fill;

/// The queue came, or is the same, or did not come.
pub(super) fn queue(model: &mut Model, answer: Result<Option<Queue>, Failure>) -> Vec<Effect> {
    let was_stale = model.is_stale();
    let queue = match answer {
        Err(failure) => {
            model.link.bad(failure, model.now);
            return Vec::new();
        }
        Ok(queue) => queue,
    };
    model.link.good(model.now);
    // A refusal for want of good data ends with the want.
    if was_stale {
        model.notice = None;
    }
    let mut effects = Vec::new();
    if let Some(queue) = queue {
        effects.extend(take_in(model, queue));
    }
    effects.splice(0..0, ask_if_due(model));
    effects
}

fn take_in(model: &mut Model, queue: Queue) -> Vec<Effect> {
    model.keep_place();
    let is_first = !model.loaded;
    let was_empty = model.cards.is_empty();
    let entries: Vec<Card> = queue.entries.into_iter().map(Card::from).collect();
    let cards = newest(model, entries);
    let has_news = !is_first && note_news(model, &cards);
    let old = std::mem::replace(&mut model.cards, cards);
    keep_cancelled(model, old, is_first);
    model.changed();
    model.etag = queue.etag;
    model.loaded = true;
    model.shift.outdate();
    select_after(model, is_first || was_empty);
    if has_news { news::say(model) } else { Vec::new() }
}

/// The newer of what the queue says and what the answer to a change said: the queue may have been read before it.
/// A queue that names an order twice is believed once.
fn newest(model: &Model, cards: Vec<Card>) -> Vec<Card> {
    let known: HashMap<OrderId, &Card> = model.cards.iter().map(|card| (card.id, card)).collect();
    let mut seen = HashSet::with_capacity(cards.len());
    let newer = |card: Card| match (known.get(&card.id), &model.gone) {
        (Some(known), _) if known.version > card.version && known.cancelled.is_none() => Some((*known).clone()),
        (None, Some(gone)) if gone.id == card.id && gone.version > card.version => None,
        _ => Some(card),
    };
    let on_board = |card: &Card| moves::column_of(card.status).is_some();
    let mut cards: Vec<_> =
        cards.into_iter().filter(|card| seen.insert(card.id)).filter_map(newer).filter(on_board).collect();
    cards.sort_by_key(|card| moves::queue_place(card.status));
    cards
}

/// Notes what is new or was changed elsewhere; whether there is anything.
fn note_news(model: &mut Model, cards: &[Card]) -> bool {
    let known: HashMap<OrderId, &Card> = model.cards.iter().map(|card| (card.id, card)).collect();
    let kind = |card: &Card| match known.get(&card.id) {
        None if is_new(model, card) => Some(Kind::New),
        Some(known) if is_changed(model, known, card) => Some(Kind::Changed),
        _ => None,
    };
    let news: Vec<_> = cards.iter().filter_map(|card| Some((kind(card)?, card))).collect();
    for (kind, card) in &news {
        model.news.add(*kind, card);
    }
    !news.is_empty()
}

/// Whether this order came since the last queue and is for this board; what this board took back is no news.
fn is_new(model: &Model, card: &Card) -> bool {
    let own = model.gone.as_ref().is_some_and(|gone| gone.id == card.id) || model.is_pending(card.id);
    card.status == OrderStatus::Paid && !own && model.column_of(card).is_some()
}

/// Whether somebody else sent it back, pulled it to the front, or wants something different in it.
fn is_changed(model: &Model, known: &Card, card: &Card) -> bool {
    let goes_back = moves::column_of(card.status) < moves::column_of(known.status);
    let wanted = |card: &Card| {
        card.items
            .iter()
            .map(|item| (item.line, item.quantity, item.name.clone(), item.comment.clone()))
            .collect::<Vec<_>>()
    };
    let is_news = goes_back || (card.prioritized && !known.prioritized) || wanted(known) != wanted(card);
    is_news && card.version > known.version && !model.is_pending(card.id) && model.column_of(card).is_some()
}

/// Cancelled cards stay where they were; why others left is asked for.
fn keep_cancelled(model: &mut Model, old: Vec<Card>, is_first: bool) {
    let here: HashSet<OrderId> = model.cards.iter().map(|card| card.id).collect();
    model.news.leaving.retain(|leaving| !here.contains(&leaving.card.id));
    for card in old.into_iter().filter(|card| !here.contains(&card.id)) {
        if card.cancelled.is_some() {
            let at = model.cards.partition_point(|known| known.rank() <= card.rank());
            model.cards.insert(at, card);
        } else if !is_first && !model.is_pending(card.id) {
            leaving::left(model, card);
        }
    }
}

/// The first order on an empty board is selected, so that the first key is about it, unless somebody has selected
/// one: also one that this board just sent away, which can still be taken back.
fn select_after(model: &mut Model, was_empty: bool) {
    let is_gone = model.selected_card().is_none();
    let just_gone = model.selected_gone().is_some() && model.notice.is_some();
    match model.selected {
        _ if was_empty && is_gone && !just_gone && model.typed.digits.is_empty() => {
            model.selected = None;
            select_first(model);
        }
        Some(_) if is_gone && model.selected_gone().is_none() => model.selected = None,
        _ => model.keep_place(),
    }
}

pub(super) fn select_first(model: &mut Model) {
    let first = (0..3).find_map(|column| model.column(column).first().map(|card| card.id));
    if let Some(id) = first {
        model.select(id);
    }
}

/// A change was carried out, or not.
pub(super) fn changed(model: &mut Model, change: &Change, answer: Result<Box<Order>, Failure>) -> Vec<Effect> {
    let at = model.pending.iter().position(|pending| pending.before.id == change.id);
    let pending = at.map(|at| model.pending.remove(at));
    model.link.hurry(model.now);
    let mut effects = ask_if_due(model);
    if let Err(Failure::Conflict(_, Some(now))) = &answer
        && let Some(change) = again(pending.as_ref(), change, now)
    {
        model.pending.extend(pending);
        effects.push(Effect::Change(change));
        return effects;
    }
    match answer {
        Ok(order) => carried_out(model, change, pending, *order),
        Err(failure) if !is_here(model, change.id) => {
            // It left the queue while the change was on its way: why, is as important as what became of the change.
            if let Some(pending) = pending {
                leaving::left(model, pending.before);
            }
            effects.extend(ask_if_due(model));
            refused(model, change, &failure);
        }
        Err(failure) => refused(model, change, &failure),
    }
    effects
}

/// The same change once more, where the order is as it was on the screen in all but its version: its payment was noted
/// meanwhile, or an item of it struck, and the key still means what it meant. A second conflict is shown.
fn again(pending: Option<&Pending>, change: &Change, now: &OrderNow) -> Option<Change> {
    let before = &pending?.before;
    match &change.what {
        What::Move { to, reason, version } if now.status == before.status && *version == before.version => {
            let what = What::Move { to: *to, reason: reason.clone(), version: now.version };
            Some(Change { what, ..change.clone() })
        }
        _ => None,
    }
}

fn is_here(model: &Model, id: OrderId) -> bool {
    model.card(id).is_some() || model.gone.as_ref().is_some_and(|gone| gone.id == id)
}

/// Says why a change led to nothing, or may have.
fn refused(model: &mut Model, change: &Change, failure: &Failure) {
    let texts = model.texts();
    let (text, why) = match failure {
        Failure::Conflict(_, Some(now)) => return faster(model, change.number, now),
        Failure::Unauthenticated => (texts.refused, texts.token_expired.to_owned()),
        Failure::Forbidden => (texts.refused, texts.not_for_role.to_owned()),
        Failure::Refused(why) | Failure::Conflict(why, None) => (texts.refused, why.clone()),
        Failure::Broken(status) => (texts.unconfirmed, fill(texts.nonsense, &[("status", &status.to_string())])),
        Failure::Unreachable(_) => (texts.unconfirmed, String::new()),
    };
    say_failure(model, text, change, &why);
}

fn say_failure(model: &mut Model, text: &str, change: &Change, why: &str) {
    model.refuse(fill(text, &[("n", &change.number.to_string()), ("why", why)]));
}

/// Shows the order as the answer has it, with the selection still on it.
fn carried_out(model: &mut Model, change: &Change, pending: Option<Pending>, order: Order) {
    let card = Card::from(order);
    if model.card(card.id).is_some_and(|known| known.version > card.version) {
        return;
    }
    let undoes = pending.as_ref().is_some_and(|pending| pending.undoes);
    if let Some(pending) = pending.filter(|pending| !pending.undoes && pending.before.version < card.version) {
        undo::remember(model, &pending.before, &card);
    }
    let text = if undoes { undone(model, &card) } else { told(model, &change.what, &card) };
    if moves::column_of(card.status).is_none() {
        model.keep_place();
        model.gone = Some(card.clone());
    } else if model.gone.as_ref().is_some_and(|gone| gone.id == card.id) {
        model.gone = None;
    }
    model.news.forget(card.id);
    model.place_card(card);
    model.keep_place();
    model.say(text);
}

fn undone(model: &Model, card: &Card) -> String {
    let status = status_name(model, card.status);
    fill(model.texts().undone, &[("n", &card.number.to_string()), ("status", status)])
}

/// What happened, in a few words.
fn told(model: &Model, what: &What, card: &Card) -> String {
    let texts = model.texts();
    let number = card.number.to_string();
    let status = status_name(model, card.status);
    match what {
        What::Strike { line, struck } => {
            let text = if *struck { texts.struck } else { texts.unstruck };
            fill(text, &[("n", &number), ("line", &line.to_string())])
        }
        What::Prioritise(true) => fill(texts.prioritised, &[("n", &number), ("key", &model.key(Action::Undo))]),
        What::Prioritise(false) => fill(texts.unprioritised, &[("n", &number)]),
        What::Move { to: OrderStatus::Delivered, .. } => {
            fill(texts.delivered, &[("n", &number), ("key", &model.key(Action::Recall))])
        }
        What::Move { to: OrderStatus::Cancelled, .. } => fill(texts.cancelled, &[("n", &number)]),
        What::Move { .. } => fill(texts.moved, &[("n", &number), ("status", status)]),
        What::Series(changes) => {
            let is_struck = changes.iter().all(|what| matches!(what, What::Strike { struck: true, .. }));
            let text = if is_struck { texts.station_struck } else { texts.station_unstruck };
            fill(text, &[("n", &number), ("status", status), ("items", &model.lens_name().unwrap_or_default())])
        }
    }
}

fn status_name(model: &Model, status: OrderStatus) -> &'static str {
    let at = OrderStatus::ALL.iter().position(|known| *known == status);
    at.and_then(|at| model.texts().statuses.get(at)).copied().unwrap_or_default()
}

/// Says who was faster.
fn faster(model: &mut Model, number: u32, now: &OrderNow) {
    let texts = model.texts();
    let at = model.settings.time_of_day(now.since);
    let by = fill(texts.by, &[("role", texts.role(now.actor.role)), ("id", &safe(&now.actor.id)), ("at", &at)]);
    let status = status_name(model, now.status);
    model.refuse(fill(texts.faster, &[("n", &number.to_string()), ("status", status), ("by", &by)]));
}
