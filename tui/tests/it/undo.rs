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
    let effects = press(&mut model, Char('s'));
    answered(&mut model, &effects, OrderStatus::Cancelled, &[], 4);
    assert_eq!(press(&mut model, Char('u')), []);
    assert_eq!(notice(&model), "nº 33 cancelado · isto não se desfaz.");
}

#[test]
fn tab_chooses_the_item_and_x_strikes_it_or_takes_it_back() {
    let mut model = board(busy());
    type_in(&mut model, "35");
    press(&mut model, crossterm::event::KeyCode::Tab);
    assert_eq!(notice(&model), "nº 35: X-Burger · x feito/por fazer");
    assert!(drawn(&model, (80, 24)).contains("▸ 2× X-Burger"));
    assert_eq!(sent(&press(&mut model, Char('x')))[0].what, What::Strike { line: 1, struck: false });
}

fn refused(model: &mut Model, effects: &[Effect], failure: tui::Failure) {
    let [change]: [Change; 1] = sent(effects).try_into().expect("one change");
    update(model, Msg::Changed(change, Err(failure)));
}

fn faster(status: OrderStatus, version: u64) -> tui::Failure {
    let actor = api::order::TrackingActor::new(domain::Role::Kitchen, "cozinha");
    let now = api::OrderNow { status, version, since: noon(), actor };
    tui::Failure::Conflict("não pode".into(), Some(Box::new(now)))
}

/// Two steps in a row, quick as they were, are two recalls in a row to the service, which allows one.
#[test]
fn the_second_u_says_the_rule_and_touches_no_other_order() {
    let mut model = board(busy());
    type_in(&mut model, "36");
    let effects = press(&mut model, Enter);
    answered(&mut model, &effects, Preparing, &[], 4);
    for (to, version) in [(Preparing, 4), (ReadyForPickup, 5)] {
        type_in(&mut model, "38");
        let effects = press(&mut model, Enter);
        answered(&mut model, &effects, to, &[], version);
    }
    let effects = press(&mut model, Char('u'));
    answered(&mut model, &effects, Preparing, &[], 6);
    type_in(&mut model, "31");
    let effects = press(&mut model, Char('u'));
    assert_eq!(sent(&effects), [Change { id: id(38), number: 38, what: go(Paid, 6) }], "at the version of now");
    refused(&mut model, &effects, faster(Preparing, 6));
    assert_eq!(notice(&model), "nº 38 não foi desfeito: não se volta duas vezes seguidas");
    assert_eq!(selected(&model), Some(31), "the selection stays");
    let effects = press(&mut model, Char('u'));
    assert_eq!(sent(&effects)[0].number, 36, "what was refused is forgotten");
}

#[test]
fn what_others_did_meanwhile_is_not_undone() {
    let mut model = board(busy());
    type_in(&mut model, "38");
    let effects = press(&mut model, Enter);
    answered(&mut model, &effects, Preparing, &[], 4);
    let mut entries = busy();
    entries[6].status = ReadyForPickup;
    entries[6].version = 5;
    update(&mut model, tag(entries));
    assert_eq!(press(&mut model, Char('u')), []);
    assert_eq!(notice(&model), "nº 38 não foi desfeito: agora está pronto");
    assert_eq!(press(&mut model, Char('u')), []);
    assert_eq!(notice(&model), "Não há nada para desfazer.");
}

#[test]
fn an_undo_without_an_answer_can_be_tried_again() {
    let mut model = board(busy());
    type_in(&mut model, "36");
    let effects = press(&mut model, Enter);
    answered(&mut model, &effects, Preparing, &[], 4);
    let effects = press(&mut model, Char('u'));
    refused(&mut model, &effects, tui::Failure::Broken(503));
    assert!(notice(&model).contains("não confirmado"));
    assert_eq!(sent(&press(&mut model, Char('u')))[0].what, go(Paid, 4));
}

#[test]
fn an_undone_strike_is_named() {
    let mut model = board(busy());
    type_in(&mut model, "37");
    let effects = press(&mut model, Char('x'));
    let mut struck = busy().remove(3);
    struck.items[0].struck_at = Some(noon());
    struck.version = 4;
    let [change]: [Change; 1] = sent(&effects).try_into().expect("one change");
    update(&mut model, Msg::Changed(change, Ok(order(struck.clone()))));
    let effects = press(&mut model, Char('u'));
    struck.items[0].struck_at = None;
    struck.version = 5;
    let [change]: [Change; 1] = sent(&effects).try_into().expect("one change");
    update(&mut model, Msg::Changed(change, Ok(order(struck))));
    let name = "Combo família com batata grande e refrigerante";
    assert_eq!(notice(&model), format!("nº 37: desfeito, {name} por fazer"));
}
