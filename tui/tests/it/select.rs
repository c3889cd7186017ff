//! Which order the keys are about.

use std::time::Duration;

use crossterm::event::KeyCode::{Backspace, Char, Down, Enter, Esc, Left, Right, Up};
use domain::OrderStatus::{Paid, Preparing};
use tui::board::{Msg, update};

use crate::fixtures::*;

#[test]
fn the_first_card_is_selected_at_the_start() {
    assert_eq!(selected(&board(busy())), Some(33));
    assert_eq!(selected(&board(vec![entry(35, Preparing, 1)])), Some(35));
    assert_eq!(selected(&board(Vec::new())), None);
}

#[test]
fn arrows_and_letters_move_alike() {
    for [left, down, up, right] in [[Left, Down, Up, Right], [Char('h'), Char('j'), Char('k'), Char('l')]] {
        let mut model = board(busy());
        let mut at = |key| {
            press(&mut model, key);
            selected(&model)
        };
        assert_eq!(at(down), Some(36));
        assert_eq!(at(right), Some(35));
        assert_eq!(at(right), Some(31));
        assert_eq!(at(right), Some(31), "stays in the last column");
        assert_eq!(at(down), Some(34));
        assert_eq!(at(down), Some(34), "stays on the last card");
        assert_eq!(at(left), Some(35), "each column remembers its row");
        assert_eq!(at(left), Some(36));
        assert_eq!(at(up), Some(33));
        assert_eq!(at(Char('G')), Some(39));
        assert_eq!(at(Char('g')), Some(33));
    }
}

#[test]
fn empty_columns_are_passed_over() {
    let mut model = board(vec![entry(1, Paid, 1), entry(2, domain::OrderStatus::ReadyForPickup, 1)]);
    press(&mut model, Right);
    assert_eq!(selected(&model), Some(2));
}

#[test]
fn digits_select_at_once_and_go_on_to_longer_numbers() {
    let mut model = board(vec![entry(3, Paid, 2), entry(37, Preparing, 1), entry(4, Paid, 1)]);
    press(&mut model, Char('3'));
    assert_eq!(selected(&model), Some(3));
    press(&mut model, Char('7'));
    assert_eq!(selected(&model), Some(37));
    later(&mut model, Duration::from_secs(2));
    press(&mut model, Char('4'));
    assert_eq!(selected(&model), Some(4), "after a pause a new number begins");
}

#[test]
fn a_number_that_is_not_there_selects_nothing_and_changes_nothing() {
    let mut model = board(busy());
    press(&mut model, Char('9'));
    assert_eq!(selected(&model), None);
    assert_eq!(press(&mut model, Enter), []);
    assert!(notice(&model).contains("nº 9 não está no painel"), "{}", notice(&model));
}

#[test]
fn backspace_never_edits_digits() {
    let mut model = board(vec![entry(3, Paid, 2), entry(37, Preparing, 1)]);
    type_in(&mut model, "37");
    let effects = press(&mut model, Backspace);
    assert_eq!(effects.len(), 1, "it recalls the selected order");
    assert_eq!(selected(&model), Some(37));
    assert_eq!(model.typed.digits, "");
}

#[test]
fn an_order_that_others_took_away_is_not_replaced_under_the_finger() {
    let mut model = board(busy());
    update(&mut model, tag(busy().into_iter().filter(|entry| entry.number != 33).collect()));
    assert_eq!(selected(&model), None);
    assert_eq!(press(&mut model, Enter), []);
    assert!(notice(&model).contains("Nenhum pedido escolhido"));
    press(&mut model, Down);
    assert_eq!(selected(&model), Some(36), "the way goes on where it was");
}

#[test]
fn a_search_finds_numbers_names_items_and_comments_without_accents() {
    for (query, found) in [("agua", 39), ("39", 39), ("bartolomeu", 36), ("à parte", 37), ("PAO", 37)] {
        let mut model = board(busy());
        press(&mut model, Char('/'));
        type_in(&mut model, query);
        assert_eq!(selected(&model), Some(found), "{query}");
        press(&mut model, Enter);
        assert_eq!((0..3).map(|column| model.column(column).len()).sum::<usize>(), 1, "{query} stays after Enter");
        press(&mut model, Esc);
        assert_eq!((0..3).map(|column| model.column(column).len()).sum::<usize>(), busy().len());
    }
}

#[test]
fn digits_leave_a_search_that_hides_their_order() {
    let mut model = board(busy());
    press(&mut model, Char('/'));
    type_in(&mut model, "agua");
    press(&mut model, Enter);
    type_in(&mut model, "37");
    assert_eq!(selected(&model), Some(37));
    assert_eq!(model.query, "");
}

#[test]
fn a_resize_is_no_more_than_a_size() {
    let mut model = board(busy());
    assert_eq!(update(&mut model, Msg::Resize(200, 50)), []);
    assert_eq!(model.size, (200, 50));
}

fn rush() -> Vec<api::order::QueueEntry> {
    let mut entries: Vec<_> = (1..=40).map(|number| entry(number, Paid, u64::from(41 - number))).collect();
    entries.splice(0..0, [entry(51, domain::OrderStatus::ReadyForPickup, 1), entry(50, Preparing, 1)]);
    entries
}

#[test]
fn a_column_without_the_selection_shows_its_oldest() {
    for leave in [Esc, Right] {
        let mut model = board(rush());
        press(&mut model, Char('G'));
        let screen = drawn(&model, (80, 24));
        assert!(screen.contains("nº 40 ") && screen.contains("▲ 37 acima · 31 atrasados"), "{screen}");
        press(&mut model, leave);
        let screen = drawn(&model, (80, 24));
        assert!(screen.contains("nº 1 ") && !screen.contains("nº 40 "), "{leave:?}: {screen}");
    }
    let mut model = board(rush());
    press(&mut model, Char('G'));
    update(&mut model, Msg::Resize(120, 40));
    assert!(drawn(&model, (120, 40)).contains("▲ 35 acima · 31 atrasados"), "{}", drawn(&model, (120, 40)));
}

#[test]
fn a_selection_deep_in_a_column_is_let_go_when_nobody_is_there() {
    let mut model = board(rush());
    press(&mut model, Char('G'));
    later(&mut model, Duration::from_secs(29));
    assert_eq!(selected(&model), Some(40));
    later(&mut model, Duration::from_secs(1));
    assert_eq!(selected(&model), None);
    assert!(drawn(&model, (80, 24)).contains("nº 1 "));
    press(&mut model, Down);
    assert_eq!(selected(&model), Some(1), "the way goes on from the oldest");
    later(&mut model, Duration::from_secs(600));
    assert_eq!(selected(&model), Some(1), "which hides nothing");
}

#[test]
fn new_orders_below_are_counted() {
    let mut model = board(rush());
    let mut entries = rush();
    entries.extend([entry(41, Paid, 0), entry(42, Paid, 0)]);
    update(&mut model, tag(entries));
    let screen = drawn(&model, (80, 24));
    assert!(screen.contains("▼39 !! 28 NOVO 2"), "{screen}");
}

#[test]
fn one_key_finds_the_order_that_waited_longest() {
    let mut model = board(busy());
    press(&mut model, Char('o'));
    assert_eq!(selected(&model), Some(35), "the oldest late one");
    let mut model = board(vec![entry(1, Preparing, 2), entry(2, Paid, 3)]);
    press(&mut model, Char('o'));
    assert_eq!(selected(&model), Some(2), "none is late");
}

#[test]
fn what_a_search_or_filter_hides_is_counted_and_esc_shows_it() {
    let mut model = board(busy());
    type_in(&mut model, "/agua");
    press(&mut model, Enter);
    let screen = drawn(&model, (80, 24));
    assert!(screen.contains("7 escondidos · Esc mostra"), "{screen}");
    assert!(
        screen.contains("RECEBIDO 1 ") && screen.contains("EM PREPARO 0 ") && !screen.contains("atrasados"),
        "{screen}"
    );
    press(&mut model, Char('f'));
    press(&mut model, Char('3'));
    assert_eq!(model.lens_name().as_deref(), Some("Bebidas"));
    press(&mut model, Esc);
    assert_eq!((model.lens_name(), model.query.as_str(), model.hidden().count()), (None, "", 0));
    assert_eq!(model.shown().count(), busy().len());
}
