//! Invariant 3: an order and its payments know each other, and at most one of them can still be paid.

use domain::{OrderStatus, PaymentMethod, Timestamp};
use order::order::Order;
use payment::payment::Facts;

use super::money::current;
use super::violation::{Kind, Violation};

/// What two looks at the same order must both find.
pub(super) fn of_order(order: &Order, payments: &[&Facts], now: Timestamp, found: &mut Vec<Violation>) {
    let live: Vec<&&Facts> = payments.iter().filter(|payment| payment.status.is_open()).collect();
    if let [first, second, ..] = live[..] {
        let detail = format!("{} and {} can both be paid", first.id, second.id);
        let violation = Violation::of(Kind::TwoLiveCharges, order, detail).payment(second.id);
        found.push(violation.provider(second.provider_payment_id.as_deref()));
    }
    for payment in payments {
        mirrored(order, payment, found);
    }
    asked(order, now, found);
}

/// What the order knows of a payment is what the payment is.
fn mirrored(order: &Order, payment: &Facts, found: &mut Vec<Violation>) {
    let provider = payment.provider_payment_id.as_deref();
    let named = |kind, detail: String| Violation::of(kind, order, detail).payment(payment.id).provider(provider);
    match order.charges.iter().find(|charge| charge.payment_id == Some(payment.id)) {
        // That its money is unknown to the order was said before.
        None if payment.status.was_paid() => {}
        None => {
            found.push(named(Kind::PaymentUnknownToOrder, format!("attempt {}, {}", payment.attempt, payment.status)))
        }
        Some(charge) if payment.status.was_paid() && !charge.status.was_paid() => {}
        Some(charge) if charge.status != payment.status || charge.refunded != payment.refunded => {
            let detail = format!(
                "the order knows {} with {} back, the payment is {} with {} back",
                charge.status, charge.refunded, payment.status, payment.refunded
            );
            found.push(named(Kind::ChargeOutOfDate, detail));
        }
        Some(_) => {}
    }
}

/// An order that waits for its payment has a charge, or somebody is going to ask for one.
fn asked(order: &Order, now: Timestamp, found: &mut Vec<Violation>) {
    let waits = order.status == OrderStatus::Requested && now < order.pay_by;
    let without =
        |charge: &order::order::Charge| charge.method != PaymentMethod::Counter && charge.payment_id.is_none();
    if waits && current(order).is_some_and(without) {
        let detail = format!("no charge, nothing in the outbox, payable until {}", order.pay_by);
        found.push(Violation::of(Kind::ChargeNotAsked, order, detail));
    }
}
