//! The keys offer what the domain allows, no more and no less.

use std::time::Duration;

use crossterm::event::KeyCode;
use domain::order::{Actor, Decision, Position, StepKind, TABLE, decide};
use domain::{OrderStatus, Role};
use tui::board::keys::{Action, KeyMap, name};
use tui::board::moves;
use tui::texts::Texts;

use crate::fixtures::*;

/// What the domain says to a move out of a status, whatever came before it.
fn verdicts(from: OrderStatus, to: OrderStatus, role: Role, reason: bool) -> Vec<Decision> {
    let previous = OrderStatus::ALL.map(Some).into_iter().chain([None]);
    let at = |previous| Position { status: from, previous, since: noon(), recalled: false };
    let soon = noon().plus(Duration::from_secs(1));
    previous.filter_map(|before| decide(&at(before), to, Actor::Person(role), reason, soon).ok()).collect()
}

#[test]
fn every_key_agrees_with_the_state_machine() {
    for role in Role::ALL {
        for from in OrderStatus::ALL {
            if let Some(to) = moves::bump(from, role) {
                assert!(verdicts(from, to, role, false).contains(&Decision::Go(StepKind::Step)), "{from} → {to}");
            }
            if let Some(to) = moves::recall(from, role) {
                assert!(verdicts(from, to, role, false).contains(&Decision::Go(StepKind::Recall)), "{from} → {to}");
            }
            let on_board = moves::column_of(from).is_some();
            let cancels = !verdicts(from, OrderStatus::Cancelled, role, true).is_empty();
            let repeats = matches!(from, OrderStatus::Cancelled | OrderStatus::Refunded);
            assert_eq!(moves::can_cancel(from, role), cancels && on_board && !repeats, "{role} cancels {from}");
        }
    }
}

#[test]
fn a_cook_can_reach_every_step_of_the_kitchen() {
    let cook = Actor::Person(Role::Kitchen);
    for rule in TABLE.iter().filter(|rule| rule.by.contains(&cook) && moves::column_of(rule.from).is_some()) {
        let has_key = moves::bump(rule.from, Role::Kitchen) == Some(rule.to)
            || moves::recall(rule.from, Role::Kitchen) == Some(rule.to)
            || (rule.to == OrderStatus::Cancelled && moves::can_cancel(rule.from, Role::Kitchen));
        // Deliveries by courier and refusals by the house are made from the command line.
        let elsewhere = matches!(rule.to, OrderStatus::OutForDelivery | OrderStatus::Rejected);
        assert_eq!(has_key, !elsewhere, "{} → {}", rule.from, rule.to);
    }
}

#[test]
fn no_key_means_two_things_and_none_is_a_digit() {
    let keys: Vec<KeyCode> = KeyMap::default().0.into_iter().flat_map(|binding| binding.keys).collect();
    for (at, key) in keys.iter().enumerate() {
        assert!(!keys[..at].contains(key), "{} twice", name(*key, Texts::of(api::Lang::Pt)));
        assert!(!matches!(key, KeyCode::Char('0'..='9')));
    }
}

#[test]
fn the_bar_and_the_help_come_from_the_table() {
    let mut model = board(busy());
    let binding = model.keys.0.iter_mut().find(|binding| binding.action == Action::Bump).expect("bump has a key");
    binding.keys = vec![KeyCode::F(5)];
    assert!(drawn(&model, (80, 24)).contains("F5 avança"));
    assert_eq!(press(&mut model, KeyCode::F(5)).len(), 1);
    press(&mut model, KeyCode::Char('?'));
    let help = drawn(&model, (80, 24));
    for binding in &model.keys.0 {
        assert!(help.contains(binding.action.label(&Texts::of(api::Lang::Pt).actions)), "{:?}", binding.action);
    }
}

#[test]
fn keys_are_named_and_faults_too() {
    let wanted = |bump: &'static [&'static str]| {
        move |action: Action| {
            let names = if action == Action::Bump { bump } else { action.default_keys() };
            names.iter().map(|name| (*name).to_owned()).collect()
        }
    };
    let keys = KeyMap::new(wanted(&["F5", "pagedown", "ç"])).expect("good keys");
    for key in [KeyCode::F(5), KeyCode::PageDown, KeyCode::Char('ç')] {
        assert_eq!(keys.action(key), Some(Action::Bump));
    }
    assert_eq!(keys.action(KeyCode::Enter), None);
    let faults = KeyMap::new(wanted(&["7", "entre", "x", "f13"])).expect_err("four faults");
    let texts: Vec<_> = faults.iter().map(|(action, fault)| format!("{}: {fault}", action.name())).collect();
    assert!(texts[0].contains("bump: \"7\" is a digit"), "{texts:?}");
    assert!(texts[1].contains("\"entre\" is no key"), "{texts:?}");
    assert!(texts.iter().any(|text| text == "strike: \"x\" is the key of bump too"), "{texts:?}");
    assert_eq!(texts.len(), 4);
}
