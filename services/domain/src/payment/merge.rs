use serde::{Deserialize, Serialize};

use super::PaymentStatus;
use crate::{Money, Timestamp};

/// What MercadoPago last said of one of its payments.
///
/// One of our payments may have several of these: a checkout lets the customer try a second card after the first
/// was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// MercadoPago's id, as text.
    pub provider_payment_id: String,
    /// Its status, in our words.
    pub status: PaymentStatus,
    /// MercadoPago's detail, as sent.
    pub status_detail: String,
    /// What was paid or is asked for.
    pub amount: Money,
    /// What went back so far.
    pub refunded: Money,
    /// MercadoPago's `date_last_updated`: the only clock that orders its reports.
    pub updated_at: Timestamp,
}

impl Snapshot {
    /// Newer wins, but that money came is never unsaid, nor that all of it went back. Between a dispute and its end the
    /// last word counts: a dispute may be won. At the same moment the further one wins, then the greater refund, then the
    /// detail, so that any order of arrival ends the same.
    fn key(&self) -> (u8, Timestamp, u8, Money, &str) {
        (self.firmness(), self.updated_at, self.status.rank(), self.refunded, &self.status_detail)
    }

    fn firmness(&self) -> u8 {
        match self.status {
            PaymentStatus::Refunded => 2,
            PaymentStatus::Approved | PaymentStatus::ChargedBack => 1,
            _ => 0,
        }
    }

    /// Whether a later report takes back that the money of this one came, or that it went back.
    pub fn is_unsaid_by(&self, later: &Snapshot) -> bool {
        later.firmness() < self.firmness() && later.updated_at > self.updated_at
    }
}

/// Takes one report into what is known, newest first come or last, where what is paid stays paid; says whether anything
/// changed.
pub fn merge(known: &mut Vec<Snapshot>, reported: Snapshot) -> bool {
    match known.iter_mut().find(|s| s.provider_payment_id == reported.provider_payment_id) {
        None => known.push(reported),
        Some(old) if old.key() < reported.key() => *old = reported,
        Some(_) => return false,
    }
    known.sort_by(|a, b| a.provider_payment_id.cmp(&b.provider_payment_id));
    true
}

/// The snapshot that speaks for the whole payment: the furthest along, and of equals the first by id.
pub fn settle(known: &[Snapshot]) -> Option<&Snapshot> {
    known.iter().min_by_key(|s| (std::cmp::Reverse(s.status.rank()), &s.provider_payment_id))
}
