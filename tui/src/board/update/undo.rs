//! Taking things back: the moment before a place in front is given, and the reverse of what was done.

use std::time::Duration;

use domain::{OrderId, OrderStatus, Timestamp};

use super::super::card::Card;
use super::super::keys::Action;
use super::super::model::{Done, Held, Pending};
use super::super::msg::{Change, What};
use super::super::{Effect, Model, moves};
use super::{orders, station};
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

/// Takes back what was done last.
pub(super) fn undo(model: &mut Model) -> Vec<Effect> {
    if let Some(held) = model.held.last() {
        drop_held(model, held.id);
        return Vec::new();
    }
    let texts = model.texts();
    let Some(done) = model.done.last() else {
        model.refuse(texts.nothing_to_undo.to_owned());
        return Vec::new();
    };
    let number = done.number.to_string();
    if model.is_pending(done.id) {
        model.refuse(fill(texts.still_sending, &[("n", &number)]));
        return Vec::new();
    }
    let gone = model.gone.as_ref().filter(|gone| gone.id == done.id);
    let card = model.card(done.id).or(gone).filter(|_| !done.back.is_empty()).cloned();
    let done = model.done.pop();
    match (card, done) {
        (Some(card), Some(done)) => {
            model.selected = Some(card.id);
            let what = station::series(done.back);
            model.pending.push(Pending { before: card.clone(), undoes: true });
            model.notice = None;
            vec![Effect::Change(Change { id: card.id, number: card.number, what })]
        }
        _ => {
            model.refuse(fill(texts.no_undo, &[("n", &number)]));
            Vec::new()
        }
    }
}

/// Remembers how to take a change back.
pub(super) fn remember(model: &mut Model, before: &Card, after: &Card) {
    let back = reverse(model, before, after);
    if model.done.len() == REMEMBERED {
        model.done.remove(0);
    }
    model.done.push(Done { id: after.id, number: after.number, back });
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
