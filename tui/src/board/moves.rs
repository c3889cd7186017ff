//! What a key may do to an order, read from the domain's table and from nowhere else.

use domain::order::{Actor, Rule, StepKind, TABLE};
use domain::{OrderStatus, Role};

/// The columns of the board, from the left.
pub const COLUMNS: [OrderStatus; 3] = [OrderStatus::Paid, OrderStatus::Preparing, OrderStatus::ReadyForPickup];

/// The column that shows a status.
pub fn column_of(status: OrderStatus) -> Option<usize> {
    COLUMNS.iter().position(|shown| *shown == status)
}

/// The place of a status in the kitchen's queue.
pub(crate) fn queue_place(status: OrderStatus) -> usize {
    status.queue_rank().unwrap_or(usize::MAX)
}

fn rule(from: OrderStatus, role: Role, wanted: impl Fn(&Rule) -> bool) -> Option<OrderStatus> {
    let allowed = |rule: &&Rule| rule.from == from && rule.by.contains(&Actor::Person(role)) && wanted(rule);
    TABLE.iter().find(allowed).map(|rule| rule.to)
}

/// One step forward.
pub fn bump(from: OrderStatus, role: Role) -> Option<OrderStatus> {
    column_of(from)?;
    rule(from, role, |rule| rule.kind == StepKind::Step && !rule.reason)
}

/// One step back. Whether it is still soon enough, the service knows.
pub fn recall(from: OrderStatus, role: Role) -> Option<OrderStatus> {
    rule(from, role, |rule| rule.kind == StepKind::Recall)
}

/// Whether it can be cancelled with a reason.
pub fn can_cancel(from: OrderStatus, role: Role) -> bool {
    column_of(from).is_some() && rule(from, role, |rule| rule.to == OrderStatus::Cancelled && rule.reason).is_some()
}

/// Whether its items can be struck: the strike itself may start it and finish it.
pub fn can_strike(from: OrderStatus, role: Role) -> bool {
    is_open(from) && bump(from, role).is_some()
}

/// Whether the kitchen has still to make it.
pub fn is_open(status: OrderStatus) -> bool {
    matches!(status, OrderStatus::Paid | OrderStatus::Preparing)
}
