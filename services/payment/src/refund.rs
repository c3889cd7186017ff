//! Giving money back, once.

use std::time::Duration;

use domain::{EntryId, PaymentId};
use mercadopago::Error;
use store::{Dead, StoreError, Verdict, Work};

use crate::desk::Desk;
use crate::idempotency::Key;
use crate::payment::{Actor, AskRefund, Payment, Refund, RefundAsked, RefundProgress, RefundRefused};
use crate::verdict::NotYet;

/// How long MercadoPago's payment may lag behind its refund before it is asked again.
const LAG: Duration = Duration::from_secs(2);
/// How far the clocks may be apart when a refund of ours is looked for.
const SKEW: Duration = Duration::from_secs(120);

/// Why a refund is not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RefundFailed {
    #[error(transparent)]
    Refused(#[from] RefundRefused),
    /// MercadoPago said no, and the refund waits for a person as a dead letter.
    #[error("MercadoPago refused the refund")]
    ByProvider,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What became of asking for money to go back.
pub(crate) struct RefundDone {
    /// The payment as it is now.
    pub(crate) payment: Payment,
    /// The refund.
    pub(crate) refund: Refund,
    /// Whether the same was asked for before.
    pub(crate) replayed: bool,
}

impl Desk {
    /// Asks for money to go back and waits a short time for MercadoPago.
    pub(crate) async fn refund(
        self: &std::sync::Arc<Self>,
        id: PaymentId,
        asked: AskRefund<'_>,
        actor: &Actor,
    ) -> Result<RefundDone, RefundFailed> {
        let lease = self.timings.lease;
        let change = |payment: &mut Payment, now| {
            payment.ask_refund(asked.clone(), actor, lease, now).map_err(RefundFailed::from)
        };
        let changed = self.change(id, actor, change).await?;
        let (refund, replayed) = match changed.result {
            RefundAsked::Seen(refund) => (refund, true),
            RefundAsked::New(refund) | RefundAsked::Again(refund) => (refund, false),
        };
        let under_way = |payment: &Payment| {
            payment.refund(refund).is_some_and(|refund| refund.progress == RefundProgress::Requested)
        };
        let payment = if changed.held.is_empty() && (!replayed || under_way(&changed.payment)) {
            // What MercadoPago refused before stands in its way as a dead letter, or is it itself.
            self.outbox.replay(&Dead::About(id.to_string()), self.now()).await?;
            self.outbox_wake.notify_one();
            self.until(id, |payment| !under_way(payment) && !payment.lags()).await?
        } else {
            self.run(changed.held).await;
            self.store.payment(id).await?.unwrap_or(changed.payment)
        };
        let refund = payment.refund(refund).cloned().ok_or_else(|| StoreError::internal("a refund went away"))?;
        match refund.progress {
            RefundProgress::Rejected => Err(RefundFailed::ByProvider),
            // Its money went another way meanwhile.
            RefundProgress::GivenUp => Err(RefundRefused::NotPaid(payment.status()).into()),
            _ => Ok(RefundDone { payment, refund, replayed }),
        }
    }

    /// Sends a refund under its own id as the key, and then asks for the payment, which tells what came of it.
    pub(crate) async fn send_refund(&self, id: PaymentId, refund: EntryId, work: &Work) -> Result<Verdict, NotYet> {
        let Some(payment) = self.store.payment(id).await? else { return Ok(Verdict::Done) };
        let Some(refund) = payment.refund(refund) else { return Ok(Verdict::Done) };
        let Some(provider_id) = &refund.provider_payment_id else { return Ok(Verdict::Done) };
        let mut progress = refund.progress;
        if progress == RefundProgress::Requested {
            match self.give_back(refund, provider_id, work).await? {
                Ok(answer) => {
                    self.apply(id, &Actor::Provider, |p, now| p.refund_answered(refund.id, &answer, now)).await?;
                    progress = RefundProgress::from_provider(&answer.status);
                    self.ask(provider_id).await?;
                }
                Err(code) => {
                    // First, so that it is known whether the money is still here.
                    self.ask(provider_id).await?;
                    self.apply(id, &Actor::Provider, |p, now| p.refund_refused(refund.id, &code, now)).await?;
                }
            }
        } else {
            self.ask(provider_id).await?;
        }
        let Some(payment) = self.store.payment(id).await? else { return Ok(Verdict::Done) };
        if payment.refund(refund.id).is_some_and(|refund| refund.progress == RefundProgress::Rejected) {
            // One that ends after MercadoPago took it has new work, which becomes the dead letter.
            let ended_later = progress == RefundProgress::InProcess;
            let refused = Verdict::Bury { error: "MercadoPago refused the refund".to_owned() };
            return Ok(if ended_later { Verdict::Done } else { refused });
        }
        if payment.lags() {
            return Err(NotYet::Wait("MercadoPago's payment lags behind its refund", LAG));
        }
        Ok(Verdict::Done)
    }

    /// MercadoPago's answer, or the code with which it said no.
    async fn give_back(
        &self,
        refund: &Refund,
        provider_id: &str,
        work: &Work,
    ) -> Result<Result<mercadopago::Refund, String>, NotYet> {
        // Past a day the key may be forgotten.
        if self.now().since(refund.created_at) > Key::LIFE
            && let Some(found) = self.find_refund(refund, provider_id).await?
        {
            return Ok(Ok(found));
        }
        let code = match self.provider.refund(provider_id, refund.amount, &refund.provider_key()).await {
            Ok(answer) => return Ok(Ok(answer)),
            Err(Error::Refused { code, .. }) => code.unwrap_or_default(),
            Err(Error::NotFound) if self.now().since(work.created_at) > self.timings.unknown_for => "404".to_owned(),
            Err(error) => return Err(error.into()),
        };
        // An earlier send without an answer may have made the refund that this one is refused for.
        if work.attempts > 1
            && let Some(found) = self.find_refund(refund, provider_id).await?
        {
            return Ok(Ok(found));
        }
        Ok(Err(code))
    }

    /// A refund of this amount at MercadoPago that was not refused and is none of our others.
    async fn find_refund(&self, refund: &Refund, provider_id: &str) -> Result<Option<mercadopago::Refund>, NotYet> {
        let known = self.store.by_provider(provider_id).await?;
        let others = |id: &str| known.as_ref().is_some_and(|payment| payment.knows_refund(id));
        let since = refund.created_at.minus(SKEW);
        let found = self.provider.refunds(provider_id).await?.into_iter();
        let mut fits = found.filter(|told| {
            RefundProgress::from_provider(&told.status) != RefundProgress::Rejected
                && told.amount == refund.amount
                && told.created_at.is_none_or(|at| at >= since)
                && !others(&told.id)
        });
        Ok(fits.next())
    }
}
