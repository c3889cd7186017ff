//! Slips of the hand, and what the board says of what it did and did not do.

use std::time::Duration;

use api::OrderNow;
use api::order::TrackingActor;
use crossterm::event::KeyCode::{Backspace, Char, Enter, PageDown};
use domain::OrderStatus::{Preparing, ReadyForPickup};
use domain::Role;
use tui::Failure;
use tui::board::msg::What;
use tui::board::update;

use crate::fixtures::*;
use crate::orders::answer;

/// A key that is held down comes again every 30 ms, after 250 to 660 ms at first.
#[test]
fn a_held_key_moves_an_order_one_step() {
    let mut model = board(busy());
    let effects = press(&mut model, Enter);
    later(&mut model, Duration::from_millis(10));
    answer(&mut model, &effects, Ok(Preparing));
    later(&mut model, Duration::from_millis(650));
    for _ in 0..40 {
        assert_eq!(press(&mut model, Enter), []);
        later(&mut model, Duration::from_millis(30));
    }
    assert_eq!(notice(&model), "nº 33: em preparo · tecla repetida, não avançou de novo");
    later(&mut model, Duration::from_millis(700));
    assert_eq!(sent(&press(&mut model, Enter)).len(), 1, "let go and pressed again");
}

#[test]
fn only_a_key_that_is_held_is_ignored() {
    let mut model = board(busy());
    let effects = press(&mut model, Enter);
    answer(&mut model, &effects, Ok(Preparing));
    type_in(&mut model, "33");
    assert_eq!(sent(&press(&mut model, Enter)).len(), 1, "another key came between");

    let mut model = board(busy());
    let effects = press(&mut model, Enter);
    later(&mut model, Duration::from_secs(2));
    answer(&mut model, &effects, Ok(Preparing));
    assert_eq!(press(&mut model, Enter), [], "it moved only now");

    // The Enter that keeps a search or chooses a filter is no step either while it is held.
    for opens in ["/burger", "f"] {
        let mut model = board(busy());
        type_in(&mut model, opens);
        press(&mut model, Enter);
        assert_eq!(press(&mut model, Enter), [], "{opens}");
    }
}

#[test]
fn a_change_under_way_is_marked_when_it_takes_long() {
    let mut model = board(busy());
    let effects = press(&mut model, Enter);
    later(&mut model, Duration::from_millis(299));
    assert!(!drawn(&model, (80, 24)).contains("enviando"));
    later(&mut model, Duration::from_millis(1));
    let screen = drawn(&model, (80, 24));
    assert!(screen.contains("nº 33 enviando…") && screen.contains("nº 33: enviando…"), "{screen}");
    answer(&mut model, &effects, Ok(Preparing));
    assert_eq!(notice(&model), "nº 33: em preparo");
    assert!(!drawn(&model, (80, 24)).contains("enviando"));
}

/// Another board made it ready while this one asked why it is cancelled.
#[test]
fn an_order_that_became_ready_meanwhile_is_cancelled_at_the_till() {
    let mut model = board(busy());
    type_in(&mut model, "35");
    type_in(&mut model, "c1");
    let mut entries = busy();
    entries[2].status = ReadyForPickup;
    entries[2].version = 4;
    update(&mut model, tag(entries));
    assert_eq!(press(&mut model, Char('s')), []);
    assert_eq!(notice(&model), "O nº 35 já está pronto; só o caixa cancela.");

    let mut model = board(busy());
    type_in(&mut model, "35");
    type_in(&mut model, "c1");
    let effects = press(&mut model, Char('s'));
    let actor = TrackingActor::new(Role::Kitchen, "chapa");
    let now = OrderNow { status: ReadyForPickup, version: 4, since: noon(), actor };
    answer(&mut model, &effects, Err(Failure::Conflict("x".into(), Some(Box::new(now)))));
    assert_eq!(notice(&model), "O nº 35 já está pronto; só o caixa cancela.");
}

#[test]
fn a_strike_names_the_item_and_what_follows() {
    let mut model = board(busy());
    type_in(&mut model, "35");
    let effects = press(&mut model, Char('x'));
    answer(&mut model, &effects, Ok(ReadyForPickup));
    assert_eq!(notice(&model), "nº 35: Suco de laranja feito · era o último: pedido pronto");
    type_in(&mut model, "38");
    let effects = press(&mut model, Char('x'));
    answer(&mut model, &effects, Ok(Preparing));
    assert_eq!(notice(&model), "nº 38: X-Burger feito · em preparo");
}

/// The rule is the service's: nobody was faster.
#[test]
fn a_second_recall_is_refused_for_what_it_is() {
    for (minutes, why) in [(1, "não se volta duas vezes seguidas"), (11, "o passo foi dado há mais de 10 minutos")] {
        let mut model = board(busy());
        type_in(&mut model, "35");
        let effects = press(&mut model, Backspace);
        let actor = TrackingActor::new(Role::Kitchen, "cozinha");
        let since = noon().minus(Duration::from_secs(minutes * 60));
        let now = OrderNow { status: Preparing, version: 3, since, actor };
        answer(&mut model, &effects, Err(Failure::Conflict("não pode".into(), Some(Box::new(now)))));
        assert_eq!(notice(&model), format!("nº 35 recusado: {why}"));
    }
}

#[test]
fn an_item_that_cannot_be_seen_is_shown_before_it_is_struck() {
    let mut order = entry(5, Preparing, 1);
    order.items = (1..=50).map(|line| item(line, 1, &format!("Item {line}"), None)).collect();
    order.items[..20].iter_mut().for_each(|item| item.struck_at = Some(noon()));
    let mut model = board(vec![order]);
    assert!(!drawn(&model, (80, 24)).contains("Item 21"));
    assert_eq!(press(&mut model, Char('x')), []);
    assert_eq!(notice(&model), "nº 5: Item 21 não cabe no cartão; aqui x marca");
    let screen = drawn(&model, (80, 24));
    assert!(screen.contains("▶  1× Item 21") && screen.contains('▼') && screen.contains('▲'), "{screen}");
    assert_eq!(sent(&press(&mut model, Char('x')))[0].what, What::Strike { line: 21, struck: true });
    press(&mut model, PageDown);
    assert!(drawn(&model, (80, 24)).contains("▶  1× Item 26"));
}
