//! What bump and recall mean where only some items are shown: those items and no others.

use domain::OrderStatus;

use super::super::card::Card;
use super::super::keys::Action;
use super::super::msg::What;
use super::super::{Model, moves};
use crate::texts::fill;

/// Strikes every item that is shown; the service makes the order ready with the last one.
pub(super) fn bump(model: &mut Model, card: &Card) -> Option<What> {
    let texts = model.texts();
    let number = card.number.to_string();
    if !moves::is_open(card.status) {
        let places = [("n", &*number), ("key", &model.key(Action::Filter))];
        model.refuse(fill(texts.not_here, &places));
        return None;
    }
    if !moves::can_strike(card.status, model.settings.role) {
        model.refuse(texts.not_for_role.to_owned());
        return None;
    }
    let open = model.seen_items(card).filter(|item| !item.struck);
    let strikes: Vec<_> = open.map(|item| What::Strike { line: item.line, struck: true }).collect();
    if strikes.is_empty() {
        let elsewhere = model.owed_elsewhere(card);
        let text = if elsewhere.is_empty() { texts.nothing_here } else { texts.done_here };
        model.refuse(fill(text, &[("n", &number), ("what", &elsewhere)]));
        return None;
    }
    Some(series(strikes))
}

/// Takes the strikes of the items that are shown back. An order that is ready goes back to the kitchen, and what
/// other stations struck is struck again; an order that only this station knows of may go back to the start.
pub(super) fn recall(model: &mut Model, card: &Card) -> Option<What> {
    let texts = model.texts();
    let fail = |model: &mut Model, text| {
        model.refuse(fill(text, &[("n", &card.number.to_string())]));
        None
    };
    let Some(to) = moves::recall(card.status, model.settings.role) else { return fail(model, texts.no_recall) };
    let back = What::Move { to, reason: None, version: card.version };
    let is_seen = |line: u32| model.seen_items(card).any(|item| item.line == line);
    let (own, others): (Vec<_>, Vec<_>) =
        card.items.iter().filter(|item| item.struck).partition(|item| is_seen(item.line));
    let strike = |struck| move |item: &&super::super::card::Item| What::Strike { line: item.line, struck };
    match card.status {
        OrderStatus::ReadyForPickup => {
            Some(series([back].into_iter().chain(others.iter().map(strike(true))).collect()))
        }
        OrderStatus::Preparing if !own.is_empty() => Some(series(own.iter().map(strike(false)).collect())),
        OrderStatus::Preparing if others.is_empty() => Some(back),
        OrderStatus::Preparing => fail(model, texts.others_began),
        _ => fail(model, texts.no_recall),
    }
}

/// One change as it is, several one after the other.
pub(super) fn series(changes: Vec<What>) -> What {
    match <[What; 1]>::try_from(changes) {
        Ok([what]) => what,
        Err(changes) => What::Series(changes),
    }
}
