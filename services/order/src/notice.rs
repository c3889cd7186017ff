//! What the payment service says about an order's money is taken into the order.

use std::sync::Arc;

use api::order::{NoticeOutcome, PaymentNotice};
use domain::OrderId;
use store::StoreError;

use crate::core::Core;
use crate::order::NoticeFault;

/// Why a notice is not taken in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoticeError {
    /// There is no such order.
    #[error("no such order")]
    NoOrder,
    /// It speaks of another sum than the order's.
    #[error("the payment is about another sum than the order")]
    Amount,
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Takes one notice in. Safe to repeat.
pub(crate) async fn take(core: &Arc<Core>, id: OrderId, notice: &PaymentNotice) -> Result<NoticeOutcome, NoticeError> {
    let now = core.now();
    let changed = core
        .change(id, None, |order| match order.take_notice(notice, now) {
            Ok(taken) => Ok((taken.outcome, taken.stepped)),
            Err(NoticeFault::Amount) => Err(NoticeError::Amount),
        })
        .await?;
    let outcome = changed.ok_or(NoticeError::NoOrder)?.value;
    tracing::debug!(order = %id, payment = %notice.payment_id, status = %notice.status, ?outcome, "payment notice");
    Ok(outcome)
}
