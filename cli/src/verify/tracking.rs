//! Invariant 4, and that nothing is prepared unpaid: the history of an order.

use std::time::Duration;

use api::order::TrackingRow;
use domain::order::{Actor, RECALL_WINDOW, StepKind, TABLE};
use domain::{OrderStatus, Role, Timestamp};
use order::order::Order;

use super::violation::{Kind, Violation};

/// How far the clocks of hosts may be apart, and how long a change may be decided anew with the time it began at.
const SKEW: Duration = Duration::from_secs(5);

/// The first thing that is wrong with the history.
pub(super) fn of_order(order: &Order, found: &mut Vec<Violation>) {
    found.extend(first_fault(order).map(|(kind, detail)| Violation::of(kind, order, detail)));
}

fn first_fault(order: &Order) -> Option<(Kind, String)> {
    let rows = &order.tracking;
    let begins = rows.first().is_some_and(|first| {
        first.status == OrderStatus::Requested && first.kind == StepKind::Step && first.at == order.created_at
    });
    if !begins {
        return Some((Kind::TrackingBeginning, "it does not begin with requested when the order was placed".into()));
    }
    let paid = rows.iter().position(|row| row.status == OrderStatus::Paid);
    let cooked = rows.iter().position(|row| row.status == OrderStatus::Preparing);
    if cooked.is_some_and(|cooked| paid.is_none_or(|paid| paid > cooked)) {
        return Some((Kind::PreparedUnpaid, "preparing before it was paid".into()));
    }
    if let Some(n) = (1..rows.len()).find(|n| !is_legal(rows, *n)) {
        let (before, row) = (rows[n - 1].status, &rows[n]);
        let kind = if row.kind == StepKind::Recall { "recall" } else { "step" };
        return Some((
            Kind::IllegalStep,
            format!("row {}: {kind} from {before} to {} by {}", n + 1, row.status, row.actor.role),
        ));
    }
    if let Some(n) = (1..rows.len()).find(|n| rows[*n].at.plus(SKEW) < rows[n - 1].at) {
        return Some((Kind::TrackingBackwards, format!("row {} at {} after {}", n + 1, rows[n].at, rows[n - 1].at)));
    }
    let last = rows.last().map(|row| row.status);
    if last != Some(order.status) {
        let last = last.map(OrderStatus::as_str).unwrap_or_default();
        return Some((Kind::StatusDiffersFromTracking, format!("{}, but the last row is {last}", order.status)));
    }
    times(order).map(|what| (Kind::TimesDifferFromTracking, what))
}

/// Whether a row follows from the ones before it: the same allow-list by which the service decides.
fn is_legal(rows: &[TrackingRow], n: usize) -> bool {
    let (before, row) = (&rows[n - 1], &rows[n]);
    let rule = TABLE.iter().find(|r| r.from == before.status && r.to == row.status && r.kind == row.kind);
    let Some(rule) = rule else { return false };
    let back = || {
        let same = n >= 2 && rows[n - 2].status == row.status && before.kind == StepKind::Step;
        same && row.at.since(before.at) <= RECALL_WINDOW + SKEW
    };
    let who = match row.actor.role {
        // What no person asked for; where money went back by itself, an order is given up in the owner's name.
        Role::Service => {
            let system = [Actor::PaymentApproved, Actor::Expiry, Actor::RefundConfirmed];
            row.status == OrderStatus::Cancelled || rule.by.iter().any(|actor| system.contains(actor))
        }
        role => rule.by.contains(&Actor::Person(role)),
    };
    who && (rule.kind == StepKind::Step || back())
}

/// Which of the order's times the history contradicts.
fn times(order: &Order) -> Option<String> {
    let (mut paid, mut ready, mut delivered): (Option<Timestamp>, _, _) = (None, None, None);
    for row in &order.tracking {
        match (row.status, row.kind) {
            (OrderStatus::Paid, StepKind::Step) => paid = Some(row.at),
            (OrderStatus::ReadyForPickup, StepKind::Step) => ready = Some(row.at),
            (OrderStatus::Delivered, StepKind::Step) => delivered = Some(row.at),
            (OrderStatus::Preparing, StepKind::Recall) => ready = None,
            (OrderStatus::ReadyForPickup, StepKind::Recall) => delivered = None,
            _ => {}
        }
    }
    let pairs = [
        ("paid_at", order.paid_at, paid),
        ("ready_at", order.ready_at, ready),
        ("delivered_at", order.delivered_at, delivered),
    ];
    let shown = |at: Option<Timestamp>| at.map_or_else(|| "never".to_owned(), |at| at.to_string());
    let odd = pairs.into_iter().find(|(_, says, was)| says != was);
    if let Some((name, says, was)) = odd {
        return Some(format!("{name} is {}, in the history {}", shown(says), shown(was)));
    }
    (order.updated_at < order.created_at)
        .then(|| format!("updated at {}, placed at {}", order.updated_at, order.created_at))
}
