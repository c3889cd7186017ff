use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::OrderStatus::{self, *};
use crate::{Role, Timestamp};

/// How long a step can be taken back, counted from the tracking row that it takes back.
pub const RECALL_WINDOW: Duration = Duration::from_secs(10 * 60);

/// Who or what asks for a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Actor {
    /// A person or device with this role.
    Person(Role),
    /// MercadoPago confirmed the money.
    PaymentApproved,
    /// The time to pay ran out.
    Expiry,
    /// The money went back to the customer.
    RefundConfirmed,
}

impl Actor {
    /// Every actor, for tables.
    pub const ALL: [Actor; 9] = [
        Actor::Person(Role::Admin),
        Actor::Person(Role::Cashier),
        Actor::Person(Role::Kitchen),
        Actor::Person(Role::Kiosk),
        Actor::Person(Role::Customer),
        Actor::Person(Role::Service),
        Actor::PaymentApproved,
        Actor::Expiry,
        Actor::RefundConfirmed,
    ];
}

/// Whether a tracking row went forward or took a step back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StepKind {
    /// An ordinary step.
    Step,
    /// One step back, for a mistaken touch.
    Recall,
}

/// One line of the allow-list: everything that is not in [`TABLE`] is refused.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// The status before.
    pub from: OrderStatus,
    /// The status after.
    pub to: OrderStatus,
    /// Who may ask for it.
    pub by: &'static [Actor],
    /// Forward or back.
    pub kind: StepKind,
    /// Whether it must say why.
    pub reason: bool,
}

const ADMIN: Actor = Actor::Person(Role::Admin);
const CASHIER: Actor = Actor::Person(Role::Cashier);
const KITCHEN: Actor = Actor::Person(Role::Kitchen);
const CUSTOMER: Actor = Actor::Person(Role::Customer);

/// What the kitchen does, the owner may do too.
const COOKS: &[Actor] = &[ADMIN, KITCHEN];

const fn step(from: OrderStatus, to: OrderStatus, by: &'static [Actor]) -> Rule {
    Rule { from, to, by, kind: StepKind::Step, reason: false }
}

const fn because(from: OrderStatus, to: OrderStatus, by: &'static [Actor]) -> Rule {
    Rule { from, to, by, kind: StepKind::Step, reason: true }
}

const fn recall(from: OrderStatus, to: OrderStatus) -> Rule {
    Rule { from, to, by: COOKS, kind: StepKind::Recall, reason: false }
}

/// Every legal change of an order.
pub const TABLE: &[Rule] = &[
    step(Requested, Paid, &[ADMIN, CASHIER, Actor::PaymentApproved]),
    step(Requested, Cancelled, &[ADMIN, CASHIER, CUSTOMER, Actor::Expiry]),
    step(Paid, Preparing, COOKS),
    because(Paid, Cancelled, &[ADMIN, CASHIER, KITCHEN]),
    because(Paid, Rejected, COOKS),
    step(Preparing, ReadyForPickup, COOKS),
    because(Preparing, Cancelled, &[ADMIN, CASHIER, KITCHEN]),
    because(Preparing, Rejected, COOKS),
    recall(Preparing, Paid),
    step(ReadyForPickup, Delivered, COOKS),
    step(ReadyForPickup, OutForDelivery, COOKS),
    because(ReadyForPickup, Cancelled, &[ADMIN, CASHIER]),
    recall(ReadyForPickup, Preparing),
    step(OutForDelivery, Delivered, COOKS),
    recall(Delivered, ReadyForPickup),
    step(Cancelled, Refunded, &[Actor::RefundConfirmed]),
    step(Rejected, Refunded, &[Actor::RefundConfirmed]),
];

/// Where an order stands, as far as a decision needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The status now.
    pub status: OrderStatus,
    /// The status before the last step, if there was one.
    pub previous: Option<OrderStatus>,
    /// When the last tracking row was written.
    pub since: Timestamp,
    /// Whether that row was itself a recall.
    pub recalled: bool,
}

impl Position {
    /// A recall takes back exactly the last step, soon enough, and not twice in a row.
    fn can_recall_to(&self, to: OrderStatus, now: Timestamp) -> bool {
        !self.recalled && self.previous == Some(to) && now.since(self.since) <= RECALL_WINDOW
    }

    fn holds(&self, rule: &Rule, now: Timestamp) -> bool {
        rule.from == self.status && (rule.kind == StepKind::Step || self.can_recall_to(rule.to, now))
    }
}

/// What a permitted request leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It holds already; nothing is written.
    Already,
    /// Write this kind of row.
    Go(StepKind),
}

/// Why a request leads to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No such change from here.
    #[error("illegal transition")]
    Illegal {
        /// What this actor may do now.
        allowed: Vec<OrderStatus>,
    },
    /// Legal, but for somebody else.
    #[error("not for this role")]
    NotForRole,
    /// It has to say why.
    #[error("a reason is required")]
    ReasonMissing,
}

/// Decides one request for a change of status.
///
/// # Errors
/// [`Refused`], with the moves that are open to this actor where the change itself is illegal.
pub fn decide(
    at: &Position,
    to: OrderStatus,
    by: Actor,
    has_reason: bool,
    now: Timestamp,
) -> Result<Decision, Refused> {
    let repeated = to == at.status || (at.status == Refunded && matches!(to, Cancelled | Rejected));
    if repeated {
        return Ok(Decision::Already);
    }
    let Some(rule) = TABLE.iter().find(|rule| rule.to == to && at.holds(rule, now)) else {
        return Err(Refused::Illegal { allowed: allowed(at, by, now) });
    };
    if !rule.by.contains(&by) {
        return Err(Refused::NotForRole);
    }
    if rule.reason && !has_reason {
        return Err(Refused::ReasonMissing);
    }
    Ok(Decision::Go(rule.kind))
}

/// What this actor may do now, in the order of [`TABLE`].
pub fn allowed(at: &Position, by: Actor, now: Timestamp) -> Vec<OrderStatus> {
    TABLE.iter().filter(|rule| rule.by.contains(&by) && at.holds(rule, now)).map(|rule| rule.to).collect()
}
