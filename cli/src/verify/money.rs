//! Invariant 1: only what was paid is an order, and money that came is either the order's or goes back.

use domain::order::StepKind;
use domain::{OrderStatus, PaymentMethod, PaymentStatus, Role};
use order::order::{Charge, Order};
use payment::payment::Facts;

use super::violation::{Kind, Violation};

/// Whether what the order says of money fits what its payments say.
pub(super) fn of_order(order: &Order, payments: &[&Facts], found: &mut Vec<Violation>) {
    came(order, payments, found);
    for payment in payments {
        arrived(order, payment, found);
    }
    went(order, payments, found);
}

/// Money came for an order that counts as paid: through a payment, or as cash that somebody took.
fn came(order: &Order, payments: &[&Facts], found: &mut Vec<Violation>) {
    let paid = order.tracking.iter().find(|row| row.status == OrderStatus::Paid && row.kind == StepKind::Step);
    let by_hand = paid.map(|row| row.actor.role).filter(|role| *role != Role::Service);
    let named = |violation: Violation| match current(order).and_then(|charge| charge.payment_id) {
        Some(payment) => violation.payment(payment),
        None => violation,
    };
    let cash = |p: &&Facts| p.method == PaymentMethod::Counter && p.status.was_paid();
    let any = |p: &&Facts| p.status.was_paid();
    let counts_as_paid = paid.is_some() || order.status.is_paid_or_later();
    match by_hand {
        Some(role) if !payments.iter().any(cash) => {
            let detail = format!("{role} took {} and no payment of the counter says so", order.amount);
            found.push(named(Violation::of(Kind::CashNotRecorded, order, detail)));
        }
        None if counts_as_paid && !payments.iter().any(any) => {
            let detail = format!("{}, and none of {} payments was ever paid", order.status, payments.len());
            found.push(named(Violation::of(Kind::PaidWithoutPayment, order, detail)));
        }
        _ => {}
    }
}

/// Money that came is known to the order, and where it is not the order's it goes back.
fn arrived(order: &Order, payment: &Facts, found: &mut Vec<Violation>) {
    let mut wrong = |kind, provider: Option<&str>, detail: String| {
        found.push(Violation::of(kind, order, detail).payment(payment.id).provider(provider));
    };
    for surplus in &payment.surplus_kept {
        wrong(Kind::PaidTwice, Some(surplus), "paid on top of a payment that was paid; it does not go back".to_owned());
    }
    if !payment.status.was_paid() {
        return;
    }
    let provider = payment.provider_payment_id.as_deref();
    let knows = |charge: &Charge| charge.payment_id == Some(payment.id) && charge.status.was_paid();
    if !order.charges.iter().any(knows) {
        let detail = format!("{} of {}; the order is {}", payment.status, payment.amount, order.status);
        return wrong(Kind::PaymentNotApplied, provider, detail);
    }
    if payment.status != PaymentStatus::Approved || payment.refunding {
        return;
    }
    let current = current(order).and_then(|charge| charge.payment_id) == Some(payment.id);
    if !order.status.is_paid_or_later() {
        let detail = format!("the order is {}, and {} is still here", order.status, payment.amount);
        wrong(Kind::MoneyKept, provider, detail);
    } else if !current {
        wrong(Kind::PaidTwice, provider, format!("the order is paid by another payment than this {}", payment.amount));
    }
}

/// Where all money went back, the order ends as refunded, unless it was ready by then.
fn went(order: &Order, payments: &[&Facts], found: &mut Vec<Violation>) {
    let paid = |payment: &&&Facts| payment.status.was_paid();
    let all_back = payments.iter().any(|payment| paid(&payment))
        && payments.iter().filter(paid).all(|payment| payment.status != PaymentStatus::Approved);
    let recalled = order.tracking.iter().any(|row| row.kind == StepKind::Recall);
    let must_end = match order.status {
        OrderStatus::Cancelled | OrderStatus::Rejected => true,
        OrderStatus::Paid | OrderStatus::Preparing => !recalled,
        _ => false,
    };
    if all_back && must_end {
        let back = payments.iter().find(paid);
        let violation = Violation::of(Kind::RefundNotApplied, order, format!("{}, all money went back", order.status));
        found.push(match back {
            Some(back) => violation.payment(back.id).provider(back.provider_payment_id.as_deref()),
            None => violation,
        });
    }
}

/// The charge that speaks for the order; none in one that lacks it.
pub(super) fn current(order: &Order) -> Option<&Charge> {
    order.charges.get(order.current)
}
