//! The order's state machine: the whole table as one snapshot, and what no sequence of requests can do.
#![allow(clippy::unwrap_used, reason = "a test that meets an error has failed")]

use std::fmt::Write as _;
use std::time::Duration;

use domain::order::{Actor, Decision, Position, RECALL_WINDOW, Refused, StepKind, TABLE, allowed, decide};
use domain::{OrderStatus, Role, Timestamp};
use proptest::prelude::*;

const T0: Timestamp = Timestamp::from_millis(1_790_000_000_000);

/// A position reached by the most ordinary way.
fn at(status: OrderStatus) -> Position {
    let previous = match status {
        OrderStatus::Preparing => Some(OrderStatus::Paid),
        OrderStatus::ReadyForPickup => Some(OrderStatus::Preparing),
        OrderStatus::Delivered => Some(OrderStatus::ReadyForPickup),
        _ => None,
    };
    Position { status, previous, since: T0, recalled: false }
}

fn name(actor: Actor) -> String {
    match actor {
        Actor::Person(role) => role.to_string(),
        other => format!("{other:?}"),
    }
}

#[test]
fn every_pair_and_actor() {
    let mut table = String::new();
    for from in OrderStatus::ALL {
        for to in OrderStatus::ALL {
            let mut words = Vec::new();
            for actor in Actor::ALL {
                match (decide(&at(from), to, actor, true, T0), decide(&at(from), to, actor, false, T0)) {
                    (Ok(Decision::Go(kind)), bare) => {
                        let why = if bare == Err(Refused::ReasonMissing) { " with a reason" } else { "" };
                        let back = if kind == StepKind::Recall { " (recall)" } else { "" };
                        words.push(format!("{}{why}{back}", name(actor)));
                    }
                    (Ok(Decision::Already), _) => words = vec!["already".into()],
                    (Err(_), _) => {}
                }
            }
            if !words.is_empty() {
                writeln!(table, "{from} -> {to}: {}", words.join(", ")).unwrap();
            }
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn a_recall_is_soon_once_and_one_step() {
    let cook = Actor::Person(Role::Kitchen);
    let ready = at(OrderStatus::ReadyForPickup);
    let ask = |p: &Position, now| decide(p, OrderStatus::Preparing, cook, false, now);
    assert_eq!(ask(&ready, T0.plus(RECALL_WINDOW)), Ok(Decision::Go(StepKind::Recall)));
    let late = T0.plus(RECALL_WINDOW + Duration::from_millis(1));
    assert!(
        matches!(ask(&ready, late), Err(Refused::Illegal { allowed }) if !allowed.contains(&OrderStatus::Preparing))
    );
    assert!(ask(&Position { recalled: true, ..ready }, T0).is_err());
    let via_courier = Position { previous: Some(OrderStatus::OutForDelivery), ..at(OrderStatus::Delivered) };
    assert!(decide(&via_courier, OrderStatus::ReadyForPickup, cook, false, T0).is_err());
}

#[test]
fn refusals_say_what_is_open_to_this_caller() {
    let customer = Actor::Person(Role::Customer);
    let requested = at(OrderStatus::Requested);
    assert_eq!(
        decide(&requested, OrderStatus::Delivered, customer, false, T0),
        Err(Refused::Illegal { allowed: vec![OrderStatus::Cancelled] })
    );
    assert_eq!(decide(&requested, OrderStatus::Paid, customer, false, T0), Err(Refused::NotForRole));
}

proptest! {
    /// Walks any sequence of requests; the order is never prepared unpaid and never leaves its end.
    #[test]
    fn nothing_is_cooked_unpaid_and_refunded_is_the_end(
        requests in prop::collection::vec((0usize..9, 0usize..9, any::<bool>(), 0u64..700), 0..60)
    ) {
        let mut here = at(OrderStatus::Requested);
        let mut now = T0;
        let mut paid = false;
        for (to, actor, reason, seconds) in requests {
            now = now.plus(Duration::from_secs(seconds));
            let (to, actor) = (OrderStatus::ALL[to], Actor::ALL[actor]);
            let open = allowed(&here, actor, now);
            match decide(&here, to, actor, reason, now) {
                Ok(Decision::Go(kind)) => {
                    prop_assert!(open.contains(&to));
                    prop_assert_ne!(here.status, OrderStatus::Refunded);
                    paid |= to == OrderStatus::Paid;
                    prop_assert!(paid || !to.is_paid_or_later());
                    here = Position { status: to, previous: Some(here.status), since: now, recalled: kind == StepKind::Recall };
                }
                Ok(Decision::Already) => {}
                Err(Refused::Illegal { allowed }) => prop_assert_eq!(allowed, open),
                Err(Refused::NotForRole | Refused::ReasonMissing) => {}
            }
        }
    }
}

#[test]
fn the_table_names_no_pair_twice() {
    for (n, rule) in TABLE.iter().enumerate() {
        let twin = TABLE[n + 1..].iter().any(|other| (other.from, other.to) == (rule.from, rule.to));
        assert!(!twin, "{} -> {}", rule.from, rule.to);
    }
}
