//! What MercadoPago says of a payment, brought to ours.

use domain::PaymentId;
use mercadopago::Error;
use store::{StoreError, Verdict, Work};

use crate::desk::Desk;
use crate::verdict::NotYet;

impl Desk {
    /// Finds our payment by MercadoPago's id, else by the reference, and takes the report in. `None` for other people's
    /// payments: an account may serve more than us.
    pub(crate) async fn settle(&self, report: &mercadopago::Payment) -> Result<Option<PaymentId>, StoreError> {
        let known = self.store.by_provider(&report.id).await?;
        let ours = match (known, report.external_reference.as_deref().and_then(|text| text.parse().ok())) {
            (Some(payment), _) => Some(payment),
            (None, Some(reference)) => self.store.payment(reference).await?,
            (None, None) => None,
        };
        let Some(ours) = ours else { return Ok(None) };
        self.take_report(ours.id, report).await?;
        Ok(Some(ours.id))
    }

    /// Looks into one notification: asks MercadoPago, and believes that.
    pub(crate) async fn look_into(&self, work: &Work) -> Verdict {
        match self.ask(&work.aggregate).await {
            Ok(Some(_)) => Verdict::Done,
            Ok(None) => {
                tracing::info!(provider_payment = work.aggregate, "a notification about a payment that is not ours");
                Verdict::Done
            }
            Err(NotYet::Provider(Error::NotFound)) if self.now().since(work.created_at) > self.timings.unknown_for => {
                tracing::warn!(
                    provider_payment = work.aggregate,
                    "MercadoPago notified us of a payment it does not know"
                );
                Verdict::Done
            }
            Err(NotYet::Provider(error @ Error::Refused { .. })) => Verdict::Bury { error: error.to_string() },
            Err(why) => why.into(),
        }
    }

    /// Asks MercadoPago for one of its payments and takes the answer in.
    pub(crate) async fn ask(&self, provider_payment_id: &str) -> Result<Option<PaymentId>, NotYet> {
        let report = self.provider.payment(provider_payment_id).await?;
        Ok(self.settle(&report).await?)
    }
}
