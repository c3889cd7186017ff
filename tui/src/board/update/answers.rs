use std::collections::{HashMap, HashSet};

use api::OrderNow;
use api::client::Queue;
use api::order::Order;
use domain::order::RECALL_WINDOW;
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
    card.status == OrderStatus::Paid && !own && model.is_ours(card)
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
    is_news && card.version > known.version && !model.is_pending(card.id) && model.is_ours(card)
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
            if let Some(pending) = &pending {
                leaving::left(model, pending.before.clone());
            }
            effects.extend(ask_if_due(model));
            refused(model, change, pending.as_ref(), &failure);
        }
        Err(failure) => refused(model, change, pending.as_ref(), &failure),
    }
    effects
}

/// The same change once more, where the order is as it was on the screen in all but its version: its payment was noted
/// meanwhile, or an item of it struck, and the key still means what it meant. A second conflict is shown.
fn again(pending: Option<&Pending>, change: &Change, now: &OrderNow) -> Option<Change> {
    let before = &pending?.before;
    match &change.what {
        What::Move { to, reason, version }
            if now.status == before.status && *version == before.version && now.version != *version =>
        {
            let what = What::Move { to: *to, reason: reason.clone(), version: now.version };
            Some(Change { what, ..change.clone() })
        }
        _ => None,
    }
}

fn is_here(model: &Model, id: OrderId) -> bool {
    model.card(id).is_some() || model.gone.as_ref().is_some_and(|gone| gone.id == id)
}

/// Says why a change led to nothing, or may have. What can't be taken back is not tried again.
fn refused(model: &mut Model, change: &Change, pending: Option<&Pending>, failure: &Failure) {
    let texts = model.texts();
    let undoes = pending.is_some_and(|pending| pending.undoes);
    let (text, why) = match failure {
        Failure::Broken(status) => (texts.unconfirmed, fill(texts.nonsense, &[("status", &status.to_string())])),
        Failure::Unreachable(url) => (texts.unconfirmed, fill(texts.no_answer, &[("url", url)])),
        Failure::Unauthenticated => (texts.refused, format!("{} {}", texts.token_expired, texts.token_command)),
        Failure::Forbidden => (texts.refused, texts.not_for_role.to_owned()),
        Failure::Conflict(_, Some(now)) if is_late_cancel(model, change, now) => (texts.only_till, String::new()),
        Failure::Conflict(why, Some(now)) => match in_the_way(model, change, pending, now, why) {
            Some(why) => (texts.refused, why.to_owned()),
            None => (texts.faster, faster(model, now)),
        },
        Failure::Refused(why) | Failure::Conflict(why, None) => (texts.refused, why.clone()),
    };
    let is_final = undoes && !matches!(failure, Failure::Broken(_) | Failure::Unreachable(_));
    if is_final {
        undo::forget(model, change.id);
    }
    let text = if is_final { texts.not_undone } else { text };
    model.refuse(fill(text, &[("n", &change.number.to_string()), ("why", &why)]));
}

/// Whether an order was made ready by somebody else before it was cancelled, and the kitchen may not cancel it any more.
fn is_late_cancel(model: &Model, change: &Change, now: &OrderNow) -> bool {
    let cancels = matches!(first_move(&change.what), Some((OrderStatus::Cancelled, _)));
    cancels && now.status == OrderStatus::ReadyForPickup && !moves::can_cancel(now.status, model.settings.role)
}

/// What stood in the way although nobody was faster: a rule of the service.
fn in_the_way<'a>(
    model: &Model,
    change: &Change,
    pending: Option<&Pending>,
    now: &OrderNow,
    why: &'a str,
) -> Option<&'a str> {
    let texts = model.texts();
    let before = &pending?.before;
    let (to, version) = first_move(&change.what)?;
    if now.status != before.status || now.version != version {
        return None;
    }
    Some(match moves::recall(before.status, model.settings.role) == Some(to) {
        true if model.now.since(now.since) > RECALL_WINDOW => texts.recall_late,
        true => texts.recall_twice,
        false => why,
    })
}

/// Where a change moves the order first, and from which version.
fn first_move(what: &What) -> Option<(OrderStatus, u64)> {
    match what {
        What::Move { to, version, .. } => Some((*to, *version)),
        What::Series(changes) => changes.first().and_then(first_move),
        What::Strike { .. } | What::Prioritise(_) => None,
    }
}

/// Shows the order as the answer has it, with the selection still on it.
fn carried_out(model: &mut Model, change: &Change, pending: Option<Pending>, order: Order) {
    let card = Card::from(order);
    let undoes = pending.as_ref().is_some_and(|pending| pending.undoes);
    if undoes {
        undo::forget(model, card.id);
    }
    if model.card(card.id).is_some_and(|known| known.version > card.version) {
        return;
    }
    let before = pending.map(|pending| pending.before).filter(|before| before.version < card.version);
    let text =
        if undoes { undone(model, &change.what, &card) } else { told(model, &change.what, before.as_ref(), &card) };
    if let Some(before) = before.filter(|_| !undoes) {
        undo::remember(model, &before, &card, &text);
    }
    if undoes {
        model.selected = Some(card.id);
    }
    if let Some((_, at)) = model.stepped.as_mut().filter(|(id, _)| *id == card.id) {
        *at = model.now;
    }
    if moves::column_of(card.status).is_none() {
        model.keep_place();
        model.gone = Some(card.clone());
    } else if model.gone.as_ref().is_some_and(|gone| gone.id == card.id) {
        model.gone = None;
    }
    model.news.forget(card.id);
    model.place_card(card);
    model.keep_place();
    model.say(hint(model, &change.what, undoes, text));
}

/// What was taken back, in a few words.
fn undone(model: &Model, what: &What, card: &Card) -> String {
    let texts = model.texts();
    let result = match what {
        What::Strike { line, struck } => {
            let text = if *struck { texts.item_done } else { texts.item_open };
            fill(text, &[("name", card.item_name(*line))])
        }
        What::Prioritise(true) => texts.actions.prioritise.to_owned(),
        What::Prioritise(false) => texts.back_in_place.to_owned(),
        What::Move { .. } | What::Series(_) => status_name(model, card.status).to_owned(),
    };
    fill(texts.undone, &[("n", &card.number.to_string()), ("result", &result)])
}

/// What happened and what follows from it, in a few words.
fn told(model: &Model, what: &What, before: Option<&Card>, card: &Card) -> String {
    let texts = model.texts();
    let number = card.number.to_string();
    let status = status_name(model, card.status);
    match what {
        What::Strike { line, struck } => {
            let has_moved = before.is_some_and(|before| before.status != card.status);
            let then = match card.status {
                OrderStatus::ReadyForPickup if has_moved => format!(" · {}", texts.now_ready),
                _ if has_moved => format!(" · {status}"),
                _ => String::new(),
            };
            let item = if *struck { texts.item_done } else { texts.item_open };
            let item = fill(item, &[("name", card.item_name(*line))]);
            fill(texts.struck, &[("n", &number), ("item", &item), ("then", &then)])
        }
        What::Prioritise(true) => fill(texts.prioritised, &[("n", &number)]),
        What::Prioritise(false) => fill(texts.unprioritised, &[("n", &number)]),
        What::Move { to: OrderStatus::Delivered, .. } => fill(texts.delivered, &[("n", &number)]),
        What::Move { to: OrderStatus::Cancelled, .. } => fill(texts.cancelled, &[("n", &number)]),
        What::Move { .. } => fill(texts.moved, &[("n", &number), ("status", status)]),
        What::Series(changes) => {
            let is_struck = changes.iter().all(|what| matches!(what, What::Strike { struck: true, .. }));
            let text = if is_struck { texts.station_struck } else { texts.station_unstruck };
            fill(text, &[("n", &number), ("status", status), ("items", &model.lens_name().unwrap_or_default())])
        }
    }
}

/// The text with the key that takes it back, where nobody would guess it.
fn hint(model: &Model, what: &What, undoes: bool, text: String) -> String {
    let texts = model.texts();
    match what {
        What::Prioritise(true) if !undoes => {
            format!("{text} · {}", fill(texts.undo_hint, &[("key", &model.key(Action::Undo))]))
        }
        What::Move { to: OrderStatus::Delivered, .. } if !undoes => {
            format!("{text} · {}", fill(texts.recall_hint, &[("key", &model.key(Action::Recall))]))
        }
        _ => text,
    }
}

pub(super) fn status_name(model: &Model, status: OrderStatus) -> &'static str {
    let at = OrderStatus::ALL.iter().position(|known| *known == status);
    at.and_then(|at| model.texts().statuses.get(at)).copied().unwrap_or_default()
}

/// Where somebody who was faster has it, and who.
fn faster(model: &Model, now: &OrderNow) -> String {
    let texts = model.texts();
    let at = model.settings.time_of_day(now.since);
    let by = fill(texts.by, &[("role", texts.role(now.actor.role)), ("id", &safe(now.actor.label())), ("at", &at)]);
    format!("{}{by}", status_name(model, now.status))
}
