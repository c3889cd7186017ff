//! One order with its payments, judged.

use std::time::Duration;

use domain::Timestamp;
use order::audit::Stored as StoredOrder;
use payment::audit::Stored as StoredPayment;
use payment::payment::Facts;

use super::violation::{Kind, Violation};
use super::{charges, money, stores, sums, tracking};

/// An order and the payments of it.
pub(super) struct Case {
    pub(super) order: StoredOrder,
    pub(super) payments: Vec<StoredPayment>,
}

/// What is wrong with a case.
#[derive(Default)]
pub(super) struct Judged {
    /// Beyond doubt: each is within one row or document, or about what never changes.
    pub(super) certain: Vec<Violation>,
    /// Between an order and its payments, which are read one after the other while both may change.
    pub(super) doubtful: Vec<Violation>,
}

impl Case {
    /// Judges what was read; `elsewhere` are payments that the order names and that are not its own, with their orders.
    pub(super) fn judge(&self, now: Timestamp) -> Judged {
        let mut judged = Judged::default();
        let Some(order) = stores::of_order(&self.order, &mut judged.certain) else { return judged };
        sums::of_order(order, &mut judged.certain);
        tracking::of_order(order, &mut judged.certain);
        let read = self.payments.iter().map(|stored| stores::of_payment(order, stored, &mut judged.certain));
        let read: Vec<Option<&Facts>> = read.collect();
        let payments: Vec<&Facts> = read.iter().copied().flatten().collect();
        for payment in &payments {
            sums::of_payment(order, payment, &mut judged.certain);
            sums::of_refunds(order, payment, &mut judged.doubtful);
        }
        // With one of them unreadable, nothing can be said about all of them.
        if read.len() == payments.len() {
            money::of_order(order, &payments, &mut judged.doubtful);
            charges::of_order(order, &payments, now, &mut judged.doubtful);
        }
        judged
    }

    /// Payments that the order names and that are not among its own.
    pub(super) fn strays(&self) -> Vec<String> {
        let Ok(order) = &self.order.order else { return Vec::new() };
        let named = order.charges.iter().filter_map(|charge| charge.payment_id).map(|id| id.to_string());
        named.filter(|id| !self.payments.iter().any(|stored| stored.id == *id)).collect()
    }

    /// A payment that the order names is not there, or is another's.
    pub(super) fn stray(&self, payment: &str, order_id: Option<&str>) -> Option<Violation> {
        let order = self.order.order.as_ref().ok()?;
        let (kind, detail) = match order_id {
            Some(other) => (Kind::PaymentOfAnotherOrder, format!("it is a payment of order {other}")),
            None => (Kind::PaymentMissing, "there is no such payment".to_owned()),
        };
        Some(Violation { payment_id: Some(payment.to_owned()), ..Violation::of(kind, order, detail) })
    }

    /// Whether somebody is still at work on it: a difference is then no fault yet, or is told as a dead letter.
    pub(super) fn is_under_way(&self, now: Timestamp, limit: Duration) -> bool {
        let fresh = |since: Option<Timestamp>| since.is_some_and(|since| now.since(since) <= limit);
        let order = self.order.work;
        let payments = self.payments.iter().any(|stored| fresh(stored.work.since) || stored.work.dead);
        fresh(order.since) || order.dead || payments
    }

    /// What must hold still for a judgement: the versions of everything that was read.
    pub(super) fn versions(&self) -> (i64, Vec<(&str, u64)>) {
        let version = |stored: &StoredPayment| stored.facts.as_ref().map_or(0, |facts| facts.version);
        (self.order.version, self.payments.iter().map(|p| (p.id.as_str(), version(p))).collect())
    }
}
