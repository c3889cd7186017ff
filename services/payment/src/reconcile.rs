//! Asking MercadoPago for payments of which nothing is heard, so that a lost notification costs seconds, not an order.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::{PaymentId, PaymentMethod};
use futures_util::StreamExt as _;
use mercadopago::Error;

use crate::desk::Desk;
use crate::payment::{Actor, Payment, Why};
use crate::verdict::NotYet;

/// Payments asked for at the same time.
const AT_ONCE: usize = 16;

impl Desk {
    /// Asks for the payments that are due, at most a batch. Returns how long MercadoPago wants to be left alone, if it does.
    pub(crate) async fn reconcile(&self) -> Option<Duration> {
        let due = match self.store.take_due(self.now(), self.timings.reconcile_batch).await {
            Ok(due) => due,
            Err(error) => {
                tracing::warn!(?error, "it can't be seen which payments are due to be asked for");
                return None;
            }
        };
        let asked = futures_util::stream::iter(due).map(|payment| async move {
            let id = payment.id;
            (id, self.check(payment).await)
        });
        let answers: Vec<_> = asked.buffer_unordered(AT_ONCE).collect().await;
        let mut rest = None;
        for (id, answer) in answers {
            let Err(why) = answer else { continue };
            tracing::debug!(payment = %id, error = %why, "a payment is asked for again later");
            if let NotYet::Provider(Error::Busy { retry_after, .. }) = why {
                rest = rest.max(retry_after);
            }
        }
        rest
    }

    /// Asks for refunds that MercadoPago works on and does not show in its payment: a Pix refund in contingency is hidden
    /// there (MercadoPago's page on refunds).
    async fn follow_refunds(&self, id: PaymentId) -> Result<(), NotYet> {
        let Some(payment) = self.store.payment(id).await? else { return Ok(()) };
        let under_way: BTreeSet<&str> = payment.refunds_in_process().collect();
        for provider_id in under_way {
            let told = self.provider.refunds(provider_id).await?;
            self.apply(id, &Actor::Provider, |payment, now| payment.refunds_told(&told, now)).await?;
        }
        Ok(())
    }

    async fn check(&self, payment: Payment) -> Result<(), NotYet> {
        if payment.is_open() && self.now() >= payment.expires_at && payment.closing().is_none() {
            let close = |payment: &mut Payment, now| payment.close(Why::Expired, &Actor::System, None, now);
            self.apply(payment.id, &Actor::System, close).await?;
            return Ok(());
        }
        let refunds = payment.refunds_in_process().map(str::to_owned);
        let charges = payment.open_provider_payments().into_iter().chain(payment.given_up_provider_payments());
        let mut ask: Vec<String> = charges.chain(refunds).collect();
        if payment.method == PaymentMethod::Checkout {
            self.look_for(payment.id).await?;
            ask = payment.refunds_in_process().map(str::to_owned).collect();
        }
        for provider_id in ask {
            self.ask(&provider_id).await?;
        }
        self.follow_refunds(payment.id).await?;
        if !payment.is_open() {
            // Begun on a checkout just before it was closed.
            self.give_up_payments(payment.id, &domain::EntryId::new().to_string()).await?;
        }
        Ok(())
    }
}
