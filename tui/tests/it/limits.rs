//! Bad input and much of it: it keeps working, and nothing raw reaches the terminal.

use api::client::{Aside, Queue};
use crossterm::event::KeyCode::{Char, Enter};
use domain::OrderStatus::{Delivered, Paid, Requested};
use tui::board::{Msg, update};

use crate::fixtures::*;

#[test]
fn ten_thousand_orders_are_walked_through_and_searched() {
    let mut model = board((1..=10_000).map(|number| entry(number, Paid, 1)).collect());
    for (key, number) in [(Char('G'), 10_000), (Char('k'), 9_999), (Char('g'), 1), (Char('j'), 2)] {
        press(&mut model, key);
        assert_eq!(selected(&model), Some(number));
        assert!(drawn(&model, (80, 24)).contains(&format!("▌nº {number} ")));
    }
    type_in(&mut model, "7654");
    assert!(drawn(&model, (200, 50)).contains("nº 7654"));
    press(&mut model, Char('/'));
    type_in(&mut model, "maria");
    assert_eq!(model.column(0).len(), 10_000);
    type_in(&mut model, " josé");
    assert_eq!(model.column(0).len(), 0);
}

#[test]
fn a_storm_of_sizes_leaves_the_selection_where_it_was() {
    let mut model = board((1..=300).map(|number| entry(number, Paid, 1)).collect());
    type_in(&mut model, "150");
    for turn in 0..500_u16 {
        let size = (turn * 37 % 230, turn * 13 % 70);
        update(&mut model, Msg::Resize(size.0, size.1));
        let screen = drawn(&model, size);
        assert_eq!(screen.lines().count(), usize::from(size.1));
        assert!(size.0 < 40 || size.1 < 10 || screen.contains("150"), "{size:?}:\n{screen}");
    }
    assert_eq!(selected(&model), Some(150));
}

#[test]
fn the_worst_comment_is_shown_whole_and_harmless() {
    let worst = "🍔👩‍👩‍👧‍👦 sem\u{1b}[2J\u{7}\u{9b}31m cebola \u{202e}oiráus\u{202c} بدون بصل מלח e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301} ";
    let comment: String = worst.chars().cycle().take(295).chain("FIM.".chars()).collect();
    let mut bad = entry(5, Paid, 1);
    bad.items[0].comment = Some(comment);
    bad.pickup_name = Some("\u{1b}]0;x\u{7}Zé\u{202e}".to_owned());
    let mut model = board(vec![bad]);
    for size in [(80, 40), (120, 40), (200, 50)] {
        let screen = drawn(&model, size);
        assert!(screen.contains("FIM."), "{screen}");
        let raw = screen.chars().find(|c| (c.is_control() && *c != '\n') || matches!(c, '\u{202a}'..='\u{202e}'));
        assert_eq!(raw, None, "{screen}");
        assert!(screen.lines().all(|line| tui::text::width(line) <= usize::from(size.0)));
    }
    press(&mut model, Char('d'));
    assert!(!drawn(&model, (80, 40)).contains('\u{1b}'));
}

#[test]
fn a_queue_that_makes_no_sense_is_believed_as_far_as_it_does() {
    let mut twice = entry(5, Paid, 1);
    twice.items.clear();
    let entries =
        vec![entry(5, Paid, 1), twice, entry(6, Delivered, 1), entry(7, Requested, 1), entry(u32::MAX, Paid, 1)];
    let mut model = board(Vec::new());
    update(&mut model, Msg::Queue(Ok(Some(Queue { entries, etag: None })), Aside::default()));
    assert_eq!(model.column(0).iter().map(|card| card.number).collect::<Vec<_>>(), [5, u32::MAX]);
    drawn(&model, (40, 10));
    for size in [(80, 24), (200, 50)] {
        assert!(drawn(&model, size).contains("4294967295"));
    }
    assert_eq!(press(&mut model, Enter).len(), 1);
}
