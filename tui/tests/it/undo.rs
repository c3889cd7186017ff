//! Taking things back.

use crossterm::event::KeyCode::{Backspace, Char, Enter};
use domain::OrderStatus::{self, Delivered, Paid, Preparing, ReadyForPickup};
use tui::board::msg::{Change, What};
use tui::board::{Effect, Model, Msg, update};

use crate::fixtures::*;

fn go(to: OrderStatus, version: u64) -> What {
    What::Move { to, reason: None, version }
}

/// Answers the one change among the effects: the order is in this status, with these lines struck.
fn answered(model: &mut Model, effects: &[Effect], status: OrderStatus, struck: &[u32], version: u64) {
    let [change]: [Change; 1] = sent(effects).try_into().expect("one change");
    let mut entry = entry(change.number, status, 1);
    entry.version = version;
    for line in struck {
        entry.items[*line as usize - 1].struck_at = Some(noon());
    }
    update(model, Msg::Changed(change, Ok(order(entry))));
}

#[test]
fn u_takes_a_step_back() {
    let mut model = board(busy());
    type_in(&mut model, "38");
    let effects = press(&mut model, Enter);
    answered(&mut model, &effects, Preparing, &[], 4);
    let effects = press(&mut model, Char('u'));
    assert_eq!(sent(&effects), [Change { id: id(38), number: 38, what: go(Paid, 4) }]);
    answered(&mut model, &effects, Paid, &[], 5);
    assert_eq!(notice(&model), "nº 38: desfeito, recebido");
    assert_eq!(press(&mut model, Char('u')), []);
    assert_eq!(notice(&model), "Não há nada para desfazer.");
}

#[test]
fn u_brings_a_delivered_order_back() {
    let mut model = board(busy());
    type_in(&mut model, "31");
    let effects = press(&mut model, Enter);
    answered(&mut model, &effects, Delivered, &[], 4);
    press(&mut model, Char('k'));
    let effects = press(&mut model, Char('u'));
    assert_eq!(sent(&effects)[0].what, go(ReadyForPickup, 4));
    answered(&mut model, &effects, ReadyForPickup, &[], 5);
    assert_eq!(selected(&model), Some(31));
}

#[test]
fn a_strike_that_moved_the_order_is_taken_back_with_its_step_and_the_other_strikes_stay() {
    // Line 1 of number 35 is struck already; striking line 2 makes it ready.
    let mut model = board(busy());
    type_in(&mut model, "35");
    let effects = press(&mut model, Char('x'));
    answered(&mut model, &effects, ReadyForPickup, &[1, 2], 4);
    let back = What::Series(vec![go(Preparing, 4), What::Strike { line: 1, struck: true }]);
    assert_eq!(sent(&press(&mut model, Char('u')))[0].what, back);
}

#[test]
fn the_strike_that_began_an_order_is_taken_back_by_one_recall() {
    let mut model = board(busy());
    type_in(&mut model, "38");
    let effects = press(&mut model, Char('x'));
    answered(&mut model, &effects, Preparing, &[1], 4);
    assert_eq!(sent(&press(&mut model, Char('u')))[0].what, go(Paid, 4));
}

#[test]
fn a_recall_is_taken_back_by_a_step_forward() {
    let mut model = board(busy());
    type_in(&mut model, "31");
    let effects = press(&mut model, Backspace);
    answered(&mut model, &effects, Preparing, &[], 4);
    assert_eq!(sent(&press(&mut model, Char('u')))[0].what, go(ReadyForPickup, 4));
}

#[test]
fn a_cancellation_is_not_taken_back_and_that_is_said() {
    let mut model = board(busy());
    press(&mut model, Char('c'));
    press(&mut model, Char('1'));
    let effects = press(&mut model, Enter);
    answered(&mut model, &effects, OrderStatus::Cancelled, &[], 4);
    assert_eq!(press(&mut model, Char('u')), []);
    assert_eq!(notice(&model), "nº 33: isto não se desfaz.");
}

#[test]
fn tab_chooses_the_item_and_x_strikes_it_or_takes_it_back() {
    let mut model = board(busy());
    type_in(&mut model, "35");
    press(&mut model, crossterm::event::KeyCode::Tab);
    assert_eq!(notice(&model), "nº 35: item 1, X-Burger · x feito/por fazer");
    assert!(drawn(&model, (80, 24)).contains("▸ 2× X-Burger"));
    assert_eq!(sent(&press(&mut model, Char('x')))[0].what, What::Strike { line: 1, struck: false });
}
