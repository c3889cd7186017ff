//! The public pick-up screen.

use std::time::Duration;

use api::order::Panel;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui::Failure;
use tui::panel::{Effect, Model, Msg, draw, update};

use crate::fixtures::*;

fn numbers(preparing: &[u32], ready: &[u32]) -> Msg {
    let panel = Panel { preparing: preparing.to_vec(), ready: ready.to_vec() };
    Msg::Numbers(Ok(Some((panel, Some("\"7\"".to_owned())))))
}

fn panel(preparing: &[u32], ready: &[u32]) -> Model {
    let mut model = Model::new(settings(), noon());
    assert_eq!(update(&mut model, Msg::Tick(noon())), [Effect::Fetch { etag: None }]);
    assert_eq!(update(&mut model, numbers(preparing, ready)), [], "no bell for what was there at the start");
    model
}

fn drawn(model: &Model, (columns, rows): (u16, u16)) -> String {
    tui::frame::draw(columns, rows, |frame| draw(model, frame))
}

#[test]
fn a_number_that_becomes_ready_rings_and_flashes_for_a_while() {
    let mut model = panel(&[41, 42], &[40]);
    assert_eq!(update(&mut model, numbers(&[42], &[40, 41])), [Effect::Bell]);
    assert!(model.is_fresh(41) && !model.is_fresh(40));
    assert_eq!(update(&mut model, numbers(&[42], &[40, 41])), []);
    update(&mut model, Msg::Tick(noon().plus(Duration::from_secs(11))));
    assert!(!model.is_fresh(41));
}

#[test]
fn it_says_when_it_is_out_of_date() {
    let mut model = panel(&[41], &[40]);
    update(&mut model, Msg::Tick(noon().plus(Duration::from_secs(3))));
    update(&mut model, Msg::Numbers(Err(Failure::Unreachable("gone".into()))));
    assert!(drawn(&model, (80, 24)).contains("SEM CONEXÃO desde 12:30:00"));
    update(&mut model, Msg::Numbers(Ok(None)));
    assert!(!drawn(&model, (80, 24)).contains("SEM CONEXÃO"));
}

#[test]
fn a_number_that_nobody_takes_leaves_by_itself_and_comes_back_when_it_is_called_again() {
    let mut model = panel(&[41], &[]);
    model.settings.clear_after = Duration::from_secs(60);
    let after = |model: &mut Model, seconds: u64| {
        update(model, Msg::Tick(noon().plus(Duration::from_secs(seconds))));
        update(model, Msg::Numbers(Ok(None)));
    };
    after(&mut model, 10);
    update(&mut model, numbers(&[], &[41]));
    after(&mut model, 69);
    assert_eq!(model.ready(), [41]);
    assert!(drawn(&model, (80, 24)).contains("Retire no balcão: 41"));
    after(&mut model, 70);
    assert_eq!(model.ready(), [] as [u32; 0]);
    assert!(!drawn(&model, (80, 24)).contains("Retire"));
    // The same list again changes nothing; a number that left it and came back is a new call.
    update(&mut model, numbers(&[42], &[41]));
    assert_eq!(model.ready(), [] as [u32; 0]);
    update(&mut model, numbers(&[41, 42], &[]));
    assert_eq!(update(&mut model, numbers(&[42], &[41])), [Effect::Bell]);
    assert_eq!(model.ready(), [41]);

    model.settings.clear_after = Duration::ZERO;
    after(&mut model, 100_000);
    assert_eq!(model.ready(), [41], "zero keeps it");
}

#[test]
fn q_ends_it() {
    let mut model = panel(&[], &[]);
    let key = |code| Msg::Key(KeyEvent::new(code, KeyModifiers::NONE));
    assert_eq!(update(&mut model, key(KeyCode::Char('x'))), []);
    assert_eq!(update(&mut model, key(KeyCode::Char('q'))), [Effect::Quit]);
}

#[test]
fn numbers_are_as_large_as_fits() {
    insta::assert_snapshot!("panel_empty_80x24", drawn(&panel(&[], &[]), (80, 24)));
    insta::assert_snapshot!("panel_80x24", drawn(&panel(&[41, 42, 43], &[39, 40]), (80, 24)));
    insta::assert_snapshot!("panel_200x50", drawn(&panel(&[41, 42, 43, 44], &[39, 40]), (200, 50)));
}

#[test]
fn more_numbers_than_fit_are_counted() {
    let many: Vec<u32> = (1..500).collect();
    let screen = drawn(&panel(&many, &[1]), (40, 12));
    assert!(screen.contains("+4"), "{screen}");
}

#[test]
fn it_draws_at_any_size() {
    let many: Vec<u32> = (95..130).collect();
    for columns in 0..60 {
        for rows in 0..20 {
            let screen = drawn(&panel(&many, &many), (columns, rows));
            assert!(screen.lines().all(|line| tui::text::width(line) <= usize::from(columns)));
        }
    }
}
