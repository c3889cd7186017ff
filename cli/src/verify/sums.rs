//! Invariant 2: every centavo can be explained.

use domain::{MAX_PRICE, MAX_QUANTITY, Money, PaymentStatus};
use order::order::Order;
use payment::payment::Facts;

use super::violation::{Kind, Violation};

/// Whether the lines are an order's, and its total.
pub(super) fn of_order(order: &Order, found: &mut Vec<Violation>) {
    let possible = |price: Money, quantity: u32| {
        (1..=MAX_PRICE).contains(&price.centavos()) && (1..=MAX_QUANTITY).contains(&quantity)
    };
    if let Some(n) = order.lines.iter().position(|line| !possible(line.price, line.quantity)) {
        let line = &order.lines[n];
        let detail = format!("line {} is {} × {}", n + 1, line.quantity, line.price);
        found.push(Violation::of(Kind::LineOutOfRange, order, detail));
        return;
    }
    let lines: Money = order.lines.iter().map(order::order::Line::total).sum();
    if lines != order.amount {
        let detail = format!("the lines are {lines}, the order is {}", order.amount);
        found.push(Violation::of(Kind::LinesDoNotAddUp, order, detail));
    }
}

/// Whether a payment is about its order's sum, that sum came, and no more than that goes back.
pub(super) fn of_payment(order: &Order, payment: &Facts, found: &mut Vec<Violation>) {
    let mut wrong = |kind, detail| {
        let violation = Violation::of(kind, order, detail).payment(payment.id);
        found.push(violation.provider(payment.provider_payment_id.as_deref()));
    };
    if payment.amount != order.amount {
        let detail = format!("the order is {}, the payment is {}", order.amount, payment.amount);
        wrong(Kind::PaymentAmountDiffers, detail);
    }
    if let Some(received) = payment.received.filter(|received| *received != payment.paid) {
        let detail = format!("{} is paid, {received} came by MercadoPago", payment.paid);
        wrong(Kind::ProviderAmountDiffers, detail);
    }
    let reported = payment.reported.unwrap_or_default();
    let fits = |sum: Money| Money::ZERO <= sum && sum <= payment.paid;
    if !payment.refunds_positive || !fits(payment.confirmed) || !fits(reported) {
        let detail = format!("{} came, {} went back, {reported} by MercadoPago", payment.paid, payment.confirmed);
        wrong(Kind::RefundedTooMuch, detail);
    }
}

/// Whether status, refunds and MercadoPago agree on what went back. MercadoPago may know of more: somebody may give money
/// back in its panel. It shows our refunds with a delay, so that this needs a second look.
pub(super) fn of_refunds(order: &Order, payment: &Facts, found: &mut Vec<Violation>) {
    let behind = payment.reported.is_some_and(|reported| reported < payment.confirmed);
    let wrong = match payment.status {
        PaymentStatus::Refunded => behind || payment.refunded != payment.amount,
        PaymentStatus::Approved => behind || payment.refunded == payment.amount,
        _ => false,
    };
    if wrong {
        let reported = payment.reported.map(|sum| format!(", {sum} by MercadoPago")).unwrap_or_default();
        let detail = format!(
            "{} with {} of {} back: {} by our refunds{reported}",
            payment.status, payment.refunded, payment.amount, payment.confirmed
        );
        let violation = Violation::of(Kind::RefundedAmountDiffers, order, detail).payment(payment.id);
        found.push(violation.provider(payment.provider_payment_id.as_deref()));
    }
}
