//! An order as one thing that changes as a whole: its lines, its history and its charges. Pure: the time is passed in,
//! and what has to happen elsewhere comes back as data.

mod charge;
mod forget;
mod look;
mod notice;
mod place;
mod step;
mod text;

use api::order::{TrackingActor, TrackingRow};
use domain::order::{Position, StepKind};
use domain::{
    CategoryId, CustomerId, Email, Money, OrderId, OrderStatus, PaymentId, PaymentMethod, ProductId, Timestamp,
};
use serde::{Deserialize, Serialize};
use store::{StoreError, StoreResult};

pub use charge::Charge;
pub use notice::{NoticeFault, Taken};
pub use place::{PlaceFault, Placing, Request};
pub use step::{MAX_ATTEMPTS, NoAttempt, Stepped, StrikeFault, Wish};

/// An order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The id.
    #[serde(alias = "_id")]
    pub id: OrderId,
    /// The business day that its number belongs to, as `2026-11-23`.
    pub day: String,
    /// The pick-up number; 0 until the store has given it one.
    pub number: u32,
    /// Who ordered; none for an anonymous order.
    pub customer_id: Option<CustomerId>,
    /// What the board calls.
    pub pickup_name: Option<String>,
    /// Where MercadoPago sends its receipt.
    #[serde(with = "text::email")]
    pub email: Option<Email>,
    /// Whether it goes first inside its status.
    pub prioritized: bool,
    /// Where it is.
    pub status: OrderStatus,
    /// The total.
    #[serde(with = "text::centavos")]
    pub amount: Money,
    /// The lines, in the order they were placed.
    pub lines: Vec<Line>,
    /// The history, oldest first; never empty.
    pub tracking: Vec<TrackingRow>,
    /// The attempts to pay, oldest first; never empty.
    pub charges: Vec<Charge>,
    /// Which of the charges speaks for the order, counted from 0.
    pub current: usize,
    /// Placed at.
    pub created_at: Timestamp,
    /// Last changed at.
    pub updated_at: Timestamp,
    /// Paid at.
    pub paid_at: Option<Timestamp>,
    /// Ready at.
    pub ready_at: Option<Timestamp>,
    /// Delivered at.
    pub delivered_at: Option<Timestamp>,
    /// How long it can be paid; a charge has a deadline of its own.
    pub pay_by: Timestamp,
    /// When it ends by itself: while it is unpaid and no charge is known that would end it.
    pub ends_at: Option<Timestamp>,
    /// Grows by one with each change.
    pub version: u64,
    /// The request that made it, while a repeat of that is recognised.
    pub request: Option<Request>,
}

/// A line, as it was on the menu when the order was placed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What.
    pub product_id: ProductId,
    /// Its group at that time.
    pub category_id: CategoryId,
    /// Its name at that time.
    pub name: String,
    /// The price of one at that time.
    #[serde(with = "text::centavos")]
    pub price: Money,
    /// How many.
    pub quantity: u32,
    /// How it is wanted.
    pub comment: Option<String>,
    /// When the kitchen struck it out.
    pub struck_at: Option<Timestamp>,
}

/// Something that another service has to do because an order changed. Put into the outbox in the same step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Errand {
    /// Ask for a charge.
    Charge {
        /// Which attempt, from 1.
        attempt: u32,
    },
    /// Close the live charge.
    Cancel {
        /// Only charges up to this attempt.
        attempt: u32,
        /// Why.
        reason: String,
    },
    /// Record cash that was taken at the counter.
    Counter {
        /// Which attempt, from 1.
        attempt: u32,
        /// Who took it.
        actor: TrackingActor,
    },
    /// Send money back.
    Refund {
        /// Of which attempt, from 1.
        attempt: u32,
        /// Of which payment; of a cash payment it is known only once it was recorded.
        payment_id: Option<PaymentId>,
        /// What makes it go back: with the order's id, the key under which it goes back once.
        cause: Cause,
        /// Why, for a person.
        reason: String,
    },
}

impl Errand {
    /// What the outbox keeps, as an errand.
    pub(crate) fn read(payload: &str) -> StoreResult<Self> {
        serde_json::from_str(payload).map_err(StoreError::internal)
    }

    /// What the outbox keeps.
    pub(crate) fn written(&self) -> StoreResult<String> {
        serde_json::to_string(self).map_err(StoreError::internal)
    }

    /// Every kind, as the outbox names it.
    pub const KINDS: [&'static str; 4] = ["charge", "cancel", "counter", "refund"];

    /// The word by which the outbox knows it.
    pub const fn kind(&self) -> &'static str {
        match self {
            Errand::Charge { .. } => "charge",
            Errand::Cancel { .. } => "cancel",
            Errand::Counter { .. } => "counter",
            Errand::Refund { .. } => "refund",
        }
    }
}

/// What makes money go back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// A paid order was cancelled.
    Cancelled,
    /// A paid order was rejected.
    Rejected,
    /// The money came for an order that had ended.
    Late,
    /// The order had been paid already.
    Duplicate,
    /// The customer's bank had taken the money back, the order ended for it, and the dispute was won.
    Regained,
}

impl Cause {
    /// The word used in keys.
    pub const fn as_str(self) -> &'static str {
        match self {
            Cause::Cancelled => "cancelled",
            Cause::Rejected => "rejected",
            Cause::Late => "late",
            Cause::Duplicate => "duplicate",
            Cause::Regained => "regained",
        }
    }
}

impl Line {
    /// Price times quantity. Cannot overflow: placing has checked it.
    pub fn total(&self) -> Money {
        self.price.checked_mul(self.quantity).unwrap_or_default()
    }
}

impl Order {
    /// The charge that speaks for the order.
    pub fn charge(&self) -> &Charge {
        &self.charges[self.current.min(self.charges.len() - 1)]
    }

    /// How it is paid.
    pub fn method(&self) -> PaymentMethod {
        self.charge().method
    }

    /// Where it stands, for [`domain::order::decide`].
    pub fn position(&self) -> Position {
        let last = self.tracking.last();
        let before = self.tracking.len().checked_sub(2).and_then(|n| self.tracking.get(n));
        Position {
            status: self.status,
            previous: before.map(|row| row.status),
            since: last.map_or(self.created_at, |row| row.at),
            recalled: last.is_some_and(|row| row.kind == StepKind::Recall),
        }
    }

    /// One change more: the version and the time move.
    fn touch(&mut self, now: Timestamp) {
        self.version += 1;
        // A clock that was set back must not make a later change look earlier.
        self.updated_at = self.updated_at.max(now);
        let charge = self.charge();
        let by_itself = charge.payment_id.is_none() || !charge.is_open();
        self.ends_at = (self.status == OrderStatus::Requested && by_itself).then_some(self.pay_by);
    }
}
