//! What a station sees, and what its keys touch.

use std::time::Duration;

use crossterm::event::KeyCode::{Backspace, Char, Enter};
use domain::OrderStatus::{Paid, Preparing, ReadyForPickup};
use tui::board::lens::Lens;
use tui::board::msg::What;
use tui::board::update;

use crate::fixtures::*;

fn strike(line: u32, struck: bool) -> What {
    What::Strike { line, struck }
}

#[test]
fn a_station_shows_its_items_and_strikes_only_them() {
    let mut model = at_station("bebidas", busy());
    assert_eq!(selected(&model), Some(33));
    let screen = drawn(&model, (80, 24));
    assert!(screen.contains("Suco de laranja") && !screen.contains("X-Burger"), "{screen}");
    assert!(screen.contains("▸ bebidas"));
    assert_eq!(sent(&press(&mut model, Enter))[0].what, strike(2, true));
    assert!(model.cards.iter().any(|card| card.number == 37), "which has nothing for this station");
    assert!(!screen.contains("nº 37"));
}

#[test]
fn several_items_are_struck_in_one_stroke() {
    let mut order = entry(5, Paid, 1);
    order.items = vec![item(1, 1, "X-Tudo", None), item(2, 1, "Suco", None), item(3, 2, "X-Salada", None)];
    let mut model = at_station("chapa", vec![order]);
    let both = What::Series(vec![strike(1, true), strike(3, true)]);
    assert_eq!(sent(&press(&mut model, Enter))[0].what, both);
}

#[test]
fn what_is_done_here_waits_for_the_others_and_says_for_whom() {
    let mut order = entry(5, Preparing, 1);
    order.items[0].struck_at = Some(noon());
    let mut model = at_station("chapa", vec![order.clone()]);
    assert_eq!(model.column(2).len(), 1, "done here");
    assert!(drawn(&model, (120, 40)).contains("pronto aqui · falta: bebidas 1"));
    assert_eq!(press(&mut model, Enter), []);
    assert_eq!(notice(&model), "nº 5: aqui está pronto; falta: bebidas 1");

    let expediter = board_with(with_stations(), vec![order]);
    assert_eq!(expediter.column(1).len(), 1, "not done for who sees everything");
    assert!(drawn(&expediter, (120, 40)).contains("falta: bebidas 1"));
}

#[test]
fn a_recall_at_a_station_leaves_the_strikes_of_others() {
    let mut order = entry(5, ReadyForPickup, 1);
    for item in &mut order.items {
        item.struck_at = Some(noon());
    }
    let mut model = at_station("chapa", vec![order]);
    let recall = What::Move { to: Preparing, reason: None, version: 3 };
    assert_eq!(sent(&press(&mut model, Backspace))[0].what, What::Series(vec![recall, strike(2, true)]));

    let mut order = entry(6, Preparing, 1);
    order.items[1].struck_at = Some(noon());
    let mut model = at_station("chapa", vec![order]);
    assert_eq!(press(&mut model, Backspace), []);
    assert!(notice(&model).contains("já foi começado por outra estação"));
}

#[test]
fn the_counter_delivers_and_not_a_station() {
    let mut model = at_station("chapa", vec![entry(5, ReadyForPickup, 1)]);
    assert_eq!(press(&mut model, Enter), []);
    assert!(notice(&model).contains("quem entrega é o balcão"));
}

#[test]
fn the_filter_goes_through_stations_and_categories() {
    let mut model = board_with(with_stations(), busy());
    press(&mut model, Char('f'));
    let screen = drawn(&model, (80, 24));
    for name in ["1 tudo ●", "2 estação chapa", "3 estação bebidas", "4 Sanduíches", "5 Bebidas"] {
        assert!(screen.contains(name), "{name}: {screen}");
    }
    press(&mut model, Char('j'));
    press(&mut model, Enter);
    assert_eq!(model.lens, Lens::Station("chapa".to_owned()));
    press(&mut model, Char('f'));
    press(&mut model, Char('5'));
    assert_eq!(model.lens_name().as_deref(), Some("Bebidas"));
    assert!(model.to_make().iter().all(|(name, _)| name.contains("Suco") || name.contains("Água")));
}

#[test]
fn an_item_of_an_unknown_category_is_hidden_from_nobody() {
    let mut order = entry(5, Paid, 1);
    order.items = vec![item(1, 1, "Novidade", None)];
    order.items[0].category_id = domain::CategoryId::new();
    let mut model = at_station("bebidas", busy());
    let mut entries = busy();
    entries.push(order);
    update(&mut model, tag(entries));
    assert!(model.column(0).iter().any(|card| card.number == 5));
    let asked = later(&mut model, Duration::from_secs(61));
    assert!(asked.contains(&tui::board::Effect::Categories), "{asked:?}");
}

#[test]
fn a_station_with_a_category_that_is_not_on_the_menu_says_so() {
    let mut settings = with_stations();
    settings.stations[0].categories.push("Sopas".to_owned());
    let model = board_with(settings, busy());
    assert_eq!(notice(&model), "A estação chapa fala de “Sopas”, que não está no cardápio.");
}

/// Nothing else was asked of the order: it stands with what is ready only because of the filter.
#[test]
fn a_category_filter_says_what_an_order_in_ready_still_lacks_and_what_enter_does() {
    let mut order = entry(5, Preparing, 1);
    order.items[1].struck_at = Some(noon());
    let mut model = board(vec![order, entry(6, Paid, 1)]);
    assert!(drawn(&model, (120, 40)).contains("Enter avança"));
    press(&mut model, Char('f'));
    press(&mut model, Char('3'));
    assert_eq!(model.lens_name().as_deref(), Some("Bebidas"));
    let screen = drawn(&model, (120, 40));
    assert!(screen.contains("pronto aqui · falta: Sanduíches 2"), "{screen}");
    assert!(screen.contains("Enter tudo feito") && !screen.contains("avança"), "{screen}");
}

#[test]
fn what_no_station_makes_has_a_station_of_its_own() {
    let mut settings = with_stations();
    settings.stations.retain(|station| station.name == "chapa");
    settings.station = Some("outros".to_owned());
    let mut model = board_with(settings.clone(), busy());
    let screen = drawn(&model, (80, 24));
    assert!(screen.contains("▸ outros") && screen.contains("Suco") && !screen.contains("X-Burger"), "{screen}");
    press(&mut model, Char('f'));
    assert!(drawn(&model, (80, 24)).contains("estação outros ●"));

    // Whoever sees everything is told, at the start and in the help.
    settings.station = None;
    let mut model = board_with(settings, busy());
    let text = "Sem estação: Bebidas. Só aparecem na tela que vê tudo e em board --station outros.";
    assert_eq!(notice(&model), text);
    press(&mut model, Char('?'));
    assert!(drawn(&model, (120, 40)).contains("Sem estação: Bebidas."));
    update(&mut model, tui::board::Msg::Categories(Ok(menu())));
    later(&mut model, Duration::from_secs(9));
    update(&mut model, tui::board::Msg::Categories(Ok(menu())));
    assert_eq!(notice(&model), "", "said once");
}
