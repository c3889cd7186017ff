//! Asking MercadoPago for payments of which nothing is heard, so that a lost notification costs seconds, not an order.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use domain::{PaymentId, PaymentMethod};
use mercadopago::Error;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::desk::Desk;
use crate::payment::{Actor, Payment, Why};
use crate::verdict::NotYet;

/// Payments asked for at the same time, at most. Most answers take milliseconds; these are many so that calls which hang
/// until they time out do not hold back the others.
const AT_ONCE: usize = 64;

/// Asks for payments as they fall due, until `shutdown`. What is being asked for then is asked for again by whoever starts
/// next.
pub(crate) async fn run(desk: Arc<Desk>, shutdown: CancellationToken) {
    let mut asked = JoinSet::new();
    let mut rest = Duration::ZERO;
    loop {
        let wait = rest.max(desk.timings.reconcile_every);
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
        }
        rest = Duration::ZERO;
        while let Some(answer) = asked.try_join_next() {
            rest = rest.max(answer.ok().flatten().unwrap_or_default());
        }
        if rest.is_zero() {
            let free = u32::try_from(AT_ONCE.saturating_sub(asked.len())).unwrap_or(u32::MAX);
            for payment in desk.due(free.min(desk.timings.reconcile_batch)).await {
                let desk = desk.clone();
                asked.spawn(async move { desk.reconcile(payment).await });
            }
        }
    }
}

impl Desk {
    async fn due(&self, most: u32) -> Vec<Payment> {
        if most == 0 {
            return Vec::new();
        }
        self.store.take_due(self.now(), most).await.unwrap_or_else(|error| {
            tracing::warn!(?error, "it can't be seen which payments are due to be asked for");
            Vec::new()
        })
    }

    /// Asks for one that is due. Returns how long MercadoPago wants to be left alone, if it does.
    async fn reconcile(&self, payment: Payment) -> Option<Duration> {
        let id = payment.id;
        let why = self.check(payment).await.err()?;
        tracing::debug!(payment = %id, error = %why, "a payment is asked for again later");
        // What does not pass by itself need not be heard often.
        if matches!(&why, NotYet::Provider(error) if error.is_transient())
            && let Err(error) = self.store.unanswered(id, self.now()).await
        {
            tracing::debug!(payment = %id, ?error, "it is asked for when it would have been anyway");
        }
        match why {
            NotYet::Provider(Error::Busy { retry_after, .. }) => retry_after,
            _ => None,
        }
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
        // Of a Pix that was refused or given up, an earlier send may have been heard.
        let unheard = payment.method == PaymentMethod::Pix && !payment.is_open() && !payment.is_charged();
        if payment.method == PaymentMethod::Checkout || unheard {
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
