//! How a payment changes; pure.

use domain::{Money, Timestamp};

use crate::store::payments::Payment;

/// The detail that MercadoPago gives with a status when nothing special happened.
pub(crate) fn usual_detail(status: &str, method: &str) -> &'static str {
    match (status, method) {
        ("pending", "pix") => "pending_waiting_transfer",
        ("pending", _) => "pending_waiting_payment",
        ("in_process", _) => "pending_contingency",
        ("authorized", _) => "pending_capture",
        ("approved", _) => "accredited",
        ("in_mediation", _) => "pending",
        ("rejected", "pix") => "rejected_by_bank",
        ("rejected", _) => "cc_rejected_other_reason",
        ("cancelled", _) => "by_payer",
        ("refunded", _) => "refunded",
        ("charged_back", _) => "settled",
        _ => "",
    }
}

/// Puts a payment where it is told to be. Approval dates it; anything else leaves that date, as the money did come.
pub(crate) fn set(payment: &mut Payment, status: &str, detail: &str, now: Timestamp) {
    if status == "approved" {
        payment.approved_at.get_or_insert(now);
    }
    payment.status = status.to_owned();
    payment.status_detail = detail.to_owned();
    payment.touch(now);
}

/// Puts a payment where it is told to be, with the usual detail.
pub(crate) fn settle(payment: &mut Payment, status: &str, now: Timestamp) {
    let detail = usual_detail(status, &payment.method);
    set(payment, status, detail, now);
}

/// Gives an amount back: the payment stays approved until all of it has gone.
pub(crate) fn give_back(payment: &mut Payment, amount: Money, now: Timestamp) {
    payment.refunded = payment.refunded.checked_add(amount).unwrap_or(payment.amount);
    let (status, detail) =
        if payment.left().is_positive() { ("approved", "partially_refunded") } else { ("refunded", "refunded") };
    set(payment, status, detail, now);
}
