//! Taking things back: the moment before a place in front is given, and the reverse of what was done.

use std::time::Duration;

use domain::{OrderId, OrderStatus, Timestamp};

use super::super::card::Card;
use super::super::keys::Action;
use super::super::model::{Done, Held, Pending};
use super::super::msg::{Change, What};
use super::super::{Effect, Model, moves};
use super::{answers, orders, station};
use crate::texts::fill;

/// How long a place in front can be taken back before anybody else sees it.
const SECOND_THOUGHTS: Duration = Duration::from_secs(3);
/// How many changes can be taken back, one after the other.
const REMEMBERED: usize = 20;

/// Gives a place in front, or takes it away, in a moment; the second time within it, nothing happens.
pub(super) fn hold(model: &mut Model, card: &Card) {
    if drop_held(model, card.id) {
        return;
    }
    let first = !card.prioritized;
    model.held.push(Held { id: card.id, number: card.number, first, until: model.now.plus(SECOND_THOUGHTS) });
    let texts = model.texts();
    let what = if first { texts.actions.prioritise } else { texts.back_in_place };
    let seconds = SECOND_THOUGHTS.as_secs().to_string();
    let places = [("n", &*card.number.to_string()), ("what", what), ("s", &seconds), ("key", &model.key(Action::Undo))];
    model.say(fill(texts.held, &places));
}

fn drop_held(model: &mut Model, id: OrderId) -> bool {
    let Some(at) = model.held.iter().position(|held| held.id == id) else { return false };
    let held = model.held.remove(at);
    model.say(fill(model.texts().unheld, &[("n", &held.number.to_string())]));
    true
}

/// Sends what waited long enough. Without a connection it is refused as loudly as a key would be.
pub(super) fn send_held(model: &mut Model, until: Timestamp) -> Vec<Effect> {
    let is_due = |held: &Held, model: &Model| until >= held.until && !model.is_pending(held.id);
    let (due, rest): (Vec<_>, _) = std::mem::take(&mut model.held).into_iter().partition(|held| is_due(held, model));
    model.held = rest;
    let mut effects = Vec::new();
    for held in due {
        let Some(card) = model.card(held.id).filter(|card| card.cancelled.is_none()).cloned() else { continue };
        if model.is_stale() {
            model.refuse(model.texts().refused_offline.to_owned());
            continue;
        }
        effects.extend(orders::send(model, &card, What::Prioritise(held.first)));
    }
    effects
}

/// Takes back what was done last, and nothing else: what can't be taken back is said and forgotten.
pub(super) fn undo(model: &mut Model) -> Vec<Effect> {
    if let Some(held) = model.held.last() {
        drop_held(model, held.id);
        return Vec::new();
    }
    let texts = model.texts();
    let Some(done) = model.done.last().cloned() else {
        model.refuse(texts.nothing_to_undo.to_owned());
        return Vec::new();
    };
    let number = done.number.to_string();
    if model.is_pending(done.id) {
        model.refuse(fill(texts.still_sending, &[("n", &number)]));
        return Vec::new();
    }
    match way_back(model, &done) {
        Ok((card, what)) => {
            model.pending.push(Pending { before: card, undoes: true, since: model.now });
            model.notice = None;
            vec![Effect::Change(Change { id: done.id, number: done.number, what })]
        }
        Err(why) => {
            model.done.pop();
            model.refuse(why);
            Vec::new()
        }
    }
}

/// The order as it is and the change that takes `done` back, or why there is none.
fn way_back(model: &Model, done: &Done) -> Result<(Card, What), String> {
    let texts = model.texts();
    if done.back.is_empty() {
        return Err(fill(texts.no_undo, &[("told", &done.told)]));
    }
    let not_undone = |why: &str| fill(texts.not_undone, &[("n", &done.number.to_string()), ("why", why)]);
    let gone = model.gone.as_ref().filter(|gone| gone.id == done.id);
    let card = model.card(done.id).filter(|card| card.cancelled.is_none()).or(gone);
    let card = card.ok_or_else(|| not_undone(texts.left_board))?;
    if card.status != done.status {
        let status = answers::status_name(model, card.status);
        return Err(not_undone(&fill(texts.is_elsewhere, &[("status", status)])));
    }
    // Its version may be another by now, for an item or a payment: what it left the order at still holds.
    let at_version = |what: &What| match what {
        What::Move { to, reason, .. } => What::Move { to: *to, reason: reason.clone(), version: card.version },
        other => other.clone(),
    };
    Ok((card.clone(), station::series(done.back.iter().map(at_version).collect())))
}

/// Forgets what was taken back, or what never can be.
pub(super) fn forget(model: &mut Model, id: OrderId) {
    if let Some(at) = model.done.iter().rposition(|done| done.id == id) {
        model.done.remove(at);
    }
}

/// Remembers how to take a change back, and what was said of it.
pub(super) fn remember(model: &mut Model, before: &Card, after: &Card, told: &str) {
    let back = reverse(model, before, after);
    if model.done.len() == REMEMBERED {
        model.done.remove(0);
    }
    model.done.push(Done { id: after.id, number: after.number, status: after.status, told: told.to_owned(), back });
}

/// What leads from `after` back to `before`, as far as the service allows it: a recall takes one step back and clears
/// the strikes, which are then made again.
fn reverse(model: &Model, before: &Card, after: &Card) -> Vec<What> {
    let role = model.settings.role;
    let mut back = Vec::new();
    let mut is_cleared = false;
    let version = after.version;
    let go = |to: OrderStatus| What::Move { to, reason: None, version };
    if before.status != after.status {
        let recalled = moves::recall(after.status, role);
        match (recalled, moves::bump(after.status, role)) {
            // A single strike may have been two steps; only one of them can be taken back.
            (Some(to), _) if to == before.status || before.status == OrderStatus::Paid => {
                back.push(go(to));
                is_cleared = true;
            }
            (_, Some(to)) if to == before.status => back.push(go(to)),
            _ => return Vec::new(),
        }
    }
    if moves::is_open(before.status) {
        let now_struck = |line: u32| !is_cleared && after.items.iter().any(|item| item.line == line && item.struck);
        let differs = before.items.iter().filter(|item| item.struck != now_struck(item.line));
        let strikes = differs.filter(|item| before.status == OrderStatus::Preparing || item.struck);
        back.extend(strikes.map(|item| What::Strike { line: item.line, struck: item.struck }));
    }
    if before.prioritized != after.prioritized {
        back.push(What::Prioritise(before.prioritized));
    }
    back
}
