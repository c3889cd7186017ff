//! A new charge.

use std::sync::Arc;

use domain::PaymentId;
use store::StoreError;

use crate::desk::Desk;
use crate::payment::{Actor, Charge, Payment};
use crate::store::Inserted;

/// Why there is no new charge.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CreateFailed {
    #[error("the idempotency key was used for another charge")]
    KeyReused,
    #[error("the order has the live charge {0}")]
    ChargeExists(PaymentId),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Desk {
    /// Stores a payment together with the work of charging, and waits a short time for MercadoPago; says whether the same
    /// was asked for before.
    pub(crate) async fn create(
        self: &Arc<Self>,
        charge: Charge,
        actor: &Actor,
    ) -> Result<(Payment, bool), CreateFailed> {
        let now = self.now();
        let (payment, step) = Payment::create(charge, actor, self.timings.lease, now);
        match self.store.insert(&payment, step, now).await? {
            Inserted::New(held) => {
                self.run(held).await;
                Ok((self.store.payment(payment.id).await?.unwrap_or(payment), false))
            }
            Inserted::Replayed(seen) => Ok((*seen, true)),
            Inserted::KeyReused => Err(CreateFailed::KeyReused),
            Inserted::ChargeExists(live) => Err(CreateFailed::ChargeExists(live)),
        }
    }
}
