//! Asking MercadoPago for a charge, as often as it takes, and never for two.

use std::time::Duration;

use domain::{PaymentId, PaymentMethod};
use mercadopago::{Error, Preference, PreferenceUpdate};
use store::{StoreError, Verdict, Work};

use crate::desk::Desk;
use crate::idempotency::Key;
use crate::payment::{Actor, Payment};
use crate::verdict::NotYet;

/// How long to wait before the next search after one that found nothing.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// From when on a refusal and a search that found nothing are believed, although the charge was sent before. The payment is
/// looked for a while longer all the same, and given up where it shows up.
const BELIEVED: Duration = Duration::from_secs(2 * 60);

impl Desk {
    /// Sends the charge under the payment's own id as the key. Where that key may no longer protect us, or the time to pay
    /// is over, it looks for the charge first.
    pub(crate) async fn charge(&self, id: PaymentId, work: &Work) -> Result<Verdict, NotYet> {
        let Some(payment) = self.store.payment(id).await? else { return Ok(Verdict::Done) };
        if payment.is_charged() || !payment.is_open() {
            return Ok(Verdict::Done);
        }
        let now = self.now();
        let over = now >= payment.expires_at;
        let old = payment.is_stale(now) || now.since(payment.created_at) > Key::LIFE;
        if over || (old && work.attempts > 1) {
            if self.look_for(id).await? {
                return Ok(Verdict::Done);
            }
            if over {
                return self.never_charged(&payment).await;
            }
        }
        let payment = self.apply(id, &Actor::System, renewed).await?.payment;
        let why = match self.send(&payment, work.attempts > 1).await {
            Ok(()) => return Ok(Verdict::Done),
            Err(NotYet::Provider(Error::Refused { code, .. })) => return self.charge_refused(id, code, work).await,
            Err(why) => why,
        };
        // What it has seen before it may have done.
        let repeat = matches!(&why, NotYet::Provider(error) if error.is_repeat());
        if repeat && work.attempts > 1 && self.look_for(id).await? { Ok(Verdict::Done) } else { Err(why) }
    }

    async fn send(&self, payment: &Payment, again: bool) -> Result<(), NotYet> {
        let key = payment.id.to_string();
        match payment.method {
            PaymentMethod::Checkout => {
                let known = if again { self.opened_before(payment.id).await? } else { None };
                let opened = match known {
                    Some(known) => known,
                    None => self.provider.create_preference(&payment.checkout(&self.notification_url), &key).await?,
                };
                self.apply(payment.id, &Actor::Provider, |payment, now| payment.opened(&opened, now)).await?;
            }
            PaymentMethod::Pix => {
                let new = payment.pix(&self.notification_url, &self.payer_email);
                let report = self.provider.create_pix(&new, &key).await?;
                self.take_report(payment.id, &report).await?;
            }
            PaymentMethod::Counter => {}
        }
        Ok(())
    }

    /// The checkout that an earlier send without an answer may have opened: MercadoPago's key does not keep a second one
    /// from being made. Any further one is closed.
    async fn opened_before(&self, id: PaymentId) -> Result<Option<Preference>, NotYet> {
        let mut found = self.provider.preferences(&id.to_string()).await?.into_iter();
        let Some(first) = found.next() else { return Ok(None) };
        for further in found {
            self.provider.close_preference(&further, &PreferenceUpdate::closed(self.now())).await?;
        }
        Ok(Some(self.provider.preference(&first).await?))
    }

    /// An earlier send without an answer may have made the charge that this one is refused for, and a search for it lags.
    async fn charge_refused(&self, id: PaymentId, code: Option<String>, work: &Work) -> Result<Verdict, NotYet> {
        if work.attempts > 1 {
            if self.look_for(id).await? {
                return Ok(Verdict::Done);
            }
            if self.now().since(work.created_at) < BELIEVED {
                return Err(NotYet::Wait("a charge that was sent before may still show up", LOOK_AGAIN));
            }
        }
        let code = code.unwrap_or_default();
        tracing::error!(payment = %id, %code, "MercadoPago refused a charge");
        self.apply(id, &Actor::Provider, |payment, now| payment.refused(&code, now)).await?;
        Ok(Verdict::Done)
    }

    /// The time to pay is over and MercadoPago shows no charge. A search lags, so this is believed only once nobody could
    /// pay such a charge any more.
    async fn never_charged(&self, payment: &Payment) -> Result<Verdict, NotYet> {
        if payment.method == PaymentMethod::Pix && self.now() < payment.provider_until {
            return Err(NotYet::Wait("the charge may still show up", LOOK_AGAIN));
        }
        self.apply(payment.id, &Actor::System, Payment::closed).await?;
        Ok(Verdict::Done)
    }

    /// Searches MercadoPago for payments with our reference and takes in what it finds; says whether the charge is known.
    pub(crate) async fn look_for(&self, id: PaymentId) -> Result<bool, NotYet> {
        for report in self.provider.search(&id.to_string()).await? {
            self.settle(&report).await?;
        }
        Ok(self.store.payment(id).await?.is_some_and(|payment| payment.is_charged()))
    }

    pub(crate) async fn take_report(&self, id: PaymentId, report: &mercadopago::Payment) -> Result<(), StoreError> {
        let expected = self.expected;
        self.apply(id, &Actor::Provider, |payment, now| payment.report(report, expected, now)).await?;
        Ok(())
    }
}

fn renewed(payment: &mut Payment, now: domain::Timestamp) -> crate::payment::Step {
    if payment.is_stale(now) {
        payment.renew(now);
    }
    crate::payment::Step::default()
}
