//! Giving a charge up at MercadoPago. Its answer is believed: money that came first wins.

use std::time::Duration;

use domain::{PaymentId, PaymentMethod};
use mercadopago::{Error, PreferenceUpdate};
use store::{Verdict, Work};

use crate::desk::Desk;
use crate::payment::{Actor, Payment};
use crate::verdict::NotYet;

/// How long to wait for a payment that can neither be given up nor is decided.
const UNDECIDED: Duration = Duration::from_secs(10);

impl Desk {
    /// Closes the checkout, gives up every payment of it that is open, and then the payment itself if no money came.
    pub(crate) async fn close(&self, id: PaymentId, work: &Work) -> Result<Verdict, NotYet> {
        let Some(payment) = self.store.payment(id).await? else { return Ok(Verdict::Done) };
        if payment.closing().is_none_or(|closing| closing.done) {
            return Ok(Verdict::Done);
        }
        if payment.method == PaymentMethod::Checkout {
            self.close_checkout(&payment).await?;
        } else if !payment.is_charged()
            && payment.is_open()
            && !self.look_for(id).await?
            && self.now() < payment.provider_until
        {
            return Err(NotYet::Wait("the charge may still show up", UNDECIDED));
        }
        self.give_up_payments(id, &work.id.to_string()).await?;
        self.apply(id, &Actor::System, Payment::closed).await?;
        Ok(Verdict::Done)
    }

    async fn close_checkout(&self, payment: &Payment) -> Result<(), NotYet> {
        if let Some(preference) = &payment.preference_id {
            match self.provider.close_preference(preference, &PreferenceUpdate::closed(self.now())).await {
                Ok(_) => {}
                Err(error @ (Error::NotFound | Error::Refused { .. })) => {
                    tracing::warn!(payment = %payment.id, %error, "a checkout can't be closed");
                }
                Err(error) => return Err(error.into()),
            }
        }
        self.look_for(payment.id).await?;
        Ok(())
    }

    /// Gives up every payment at MercadoPago on which money may still come.
    pub(crate) async fn give_up_payments(&self, id: PaymentId, key: &str) -> Result<(), NotYet> {
        let mut forgotten = 0;
        for provider_id in self.open_at_provider(id).await? {
            match self.provider.cancel(&provider_id, &format!("{key}-{provider_id}")).await {
                Ok(report) => {
                    self.settle(&report).await?;
                }
                Err(Error::NotFound) if self.is_forgotten(id).await? => {
                    tracing::error!(payment = %id, provider_id, "MercadoPago does not know a charge that it made");
                    forgotten += 1;
                }
                // Paid, or closed, in the meantime.
                Err(Error::Refused { .. }) => {
                    self.ask(&provider_id).await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        if self.open_at_provider(id).await?.len() <= forgotten {
            return Ok(());
        }
        Err(NotYet::Wait("MercadoPago has not decided yet", UNDECIDED))
    }

    /// Whether a 404 is more than a replica that lags.
    async fn is_forgotten(&self, id: PaymentId) -> Result<bool, NotYet> {
        let until = self.store.payment(id).await?.map(|payment| payment.provider_until);
        Ok(until.is_none_or(|until| self.now() > until.plus(self.timings.unknown_for)))
    }

    async fn open_at_provider(&self, id: PaymentId) -> Result<Vec<String>, NotYet> {
        Ok(self.store.payment(id).await?.map(|payment| payment.open_provider_payments()).unwrap_or_default())
    }
}
