use std::time::Duration;

use domain::OrderStatus;

use super::super::card::Card;
use super::super::keys::Action;
use super::super::lens::Lens;
use super::super::model::{Cancel, Mode, Pending};
use super::super::msg::{Change, What};
use super::super::{Effect, Model, moves, view};
use super::{answers, leaving, select, station, undo};
use crate::texts::fill;

/// A key that comes again this soon is held down: a terminal repeats after 250 to 660 ms.
const HELD: Duration = Duration::from_millis(700);

/// Does what a key asks for with the selected order, or says why not.
pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    if action == Action::Bump && leaving::confirm(model) {
        return Vec::new();
    }
    if action == Action::Undo {
        return if may_change(model) { undo::undo(model) } else { Vec::new() };
    }
    let is_held = action == Action::Bump && is_held_down(model);
    let Some(card) = target(model, action) else { return Vec::new() };
    if is_held {
        let places = [("n", &*card.number.to_string()), ("status", answers::status_name(model, card.status))];
        model.say(fill(model.texts().key_held, &places));
        return Vec::new();
    }
    match decide(model, &card, action) {
        Ok(Some(what)) => send(model, &card, what),
        Ok(None) => Vec::new(),
        Err(refusal) => {
            model.refuse(fill(refusal, &[("n", &card.number.to_string())]));
            Vec::new()
        }
    }
}

/// Whether the bump key is only still down since it last moved this order. Every repeat begins the time anew.
fn is_held_down(model: &mut Model) -> bool {
    let last = model.stepped.filter(|(id, _)| Some(*id) == model.selected);
    let is_held = last.is_some_and(|(_, at)| model.now.since(at) < HELD);
    model.stepped = model.selected.map(|id| (id, model.now));
    is_held
}

/// Sends a change, one at a time for each order.
pub(super) fn send(model: &mut Model, card: &Card, what: What) -> Vec<Effect> {
    model.pending.push(Pending { before: card.clone(), undoes: false, since: model.now });
    model.notice = None;
    vec![Effect::Change(Change { id: card.id, number: card.number, what })]
}

/// Whether anything can be changed from here now; otherwise says why not.
fn may_change(model: &mut Model) -> bool {
    let texts = model.texts();
    if model.settings.readonly {
        model.refuse(texts.is_readonly.to_owned());
        return false;
    }
    if model.is_stale() || !model.loaded {
        model.refuse(texts.refused_offline.to_owned());
        return false;
    }
    true
}

/// The order that a changing key is about, if changes are possible at all; otherwise says why not.
pub(super) fn target(model: &mut Model, action: Action) -> Option<Card> {
    if !may_change(model) {
        return None;
    }
    let texts = model.texts();
    let gone = model.selected_gone().cloned();
    let card = match (model.selected_card().cloned(), gone) {
        (Some(card), _) if card.cancelled.is_some() => {
            let places = [("n", &*card.number.to_string()), ("key", &model.key(Action::Bump))];
            model.refuse(fill(texts.is_cancelled, &places));
            return None;
        }
        (Some(card), _) => card,
        (None, Some(gone)) if action == Action::Recall => gone,
        (None, Some(gone)) => {
            model.refuse(fill(texts.was_delivered, &[("n", &gone.number.to_string())]));
            return None;
        }
        (None, None) if !model.typed.digits.is_empty() => {
            let text = fill(texts.no_such_number, &[("n", &model.typed.digits)]);
            model.refuse(text);
            return None;
        }
        (None, None) => {
            model.refuse(texts.nothing_selected.to_owned());
            return None;
        }
    };
    if model.is_pending(card.id) {
        model.refuse(fill(texts.still_sending, &[("n", &card.number.to_string())]));
        return None;
    }
    Some(card)
}

/// What a key means for this order, or the text of a refusal.
fn decide(model: &mut Model, card: &Card, action: Action) -> Result<Option<What>, &'static str> {
    let (texts, role) = (model.texts(), model.settings.role);
    let go = |to: OrderStatus| What::Move { to, reason: None, version: card.version };
    match action {
        Action::Bump if model.lens != Lens::All => Ok(station::bump(model, card)),
        Action::Recall if model.lens != Lens::All => Ok(station::recall(model, card)),
        Action::Bump => moves::bump(card.status, role).map(|to| Some(go(to))).ok_or(texts.not_for_role),
        Action::Recall => moves::recall(card.status, role).map(|to| Some(go(to))).ok_or(texts.no_recall),
        Action::Prioritise => {
            undo::hold(model, card);
            Ok(None)
        }
        Action::Strike if !moves::can_strike(card.status, role) => Err(texts.all_struck),
        Action::Strike => {
            let (line, struck) = select::item_to_strike(model, card).ok_or(texts.all_struck)?;
            if model.mode == Mode::Board && !view::shows_item(model, card.id, line) {
                look_first(model, card, line);
                return Ok(None);
            }
            select::move_on(model, card);
            Ok(Some(What::Strike { line, struck }))
        }
        Action::Cancel if !moves::can_cancel(card.status, role) => Err(no_cancel(model, card.status)),
        Action::Cancel => {
            let cancel = Cancel { card: card.clone(), choice: None, own: String::new(), confirming: false };
            model.mode = Mode::Cancel(Box::new(cancel));
            Ok(None)
        }
        _ => Ok(None),
    }
}

/// Why an order in this status can't be cancelled from here.
pub(super) fn no_cancel(model: &Model, status: OrderStatus) -> &'static str {
    let texts = model.texts();
    if status == OrderStatus::ReadyForPickup { texts.only_till } else { texts.no_cancel }
}

/// Nothing is struck that cannot be seen: the order is shown in full, at that item.
fn look_first(model: &mut Model, card: &Card, line: u32) {
    let Some(item) = card.items.iter().position(|item| item.line == line) else { return };
    model.mode = Mode::Detail { item };
    let places =
        [("n", &*card.number.to_string()), ("name", card.item_name(line)), ("key", &model.key(Action::Strike))];
    model.say(fill(model.texts().look_first, &places));
}
