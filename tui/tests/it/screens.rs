//! Every screen as it is seen, without colours.

use std::time::Duration;

use crossterm::event::KeyCode::{Char, Enter};
use domain::OrderStatus::{Paid, Preparing};
use tui::Failure;
use tui::board::{Model, Msg, update, view};

use crate::fixtures::*;

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 50)];

fn snapshots(name: &str, model: &Model) {
    for (columns, rows) in SIZES {
        insta::assert_snapshot!(format!("{name}_{columns}x{rows}"), drawn(model, (columns, rows)));
    }
}

#[test]
fn empty() {
    snapshots("empty", &board(Vec::new()));
}

#[test]
fn busy_shop() {
    snapshots("busy", &board(busy()));
}

#[test]
fn offline() {
    let mut model = board(busy());
    later(&mut model, Duration::from_secs(3));
    update(&mut model, Msg::Queue(Err(Failure::Unreachable("connection refused".into())), None));
    press(&mut model, Enter);
    snapshots("offline", &model);
}

#[test]
fn help() {
    let mut model = board(busy());
    press(&mut model, Char('?'));
    snapshots("help", &model);
}

#[test]
fn cancel_dialog() {
    let mut model = board(busy());
    press(&mut model, Char('c'));
    snapshots("cancel_reason", &model);
    press(&mut model, Char('2'));
    snapshots("cancel_confirm", &model);
}

#[test]
fn search() {
    let mut model = board(busy());
    press(&mut model, Char('/'));
    type_in(&mut model, "burger");
    snapshots("search", &model);
}

#[test]
fn detail_and_what_is_to_be_made() {
    let mut model = board(busy());
    type_in(&mut model, "37");
    press(&mut model, Char('d'));
    snapshots("detail", &model);
    let mut model = board(busy());
    press(&mut model, Char('a'));
    snapshots("all_day", &model);
}

#[test]
fn readonly_sandbox_in_english() {
    let mut model = board(busy());
    model.settings.readonly = true;
    model.settings.sandbox = true;
    model.settings.lang = api::Lang::En;
    insta::assert_snapshot!("readonly_80x24", drawn(&model, (80, 24)));
}

#[test]
fn tiny_and_narrow() {
    let model = board(busy());
    insta::assert_snapshot!("tiny_20x5", drawn(&model, (20, 5)));
    insta::assert_snapshot!("narrow_50x20", drawn(&model, (50, 20)));
}

#[test]
fn more_cards_than_fit_are_counted_and_reached() {
    let mut model = board((1..=30).map(|number| entry(number, Paid, u64::from(31 - number))).collect());
    snapshots("many", &model);
    for number in 1..=30 {
        let screen = drawn(&model, (80, 24));
        assert_eq!(selected(&model), Some(number));
        assert!(screen.contains(&format!("▌nº {number} ")), "{number} is selected but not shown:\n{screen}");
        press(&mut model, Char('j'));
    }
}

#[test]
fn a_card_that_does_not_fit_says_what_is_missing() {
    let mut order = entry(5, Preparing, 1);
    order.items = (1..=50).map(|line| item(line, 1, &format!("Item {line}"), Some("capricha"))).collect();
    let mut model = board(vec![order]);
    let screen = drawn(&model, (80, 24));
    assert!(screen.contains("…+"), "{screen}");
    press(&mut model, Char('d'));
    press(&mut model, Char('G'));
    assert!(drawn(&model, (80, 24)).contains("Item 50"));
}

#[test]
fn a_picture_is_as_high_as_needed_and_cuts_nothing() {
    let mut order = entry(5, Preparing, 1);
    order.items = (1..=50).map(|line| item(line, 1, &format!("Item {line}."), Some("capricha"))).collect();
    let mut model = board(vec![order]);
    model.still = true;
    let screen = drawn(&model, (80, view::rows_needed(&model, 80)));
    assert!((1..=50).all(|line| screen.contains(&format!("Item {line}."))), "{screen}");
    assert!(!screen.contains('…') && !screen.contains('▌'));

    let mut model = board(busy());
    model.still = true;
    insta::assert_snapshot!("once_80", drawn(&model, (80, view::rows_needed(&model, 80))));
}

#[test]
fn a_thousand_orders_are_drawn() {
    let mut model = board((1..=1000).map(|number| entry(number, Paid, 1)).collect());
    press(&mut model, Char('G'));
    assert!(drawn(&model, (80, 24)).contains("nº 1000"));
}
