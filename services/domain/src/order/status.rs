use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A word that names no status or method.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown word {word:?}; there are {}", known.join(", "))]
pub struct UnknownWord {
    word: String,
    known: Vec<&'static str>,
}

impl UnknownWord {
    pub(crate) fn new(word: &str, known: impl IntoIterator<Item = &'static str>) -> Self {
        UnknownWord { word: word.to_owned(), known: known.into_iter().collect() }
    }
}

/// Where an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// Placed, not paid.
    Requested,
    /// Paid: on the kitchen's list.
    Paid,
    /// Somebody cooks it.
    Preparing,
    /// Called on the pick-up screen.
    ReadyForPickup,
    /// On its way with a courier.
    OutForDelivery,
    /// In the customer's hands.
    Delivered,
    /// Given up by the customer, the house or the clock.
    Cancelled,
    /// Refused by the house after it was paid.
    Rejected,
    /// The money went back.
    Refunded,
}

impl OrderStatus {
    /// Every status, in the order of an order's life.
    pub const ALL: [OrderStatus; 9] = [
        OrderStatus::Requested,
        OrderStatus::Paid,
        OrderStatus::Preparing,
        OrderStatus::ReadyForPickup,
        OrderStatus::OutForDelivery,
        OrderStatus::Delivered,
        OrderStatus::Cancelled,
        OrderStatus::Rejected,
        OrderStatus::Refunded,
    ];

    /// What the kitchen's queue shows, in the order it shows it: ready first, then preparing, then paid.
    pub const QUEUE: [OrderStatus; 3] = [OrderStatus::ReadyForPickup, OrderStatus::Preparing, OrderStatus::Paid];

    /// The word used on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            OrderStatus::Requested => "requested",
            OrderStatus::Paid => "paid",
            OrderStatus::Preparing => "preparing",
            OrderStatus::ReadyForPickup => "ready_for_pickup",
            OrderStatus::OutForDelivery => "out_for_delivery",
            OrderStatus::Delivered => "delivered",
            OrderStatus::Cancelled => "cancelled",
            OrderStatus::Rejected => "rejected",
            OrderStatus::Refunded => "refunded",
        }
    }

    /// Place in the queue, 0 first; `None` for what the kitchen does not see.
    pub fn queue_rank(self) -> Option<usize> {
        Self::QUEUE.iter().position(|s| *s == self)
    }

    /// Whether the kitchen may have touched it: paid, or a step that only a paid order reaches.
    pub const fn is_paid_or_later(self) -> bool {
        matches!(
            self,
            OrderStatus::Paid
                | OrderStatus::Preparing
                | OrderStatus::ReadyForPickup
                | OrderStatus::OutForDelivery
                | OrderStatus::Delivered
        )
    }
}

impl fmt::Display for OrderStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for OrderStatus {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        let known = || UnknownWord::new(word, Self::ALL.map(Self::as_str));
        Self::ALL.into_iter().find(|s| s.as_str() == word).ok_or_else(known)
    }
}

/// How an order is to be paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PaymentMethod {
    /// Pix: a BR Code to scan or to copy and paste.
    #[default]
    Pix,
    /// MercadoPago's checkout page, reached by a link.
    Checkout,
    /// Cash at the counter.
    Counter,
}

impl PaymentMethod {
    /// Every method.
    pub const ALL: [PaymentMethod; 3] = [PaymentMethod::Pix, PaymentMethod::Checkout, PaymentMethod::Counter];

    /// The word used on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            PaymentMethod::Pix => "pix",
            PaymentMethod::Checkout => "checkout",
            PaymentMethod::Counter => "counter",
        }
    }
}

impl fmt::Display for PaymentMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for PaymentMethod {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        let known = || UnknownWord::new(word, Self::ALL.map(Self::as_str));
        Self::ALL.into_iter().find(|m| m.as_str() == word).ok_or_else(known)
    }
}
