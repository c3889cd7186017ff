//! Every screen as it is seen, without colours.

use api::client::Aside;
use std::time::Duration;

use api::order::{TrackingActor, TrackingRow};
use crossterm::event::KeyCode::{Char, Enter};
use domain::OrderStatus::{Cancelled, Paid, Preparing};
use domain::Role;
use domain::order::StepKind;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::{Color, Style};
use tui::Failure;
use tui::board::{Model, Msg, update, view};

use crate::fixtures::*;

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 50)];

fn snapshots(name: &str, model: &Model) {
    for (columns, rows) in SIZES {
        insta::assert_snapshot!(format!("{name}_{columns}x{rows}"), drawn(model, (columns, rows)));
        let mut colourful = model.clone();
        colourful.settings.look = tui::Look::Dark;
        insta::assert_snapshot!(format!("{name}_{columns}x{rows}_colour"), styles(&colourful, (columns, rows)));
    }
}

/// Every piece of a screen that has a style: `row:column text  style`.
fn styles(model: &Model, (columns, rows): (u16, u16)) -> String {
    let Ok(mut terminal) = Terminal::new(TestBackend::new(columns, rows));
    let Ok(frame) = terminal.draw(|frame| view::draw(model, frame));
    let mut out = String::new();
    for y in 0..rows {
        let mut x = 0;
        while x < columns {
            let style = frame.buffer[(x, y)].style();
            let end = (x..columns).find(|x| frame.buffer[(*x, y)].style() != style).unwrap_or(columns);
            let text: String = (x..end).map(|x| frame.buffer[(x, y)].symbol()).collect();
            if !text.trim().is_empty() && style != Style::reset().underline_color(Color::Reset) {
                let (fg, bg) = (style.fg.unwrap_or(Color::Reset), style.bg.unwrap_or(Color::Reset));
                out.push_str(&format!("{y}:{x} {}  {fg} on {bg} {:?}\n", text.trim(), style.add_modifier));
            }
            x = end;
        }
    }
    out
}

#[test]
fn the_light_theme_has_neither_yellow_nor_cyan_letters() {
    let mut model = board(busy());
    model.settings.look = tui::Look::Light;
    for key in ['?', 'a', 'c'] {
        let screen = styles(&model, (120, 40));
        assert!(!screen.contains("Yellow on Reset") && !screen.contains("Cyan on"), "{screen}");
        press(&mut model, Char('q'));
        press(&mut model, Char(key));
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
    update(&mut model, Msg::Queue(Err(Failure::Unreachable("http://127.0.0.1:8001".into())), Aside::default()));
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
    model.aside.live = Some(false);
    model.settings.lang = api::Lang::En;
    insta::assert_snapshot!("readonly_80x24", drawn(&model, (80, 24)));
}

#[test]
fn shift_filter_and_station() {
    let mut model = board_with(with_stations(), busy());
    press(&mut model, Char('s'));
    snapshots("shift", &model);
    press(&mut model, Char('s'));
    press(&mut model, Char('f'));
    snapshots("filter", &model);
    snapshots("station", &at_station("bebidas", busy()));
    snapshots("expediter", &board_with(with_stations(), busy()));
}

#[test]
fn cancelled_and_new() {
    let mut model = board(busy());
    let mut entries = busy();
    entries.retain(|entry| entry.number != 36);
    entries.push(entry(40, Paid, 0));
    update(&mut model, tag(entries));
    later(&mut model, Duration::from_millis(200));
    let row = TrackingRow {
        status: Cancelled,
        at: noon(),
        actor: TrackingActor::new(Role::Cashier, "caixa"),
        reason: Some("cliente desistiu".to_owned()),
        kind: StepKind::Step,
    };
    update(&mut model, Msg::Left { id: id(36), rows: Ok(vec![row]) });
    snapshots("news", &model);
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
fn the_help_scrolls_where_it_does_not_fit() {
    let mut model = board(busy());
    update(&mut model, Msg::Resize(80, 14));
    press(&mut model, Char('?'));
    let screen = drawn(&model, (80, 14));
    assert!(screen.contains('▼') && !screen.contains("outra tecla fecha"), "{screen}");
    press(&mut model, Char('G'));
    let screen = drawn(&model, (80, 14));
    assert!(screen.contains('▲') && screen.contains("outra tecla fecha"), "{screen}");
    press(&mut model, Char('x'));
    assert_eq!(model.mode, tui::board::model::Mode::Board);
}

#[test]
fn an_empty_column_leaves_its_room_to_the_others() {
    let model = board(vec![entry(1, Paid, 0), entry(2, Paid, 0)]);
    let screen = drawn(&model, (80, 24));
    let wide = screen.lines().nth(1).and_then(|titles| titles.find("─ EM PREPARO")).expect("its title");
    assert!(wide > 2 * 80 / 5, "{screen}");
    assert!(screen.contains("─ PRONTO 0"), "{screen}");
}

#[test]
fn one_order_is_one_order() {
    let mut model = board(busy());
    let mut shift = shift();
    shift.peak_hour.as_mut().expect("a peak").orders = 1;
    update(&mut model, Msg::Shift(Ok(shift)));
    press(&mut model, Char('s'));
    let screen = drawn(&model, (80, 24));
    assert!(screen.contains("Turno de 23/11") && screen.contains("12:00 (1 pedido)"), "{screen}");
}

#[test]
fn a_thousand_orders_are_drawn() {
    let mut model = board((1..=1000).map(|number| entry(number, Paid, 1)).collect());
    press(&mut model, Char('G'));
    assert!(drawn(&model, (80, 24)).contains("nº 1000"));
}
