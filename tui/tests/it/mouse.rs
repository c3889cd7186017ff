//! Clicks and the wheel, on the screen that is drawn.

use std::time::Duration;

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use domain::OrderStatus::{Cancelled, Preparing};
use tui::board::model::Mode;
use tui::board::msg::What;
use tui::board::{Effect, Model, Msg, update};

use crate::fixtures::*;

fn mouse(model: &mut Model, kind: MouseEventKind, (column, row): (u16, u16)) -> Vec<Effect> {
    update(model, Msg::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }))
}

/// Where a text begins on the screen.
fn find(model: &Model, text: &str) -> (u16, u16) {
    let screen = drawn(model, model.size);
    let at = screen.lines().enumerate().find_map(|(y, line)| Some((line.find(text)?, y, line.to_owned())));
    let (byte, y, line) = at.unwrap_or_else(|| panic!("{text:?} is not on\n{screen}"));
    (tui::text::width(&line[..byte]) as u16, y as u16)
}

fn click(model: &mut Model, text: &str) -> Vec<Effect> {
    let at = find(model, text);
    mouse(model, MouseEventKind::Down(MouseButton::Left), at)
}

fn sized(columns: u16, rows: u16) -> Model {
    let mut model = board(busy());
    update(&mut model, Msg::Resize(columns, rows));
    model
}

#[test]
fn a_click_selects_and_a_double_click_bumps_at_every_size() {
    for (columns, rows) in [(80, 24), (120, 40), (200, 50)] {
        let mut model = sized(columns, rows);
        assert_eq!(click(&mut model, "nº 35"), []);
        assert_eq!(selected(&model), Some(35));
        later(&mut model, Duration::from_millis(300));
        let to = sent(&click(&mut model, "nº 35"))[0].what.clone();
        assert!(matches!(to, What::Move { to: domain::OrderStatus::ReadyForPickup, .. }), "{to:?}");
    }
}

#[test]
fn a_later_click_on_an_item_of_the_selected_card_strikes_it() {
    let mut model = sized(120, 40);
    click(&mut model, "nº 37");
    later(&mut model, Duration::from_secs(1));
    assert_eq!(sent(&click(&mut model, "Pão de queijo"))[0].what, What::Strike { line: 2, struck: true });
}

#[test]
fn the_bar_and_the_header_act() {
    let mut model = sized(120, 40);
    assert!(matches!(sent(&click(&mut model, "avança"))[0].what, What::Move { to: Preparing, .. }));
    click(&mut model, "ajuda");
    assert!(matches!(model.mode, Mode::Help { .. }));
    click(&mut model, "Cozinha");
    assert_eq!(model.mode, Mode::Board, "any click closes it");
    click(&mut model, "atrasados");
    assert_eq!(selected(&model), Some(35), "the oldest late one");
}

#[test]
fn an_order_is_cancelled_by_three_clicks() {
    let mut model = sized(80, 24);
    click(&mut model, "c cancela");
    click(&mut model, "Pedido errado");
    let what = sent(&click(&mut model, "S cancela o pedido"))[0].what.clone();
    assert!(
        matches!(what, What::Move { to: Cancelled, reason: Some(ref why), .. } if why == "Pedido errado"),
        "{what:?}"
    );
    let mut model = sized(80, 24);
    click(&mut model, "c cancela");
    click(&mut model, "Pedido errado");
    assert_eq!(click(&mut model, "Esc volta"), []);
    mouse(&mut model, MouseEventKind::Down(MouseButton::Left), (0, 20));
    assert_eq!(model.mode, Mode::Board);
}

#[test]
fn the_wheel_moves_in_the_column_under_it() {
    let mut model = sized(80, 24);
    let at = find(&model, "nº 35");
    mouse(&mut model, MouseEventKind::ScrollDown, at);
    assert_eq!(selected(&model), Some(35));
    mouse(&mut model, MouseEventKind::ScrollDown, at);
    assert_eq!(selected(&model), Some(37));
    mouse(&mut model, MouseEventKind::ScrollUp, at);
    assert_eq!(selected(&model), Some(35));
}

#[test]
fn a_click_never_ends_it() {
    let mut model = sized(120, 40);
    for _ in 0..3 {
        assert_eq!(click(&mut model, "q sai"), []);
    }
    assert!(notice(&model).contains("no teclado"));
    press(&mut model, crossterm::event::KeyCode::Char('q'));
    click(&mut model, "nº 35");
    assert!(!later(&mut model, Duration::from_secs(3)).contains(&Effect::Quit), "a click came between");
}

#[test]
fn the_second_row_of_the_bar_acts_too() {
    let mut model = sized(120, 40);
    click(&mut model, "s turno");
    assert_eq!(model.mode, Mode::Shift);
}
