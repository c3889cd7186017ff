//! What the keys do to orders.

use api::client::Aside;
use std::time::Duration;

use api::OrderNow;
use api::order::TrackingActor;
use crossterm::event::KeyCode::{Backspace, Char, Down, Enter, Esc};
use crossterm::event::{KeyEvent, KeyModifiers};
use domain::OrderStatus::{self, Cancelled, Delivered, Paid, Preparing, ReadyForPickup};
use domain::Role;
use tui::Failure;
use tui::board::msg::{Change, What};
use tui::board::{Effect, Model, Msg, update};

use crate::fixtures::*;

fn moved(number: u32, to: OrderStatus, reason: Option<&str>) -> Effect {
    let what = What::Move { to, reason: reason.map(str::to_owned), version: 3 };
    Effect::Change(Change { id: id(number), number, what })
}

/// Answers the one change among these effects.
pub(crate) fn answer(model: &mut Model, effects: &[Effect], answer: Result<OrderStatus, Failure>) -> Vec<Effect> {
    let [Effect::Change(change)] = effects else { panic!("no single change in {effects:?}") };
    let order = answer.map(|status| {
        let mut entry = entry(change.number, status, 1);
        entry.version = 4;
        order(entry)
    });
    update(model, Msg::Changed(change.clone(), order))
}

#[test]
fn enter_and_space_bump_in_one_stroke_and_the_selection_follows() {
    for key in [Enter, Char(' ')] {
        let mut model = board(busy());
        let effects = press(&mut model, key);
        assert_eq!(effects, [moved(33, Preparing, None)]);
        assert_eq!(answer(&mut model, &effects, Ok(Preparing)), [Effect::Fetch { etag: Some("\"1\"".into()) }]);
        assert_eq!(selected(&model), Some(33));
        assert_eq!(model.place.column, 1);
        assert_eq!(notice(&model), "nº 33: em preparo");
    }
}

#[test]
fn a_second_stroke_waits_for_the_first() {
    let mut model = board(busy());
    press(&mut model, Enter);
    assert_eq!(press(&mut model, Enter), []);
    assert!(notice(&model).contains("ainda está sendo enviado"));
    press(&mut model, Down);
    assert_eq!(press(&mut model, Enter), [moved(36, Preparing, None)], "another order need not wait");
}

#[test]
fn a_delivered_order_stays_selected_and_comes_back() {
    let mut model = board(busy());
    type_in(&mut model, "31");
    let effects = press(&mut model, Enter);
    assert_eq!(effects, [moved(31, Delivered, None)]);
    answer(&mut model, &effects, Ok(Delivered));
    assert_eq!(notice(&model), "nº 31 entregue · Backspace traz de volta");
    assert_eq!(press(&mut model, Enter), [], "a second Enter does not deliver the next order");
    assert!(notice(&model).contains("nº 31 já saiu"));
    let effects = press(&mut model, Backspace);
    assert!(matches!(
        &effects[..],
        [Effect::Change(Change { number: 31, what: What::Move { to: ReadyForPickup, version: 4, .. }, .. })]
    ));
    answer(&mut model, &effects, Ok(ReadyForPickup));
    assert_eq!(selected(&model), Some(31));
}

#[test]
fn backspace_takes_one_step_back() {
    let mut model = board(busy());
    type_in(&mut model, "35");
    assert_eq!(press(&mut model, Backspace), [moved(35, Paid, None)]);
    type_in(&mut model, "39");
    assert_eq!(press(&mut model, Backspace), []);
    assert!(notice(&model).contains("não tem passo para voltar"));
}

#[test]
fn x_strikes_the_next_item_that_is_open() {
    let mut model = board(busy());
    type_in(&mut model, "35");
    let effects = press(&mut model, Char('x'));
    let strike = What::Strike { line: 2, struck: true };
    assert_eq!(effects, [Effect::Change(Change { id: id(35), number: 35, what: strike })]);
    answer(&mut model, &effects, Ok(ReadyForPickup));
    assert_eq!(model.place.column, 2, "the last strike moved it, and the selection followed");
}

#[test]
fn the_detail_strikes_the_chosen_item_and_takes_strikes_back() {
    let mut model = board(busy());
    type_in(&mut model, "35");
    press(&mut model, Char('d'));
    press(&mut model, crossterm::event::KeyCode::Up);
    let unstrike = What::Strike { line: 1, struck: false };
    assert_eq!(press(&mut model, Char('x')), [Effect::Change(Change { id: id(35), number: 35, what: unstrike })]);
}

#[test]
fn p_pulls_to_the_front_after_three_seconds() {
    let mut model = board(busy());
    type_in(&mut model, "36");
    assert_eq!(press(&mut model, Char('p')), []);
    assert_eq!(notice(&model), "nº 36: na frente em 3 s · u desfaz");
    assert!(drawn(&model, (80, 24)).contains("★ 3 s"));
    assert!(sent(&later(&mut model, Duration::from_millis(2999))).is_empty());
    let first = Change { id: id(36), number: 36, what: What::Prioritise(true) };
    assert_eq!(sent(&later(&mut model, Duration::from_millis(1))), [first]);
    assert!(sent(&later(&mut model, Duration::from_secs(9))).is_empty(), "once");

    let mut model = board(busy());
    assert_eq!(selected(&model), Some(33), "which is in front");
    press(&mut model, Char('p'));
    let back = Change { id: id(33), number: 33, what: What::Prioritise(false) };
    assert_eq!(sent(&later(&mut model, Duration::from_secs(3))), [back]);
}

#[test]
fn a_place_in_front_can_be_thought_better_of() {
    for key in [Char('p'), Char('u')] {
        let mut model = board(busy());
        type_in(&mut model, "36");
        press(&mut model, Char('p'));
        later(&mut model, Duration::from_secs(2));
        press(&mut model, key);
        assert_eq!(notice(&model), "nº 36 fica onde está");
        assert!(sent(&later(&mut model, Duration::from_secs(5))).is_empty());
    }
}

#[test]
fn what_waits_is_sent_before_the_end_and_refused_without_a_connection() {
    let mut model = board(busy());
    press(&mut model, Char('p'));
    press(&mut model, Char('q'));
    let effects = press(&mut model, Char('q'));
    assert_eq!((sent(&effects).len(), effects.last()), (1, Some(&Effect::Quit)));

    let mut model = board(busy());
    press(&mut model, Char('p'));
    update(&mut model, Msg::Queue(Err(Failure::Unauthenticated), Aside::default()));
    assert!(sent(&later(&mut model, Duration::from_secs(3))).is_empty());
    assert!(notice(&model).contains("Não enviado"));
}

#[test]
fn a_cancellation_takes_a_reason_and_a_second_key() {
    let mut model = board(busy());
    assert_eq!(press(&mut model, Char('c')), []);
    assert_eq!(press(&mut model, Char('2')), []);
    assert_eq!(press(&mut model, Char('s')), [moved(33, Cancelled, Some("Cliente desistiu"))]);

    // The key that moves orders on may be leaned on: it neither chooses a reason nor gives money back.
    let mut model = board(busy());
    press(&mut model, Char('c'));
    assert_eq!(press(&mut model, Enter), []);
    assert!(drawn(&model, (80, 24)).contains("Pedido repetido"), "it still asks why");
    press(&mut model, Down);
    press(&mut model, Enter);
    assert!(drawn(&model, (80, 24)).contains("só S cancela"));
    for key in [Enter, Char(' '), Char('3')] {
        assert_eq!(press(&mut model, key), [], "{key:?}");
    }
    assert_eq!(press(&mut model, Char('S')), [moved(33, Cancelled, Some("Falta ingrediente"))]);

    let mut model = board(busy());
    press(&mut model, Char('c'));
    type_in(&mut model, "acabou o gás 2");
    assert_eq!(press(&mut model, Enter), []);
    assert_eq!(press(&mut model, Char('y')), [moved(33, Cancelled, Some("acabou o gás 2"))]);
}

#[test]
fn a_cancellation_can_be_given_up_at_each_step() {
    let mut model = board(busy());
    press(&mut model, Char('c'));
    press(&mut model, Esc);
    assert_eq!(model.mode, tui::board::model::Mode::Board);
    press(&mut model, Char('c'));
    press(&mut model, Char('1'));
    press(&mut model, Char('n'));
    press(&mut model, Esc);
    assert_eq!(model.mode, tui::board::model::Mode::Board);
    assert!(model.pending.is_empty());
}

#[test]
fn a_ready_order_is_not_cancelled_by_the_kitchen_but_by_the_owner() {
    let mut model = board(busy());
    type_in(&mut model, "31");
    press(&mut model, Char('c'));
    assert_eq!(notice(&model), "O nº 31 já está pronto; só o caixa cancela.");
    model.settings.role = Role::Admin;
    press(&mut model, Char('c'));
    press(&mut model, Char('1'));
    assert_eq!(press(&mut model, Char('s')), [moved(31, Cancelled, Some("Falta ingrediente"))]);
}

#[test]
fn a_readonly_board_changes_nothing() {
    let mut model = board(busy());
    model.settings.readonly = true;
    for key in [Enter, Char(' '), Backspace, Char('x'), Char('p'), Char('c')] {
        assert_eq!(press(&mut model, key), [], "{key:?}");
        assert!(notice(&model).contains("só para leitura"));
    }
}

#[test]
fn a_conflict_shows_who_was_faster_and_reads_again() {
    let mut model = board(busy());
    let effects = press(&mut model, Enter);
    let now = OrderNow {
        status: Preparing,
        version: 4,
        since: noon(),
        actor: TrackingActor::new(Role::Kitchen, "chapa\u{1b}[2J"),
    };
    let effects = answer(&mut model, &effects, Err(Failure::Conflict("desatualizada".into(), Some(Box::new(now)))));
    assert_eq!(effects, [Effect::Fetch { etag: Some("\"1\"".into()) }]);
    assert_eq!(
        notice(&model),
        "O nº 33 já mudou: em preparo, por cozinha (chapa␛[2J) às 12:30:00. Nada foi alterado por este painel."
    );

    // A device has a name by which a cook knows it.
    let mut model = board(busy());
    let effects = press(&mut model, Enter);
    let actor =
        TrackingActor { name: Some("Tablet da chapa".into()), ..TrackingActor::new(Role::Kitchen, "cli:kitchen") };
    let now = OrderNow { status: Preparing, version: 5, since: noon(), actor };
    answer(&mut model, &effects, Err(Failure::Conflict("desatualizada".into(), Some(Box::new(now)))));
    assert!(notice(&model).contains("por cozinha (Tablet da chapa) às 12:30:00"), "{}", notice(&model));
}

/// The payment's record of a cash order changes its version a moment after it came to the kitchen.
#[test]
fn a_key_holds_where_only_the_version_changed_and_is_sent_again_once() {
    let mut model = board(busy());
    let first = press(&mut model, Enter);
    let [Effect::Change(change)] = &first[..] else { panic!("{first:?}") };
    let What::Move { to, version, .. } = change.what else { panic!("{change:?}") };
    let now = |version| {
        let actor = TrackingActor::new(Role::Service, "payment");
        let now = OrderNow { status: Paid, version, since: noon(), actor };
        Err(Failure::Conflict("desatualizada".into(), Some(Box::new(now))))
    };
    let again = answer(&mut model, &first, now(version + 1));
    let what = What::Move { to, reason: None, version: version + 1 };
    let fetch = Effect::Fetch { etag: Some("\"1\"".into()) };
    assert_eq!(again, [fetch, Effect::Change(Change { what, ..change.clone() })]);
    assert!(model.notice.is_none());
    // The order stays on its way: another key has to wait.
    assert_eq!(press(&mut model, Enter), []);
    answer(&mut model, &again[1..], now(version + 2));
    assert!(notice(&model).starts_with("O nº 33 já mudou: recebido"), "{}", notice(&model));
    later(&mut model, Duration::from_secs(1));
    assert_eq!(press(&mut model, Enter).len(), 1);
}

#[test]
fn refusals_say_why() {
    for (failure, text) in [
        (Failure::Unauthenticated, "token venceu"),
        (Failure::Forbidden, "não é permitida"),
        (Failure::Refused("o motivo".into()), "recusado: o motivo"),
        (Failure::Conflict("o motivo".into(), None), "recusado: o motivo"),
        (Failure::Unreachable("http://x".into()), "confira o cartão. o serviço de pedidos não responde em http://x"),
        (Failure::Broken(503), "não confirmado"),
    ] {
        let mut model = board(busy());
        let effects = press(&mut model, Enter);
        answer(&mut model, &effects, Err(failure));
        assert!(notice(&model).contains(text), "{}", notice(&model));
        assert!(model.pending.is_empty());
    }
}

#[test]
fn a_queue_read_before_the_change_does_not_take_it_back() {
    let mut model = board(busy());
    let effects = press(&mut model, Enter);
    answer(&mut model, &effects, Ok(Preparing));
    update(&mut model, tag(busy()));
    assert_eq!(model.card(id(33)).map(|card| card.status), Some(Preparing));

    type_in(&mut model, "31");
    let effects = press(&mut model, Enter);
    answer(&mut model, &effects, Ok(Delivered));
    update(&mut model, tag(busy()));
    assert_eq!(model.card(id(31)), None);
}

#[test]
fn the_bell_rings_for_orders_that_come_later() {
    let mut model = board(busy());
    let mut more = busy();
    more.push(entry(40, Paid, 0));
    later(&mut model, Duration::from_secs(1));
    assert!(update(&mut model, tag(more.clone())).contains(&Effect::Bell));
    assert!(!update(&mut model, tag(more)).contains(&Effect::Bell));
}

#[test]
fn q_ends_it_in_a_moment_unless_another_key_comes_between_and_ctrl_c_at_once() {
    let mut model = board(busy());
    assert_eq!(press(&mut model, Char('q')), []);
    assert_eq!(notice(&model), "saindo… Esc fica · q de novo sai já");
    assert!(!later(&mut model, Duration::from_secs(1)).contains(&Effect::Quit));
    assert_eq!(later(&mut model, Duration::from_secs(1)), [Effect::Quit]);

    let mut model = board(busy());
    press(&mut model, Char('q'));
    assert_eq!(press(&mut model, Char('q')), [Effect::Quit], "pressed again, at once");

    let mut model = board(busy());
    press(&mut model, Char('q'));
    press(&mut model, Esc);
    assert!(!later(&mut model, Duration::from_secs(5)).contains(&Effect::Quit));
    press(&mut model, Char('/'));
    press(&mut model, Char('q'));
    assert_eq!(model.query, "q");
    let ctrl_c = KeyEvent::new(Char('c'), KeyModifiers::CONTROL);
    assert_eq!(update(&mut model, Msg::Key(ctrl_c)), [Effect::Quit]);
}
