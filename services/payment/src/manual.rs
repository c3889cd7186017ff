//! An administrator's own decision on a payment.

use std::sync::Arc;

use domain::PaymentId;
use store::StoreError;

use crate::desk::Desk;
use crate::payment::{Actor, NotOpen, Payment};

/// Why nothing was decided.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DecideFailed {
    #[error(transparent)]
    NotOpen(#[from] NotOpen),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Desk {
    /// Approves or cancels an open payment, and waits a short time until MercadoPago has given its charge up.
    pub(crate) async fn decide(
        self: &Arc<Self>,
        id: PaymentId,
        approved: bool,
        reason: &str,
        actor: &Actor,
    ) -> Result<Payment, DecideFailed> {
        let lease = Some(self.timings.lease);
        let change = |payment: &mut Payment, now| {
            payment.decide(approved, reason, actor, lease, now).map(|step| ((), step)).map_err(DecideFailed::from)
        };
        let changed = self.change(id, actor, change).await?;
        self.run(changed.held).await;
        Ok(self.store.payment(id).await?.unwrap_or(changed.payment))
    }
}
