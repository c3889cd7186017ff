use std::time::Duration;

use domain::{CustomerId, Email, Money, OrderId, PaymentId, PaymentMethod, PaymentStatus, Timestamp};
use mercadopago::{Item, NewPix, NewPreference};
use url::Url;

use super::{Actor, Own, Payment, Step};
use crate::idempotency::Key;
use crate::task::Task;

/// MercadoPago takes our expiry a minute later than we do, so that its clock never closes a charge that ours keeps open.
const LATER: Duration = Duration::from_secs(60);
/// MercadoPago refuses a Pix that expires sooner (Pix integration page).
const FLOOR: Duration = Duration::from_secs(30 * 60);

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Charge {
    /// Of which order.
    pub order_id: OrderId,
    /// Which attempt of the order, from 1.
    pub attempt: u32,
    /// Who pays.
    pub customer_id: Option<CustomerId>,
    /// How much.
    pub amount: Money,
    /// How.
    pub method: PaymentMethod,
    /// What the payer's bank shows.
    pub description: String,
    /// Where MercadoPago sends its receipt.
    pub email: Option<Email>,
    /// Until when it can be paid.
    pub expires_at: Timestamp,
    /// The idempotency key of the request.
    pub key: Option<Key>,
}

impl Payment {
    /// A new payment, and with it the work of asking MercadoPago, which whoever stores it holds for `lease`.
    pub fn create(charge: Charge, actor: &Actor, lease: Duration, now: Timestamp) -> (Payment, Step) {
        let payment = Payment::new(charge, now);
        let mut step = Step::default();
        step.log(&payment, now, "created", actor, Some(format!("{} {}", payment.method, payment.amount)));
        if payment.method != PaymentMethod::Counter {
            step.work(&payment, &Task::Charge, now, Some(lease));
        }
        (payment, step)
    }

    /// Cash that was taken at the counter: paid from the first moment.
    pub fn taken(charge: Charge, actor: &Actor, now: Timestamp) -> (Payment, Step) {
        let mut payment = Payment::new(charge, now);
        payment.take_cash(now);
        let mut step = Step { notify: true, ..Step::default() };
        step.log(&payment, now, "cash", actor, Some(payment.amount.to_string()));
        (payment, step)
    }

    /// Our own word that the money is in the till.
    pub(super) fn take_cash(&mut self, now: Timestamp) {
        self.own = Some(Own { status: PaymentStatus::Approved, detail: "accredited".to_owned(), at: now });
    }

    fn new(charge: Charge, now: Timestamp) -> Payment {
        Payment {
            id: PaymentId::new(),
            order_id: charge.order_id,
            attempt: charge.attempt,
            customer_id: charge.customer_id,
            amount: charge.amount,
            method: charge.method,
            description: charge.description,
            payer_email: charge.email,
            created_at: now,
            updated_at: now,
            version: 1,
            expires_at: charge.expires_at,
            provider_until: charge.expires_at.plus(LATER).max(now.plus(FLOOR + LATER)),
            preference_id: None,
            qr_code: None,
            payment_link: None,
            snapshots: Vec::new(),
            surplus: Vec::new(),
            own: None,
            closing: None,
            mismatch: None,
            oddity: None,
            refunds: Vec::new(),
            key: charge.key,
        }
    }

    /// Whether the expiry that was sent would now be refused as too near, so that the charge must be looked for before it
    /// is sent with a later one. A Pix only; a checkout has no floor.
    pub fn is_stale(&self, now: Timestamp) -> bool {
        self.method == PaymentMethod::Pix && self.provider_until < now.plus(FLOOR)
    }

    /// Takes a later expiry for MercadoPago.
    pub fn renew(&mut self, now: Timestamp) {
        self.provider_until = self.provider_until.max(now.plus(FLOOR + LATER));
    }

    /// The Pix charge to ask for.
    pub fn pix(&self, notification_url: &Url, payer_email: &Email) -> NewPix {
        NewPix {
            amount: self.amount,
            description: self.description.clone(),
            external_reference: self.id.to_string(),
            payer_email: self.payer_email.as_ref().unwrap_or(payer_email).as_str().to_owned(),
            notification_url: Some(notification_url.clone()),
            expires_at: Some(self.provider_until),
        }
    }

    /// The checkout to open.
    pub fn checkout(&self, notification_url: &Url) -> NewPreference {
        NewPreference {
            items: vec![Item { title: self.description.clone(), quantity: 1, unit_price: self.amount }],
            external_reference: self.id.to_string(),
            payer_email: self.payer_email.as_ref().map(|email| email.as_str().to_owned()),
            notification_url: Some(notification_url.clone()),
            expires_at: Some(self.provider_until),
            back_urls: None,
        }
    }

    /// MercadoPago has opened the checkout.
    pub fn opened(&mut self, preference: &mercadopago::Preference, now: Timestamp) -> Step {
        let mut step = Step::default();
        if self.preference_id.is_none() {
            self.preference_id = Some(preference.id.clone());
            self.payment_link = Some(preference.init_point.clone());
            self.payer_email = None;
            step.log(self, now, "charge_sent", &Actor::Provider, Some(format!("checkout {}", preference.id)));
        }
        step
    }

    /// MercadoPago refused the charge for good.
    pub fn refused(&mut self, code: &str, now: Timestamp) -> Step {
        let mut step = Step::default();
        if self.is_open() && !self.is_charged() {
            self.payer_email = None;
            self.own = Some(Own { status: PaymentStatus::Rejected, detail: "refused_by_provider".to_owned(), at: now });
            step.log(self, now, "charge_refused", &Actor::Provider, Some(code.to_owned()));
        }
        step
    }
}
