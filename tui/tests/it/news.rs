//! New, changed and cancelled orders: who is told, how often, and until when.

use api::client::Aside;
use std::time::Duration;

use api::order::{TrackingActor, TrackingRow};
use crossterm::event::KeyCode::{Char, Enter};
use domain::OrderStatus::{self, Cancelled, Delivered, Paid, Refunded};
use domain::Role;
use domain::order::StepKind;
use tui::Failure;
use tui::board::news::{Alert, Kind};
use tui::board::{Effect, Model, Msg, update};

use crate::fixtures::*;

fn row(status: OrderStatus, role: Role, reason: &str) -> TrackingRow {
    let actor = TrackingActor::new(role, "x");
    let reason = Some(reason.to_owned()).filter(|reason| !reason.is_empty());
    TrackingRow { status, at: noon(), actor, reason, kind: StepKind::Step }
}

fn without(number: u32) -> Msg {
    tag(busy().into_iter().filter(|entry| entry.number != number).collect())
}

/// A board that read a queue without number 36, and then heard why.
fn left(rows: Vec<TrackingRow>) -> (Model, Vec<Effect>) {
    let mut model = board(busy());
    assert_eq!(update(&mut model, without(36)), [Effect::Why { id: id(36) }]);
    let effects = update(&mut model, Msg::Left { id: id(36), rows: Ok(rows) });
    (model, effects)
}

#[test]
fn a_new_order_rings_until_somebody_is_there() {
    let mut model = board(busy());
    let mut more = busy();
    more.push(entry(40, Paid, 0));
    assert!(update(&mut model, tag(more)).contains(&Effect::Bell));
    assert!(drawn(&model, (120, 40)).contains("nº 40 NOVO"));
    assert!(!later(&mut model, Duration::from_secs(14)).contains(&Effect::Bell));
    assert!(later(&mut model, Duration::from_secs(1)).contains(&Effect::Bell));
    press(&mut model, Char('j'));
    assert!(!later(&mut model, Duration::from_secs(15)).contains(&Effect::Bell));
    assert!(drawn(&model, (120, 40)).contains("NOVO"), "the mark stays a little");
    later(&mut model, Duration::from_secs(6));
    assert!(!drawn(&model, (120, 40)).contains("NOVO"));
}

#[test]
fn an_order_that_another_board_began_is_no_news_any_more() {
    let mut model = board(busy());
    let mut more = busy();
    more.push(entry(40, Paid, 0));
    update(&mut model, tag(more.clone()));
    more.last_mut().expect("an order").status = OrderStatus::Preparing;
    more.last_mut().expect("an order").version = 4;
    update(&mut model, tag(more));
    assert!(!later(&mut model, Duration::from_secs(20)).contains(&Effect::Bell));
}

#[test]
fn a_readonly_board_and_a_repeat_of_zero_ring_once() {
    let once = tui::Settings { alert_repeat: Duration::ZERO, ..settings() };
    for settings in [once, tui::Settings { readonly: true, ..settings() }] {
        let mut model = board_with(settings, busy());
        let mut more = busy();
        more.push(entry(40, Paid, 0));
        assert!(update(&mut model, tag(more)).contains(&Effect::Bell));
        assert!(!later(&mut model, Duration::from_secs(60)).contains(&Effect::Bell));
    }
}

#[test]
fn the_command_is_told_what_happened() {
    let settings = tui::Settings { bell: false, alert_command: vec!["ring".to_owned()], ..settings() };
    let mut model = board_with(settings, busy());
    let mut more = busy();
    more.extend([entry(40, Paid, 0), entry(41, Paid, 0)]);
    let alert = Alert { kind: Kind::New, number: 40, count: 2 };
    assert!(update(&mut model, tag(more)).contains(&Effect::Alert(alert)));
}

#[test]
fn what_somebody_else_changed_is_marked() {
    let mut model = board(busy());
    let mut entries = busy();
    entries[2].status = Paid;
    entries[2].version = 4;
    assert!(update(&mut model, tag(entries.clone())).contains(&Effect::Bell), "sent back");
    assert!(drawn(&model, (120, 40)).contains("MUDOU"));
    entries[6].prioritized = true;
    entries[6].version = 4;
    assert!(update(&mut model, tag(entries)).contains(&Effect::Bell), "pulled to the front");
}

#[test]
fn a_cancelled_order_stays_until_somebody_confirms() {
    let rows = vec![row(Paid, Role::Service, ""), row(Cancelled, Role::Cashier, "cliente desistiu\u{1b}[2J")];
    let (mut model, effects) = left(rows);
    assert!(effects.contains(&Effect::Bell));
    let screen = drawn(&model, (200, 50));
    assert!(screen.contains("nº 36  CANCELADO"), "{screen}");
    assert!(screen.contains("cliente desistiu") && !screen.contains('\u{1b}'), "{screen}");
    assert_eq!(model.count(0), 3, "it is not counted");
    assert!(later(&mut model, Duration::from_secs(15)).contains(&Effect::Bell));
    update(&mut model, without(36));
    type_in(&mut model, "36");
    assert_eq!(press(&mut model, Char('x')), []);
    assert!(notice(&model).contains("foi cancelado; Enter confirma"));
    assert_eq!(press(&mut model, Enter), []);
    assert_eq!(notice(&model), "nº 36: cancelamento visto");
    update(&mut model, without(36));
    assert!(!drawn(&model, (120, 40)).contains("CANCELADO"));
}

#[test]
fn a_refunded_order_was_cancelled_and_a_delivered_one_was_not() {
    let (model, _) = left(vec![row(Cancelled, Role::Admin, "acabou"), row(Refunded, Role::Service, "")]);
    assert!(drawn(&model, (120, 40)).contains("acabou"));
    let (model, effects) = left(vec![row(Delivered, Role::Kitchen, "")]);
    assert!(!drawn(&model, (120, 40)).contains("CANCELADO") && effects.is_empty());
}

#[test]
fn what_this_board_cancelled_is_not_shown_to_it_again() {
    let mut model = board(busy());
    press(&mut model, Char('c'));
    press(&mut model, Char('1'));
    let change = sent(&press(&mut model, Char('s'))).remove(0);
    let mut gone = entry(33, Cancelled, 1);
    gone.version = 4;
    update(&mut model, Msg::Changed(change, Ok(order(gone))));
    update(&mut model, without(33));
    let asked = later(&mut model, Duration::from_secs(1));
    assert!(!asked.contains(&Effect::Why { id: id(33) }), "{asked:?}");
}

#[test]
fn why_an_order_left_is_asked_again_and_then_given_up_aloud() {
    let mut model = board(busy());
    let mut effects = update(&mut model, without(36));
    for _ in 0..5 {
        assert!(effects.contains(&Effect::Why { id: id(36) }));
        update(&mut model, Msg::Queue(Ok(None), Aside::default()));
        update(&mut model, Msg::Left { id: id(36), rows: Err(Failure::Broken(500)) });
        effects = later(&mut model, Duration::from_millis(200));
    }
    assert!(notice(&model).contains("nº 36 saiu da fila"));
}

#[test]
fn the_first_order_on_an_empty_board_is_selected() {
    let mut model = board(Vec::new());
    update(&mut model, tag(vec![entry(1, Paid, 0)]));
    assert_eq!(selected(&model), Some(1));
    update(&mut model, tag(vec![entry(1, Paid, 0), entry(2, Paid, 0)]));
    assert_eq!(selected(&model), Some(1), "the selection stays");
}

#[test]
fn what_a_filter_or_search_hides_rings_all_the_same() {
    for hide in ["f3", "/zzz"] {
        let mut model = board(busy());
        type_in(&mut model, hide);
        press(&mut model, Enter);
        let mut more = busy();
        more.push(entry(40, Paid, 0));
        more.last_mut().expect("an order").items = vec![item(1, 1, "X-Tudo", None)];
        assert!(update(&mut model, tag(more.clone())).contains(&Effect::Bell), "{hide}");
        assert!(!drawn(&model, (80, 24)).contains("nº 40"));
        more.pop();
        update(&mut model, tag(more));
        let rows = vec![row(Cancelled, Role::Cashier, "desistiu")];
        assert!(update(&mut model, Msg::Left { id: id(40), rows: Ok(rows) }).contains(&Effect::Bell), "{hide}");
    }
    // What is made elsewhere is no news for a station.
    let mut model = at_station("bebidas", busy());
    let mut more = busy();
    more.push(entry(40, Paid, 0));
    more.last_mut().expect("an order").items = vec![item(1, 1, "X-Tudo", None)];
    assert!(!update(&mut model, tag(more)).contains(&Effect::Bell));
    assert_eq!(model.hidden().count(), 0, "nor is it hidden");
}

#[test]
fn a_cancelled_card_among_others_is_two_lines_with_its_whole_mark() {
    let mut model = board(busy());
    let mut entries = busy();
    entries[5].number = 12345;
    update(&mut model, tag(entries.clone()));
    entries.remove(5);
    update(&mut model, tag(entries));
    update(&mut model, Msg::Left { id: id(36), rows: Ok(vec![row(Cancelled, Role::Cashier, "cliente desistiu")]) });
    let screen = drawn(&model, (80, 24));
    let lines: Vec<&str> = screen.lines().skip_while(|line| !line.contains("12345")).collect();
    assert!(lines[0].contains("nº 12345  CANCELADO "), "{screen}");
    assert!(lines[1].contains("caixa: cliente desistiu"), "{screen}");
    assert!(lines[2].get(..20).is_some_and(|line| line.trim().is_empty()), "{screen}");
    type_in(&mut model, "12345");
    assert!(drawn(&model, (80, 24)).contains("por caixa às 12:30:00:"), "all of it when it is selected");
}
