use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::order::UnknownWord;

/// Where a payment is, in MercadoPago's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// Waits for the customer.
    Pending,
    /// MercadoPago looks at it.
    InProcess,
    /// The money came.
    Approved,
    /// The attempt failed.
    Rejected,
    /// Given up or expired.
    Cancelled,
    /// All of the money went back.
    Refunded,
    /// The customer's bank took the money back.
    ChargedBack,
}

impl PaymentStatus {
    /// Every status, in the order of a payment's life.
    pub const ALL: [PaymentStatus; 7] = [
        PaymentStatus::Pending,
        PaymentStatus::InProcess,
        PaymentStatus::Approved,
        PaymentStatus::Rejected,
        PaymentStatus::Cancelled,
        PaymentStatus::Refunded,
        PaymentStatus::ChargedBack,
    ];

    /// The word used on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            PaymentStatus::Pending => "pending",
            PaymentStatus::InProcess => "in_process",
            PaymentStatus::Approved => "approved",
            PaymentStatus::Rejected => "rejected",
            PaymentStatus::Cancelled => "cancelled",
            PaymentStatus::Refunded => "refunded",
            PaymentStatus::ChargedBack => "charged_back",
        }
    }

    /// How far along it is: where two reports say different things, the higher one is believed.
    pub const fn rank(self) -> u8 {
        match self {
            PaymentStatus::Rejected => 0,
            PaymentStatus::Cancelled => 1,
            PaymentStatus::Pending => 2,
            PaymentStatus::InProcess => 3,
            PaymentStatus::Approved => 4,
            PaymentStatus::Refunded => 5,
            PaymentStatus::ChargedBack => 6,
        }
    }

    /// Whether money may still come: such a charge is the one live charge of its order.
    pub const fn is_open(self) -> bool {
        matches!(self, PaymentStatus::Pending | PaymentStatus::InProcess)
    }

    /// Whether the customer's money came at some time.
    pub const fn was_paid(self) -> bool {
        matches!(self, PaymentStatus::Approved | PaymentStatus::Refunded | PaymentStatus::ChargedBack)
    }

    /// From MercadoPago's own word, with the two that we fold: an authorised card is not money yet, a disputed
    /// payment still is. `None` for words that are new to us.
    pub fn from_provider(word: &str) -> Option<Self> {
        match word {
            "authorized" => Some(PaymentStatus::InProcess),
            "in_mediation" => Some(PaymentStatus::Approved),
            _ => word.parse().ok(),
        }
    }
}

impl fmt::Display for PaymentStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for PaymentStatus {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        let known = || UnknownWord::new(word, Self::ALL.map(Self::as_str));
        Self::ALL.into_iter().find(|s| s.as_str() == word).ok_or_else(known)
    }
}
