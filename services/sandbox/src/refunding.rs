//! Refunds that were in process come to their end.

use domain::{Money, Timestamp};
use rusqlite::Connection;
use store::StoreResult;

use crate::moves;
use crate::notify;
use crate::state::State;
use crate::store::payments::{self, Payment};
use crate::store::refunds::{self, APPROVED, REJECTED, Refund};

/// What can still be asked back: what neither went back nor is on its way.
pub(crate) fn left(c: &Connection, payment: &Payment) -> StoreResult<Money> {
    let under_way = refunds::in_process(c, payment.id)?.into_iter().map(|refund| refund.amount);
    let left = |left: Money, amount| left.checked_sub(amount).unwrap_or(Money::ZERO);
    Ok(under_way.fold(payment.left(), left))
}

/// Ends refunds of one payment and notifies, in the step of whoever calls; that one wakes the worker. An approved one
/// for which too little is left, because the money went back another way, is rejected after all.
pub(crate) fn finish(
    c: &Connection,
    state: &State,
    ending: &mut [Refund],
    approved: bool,
    now: Timestamp,
) -> StoreResult<()> {
    for refund in ending {
        let Some(mut payment) = payments::get(c, refund.payment_id)? else { continue };
        if approved && refund.amount <= payment.left() {
            refunds::finish(c, refund, APPROVED)?;
            moves::give_back(&mut payment, refund.amount, now);
        } else {
            refunds::finish(c, refund, REJECTED)?;
            payment.touch(now);
        }
        payments::update(c, &payment)?;
        notify::announce(c, state, &payment, notify::UPDATED, now)?;
    }
    Ok(())
}
