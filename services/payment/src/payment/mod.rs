//! One of our payments as a value: what is known of it, and every way in which it changes.
//!
//! Nothing here waits, reads or writes. A change hands back what else must be stored with it: rows of the log and work
//! to be done.

mod close;
mod create;
mod describe;
mod facts;
mod follow;
mod forget;
mod manual;
mod refund;
mod refused;
mod report;
mod step;

use domain::payment::{Snapshot, settle};
use domain::{CustomerId, Email, EntryId, Money, OrderId, PaymentId, PaymentMethod, PaymentStatus, Timestamp};
use serde::{Deserialize, Serialize, Serializer};

pub use close::{Closing, Why};
pub use create::Charge;
pub use facts::Facts;
pub(crate) use forget::without_reason;
pub use manual::NotOpen;
pub use refund::{AskRefund, RefundAsked, RefundProgress, RefundRefused};
pub use report::Expected;
pub use step::{Actor, Step};

use crate::idempotency::Key;

/// Where our own word on a payment stands, next to what MercadoPago reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Own {
    status: PaymentStatus,
    detail: String,
    at: Timestamp,
}

/// A payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// Its id: also MercadoPago's `external_reference` and the idempotency key of the charge.
    pub id: PaymentId,
    /// Of which order.
    pub order_id: OrderId,
    /// Which attempt of the order, from 1.
    pub attempt: u32,
    /// Who pays; none for an anonymous order.
    pub customer_id: Option<CustomerId>,
    /// What is to be paid.
    pub amount: Money,
    /// How.
    pub method: PaymentMethod,
    /// What the payer's bank shows.
    pub description: String,
    /// Where MercadoPago sends its receipt; forgotten once the charge is made.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "email")]
    pub payer_email: Option<Email>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Grows by one with each change.
    pub version: u64,
    /// Until when we take the money.
    pub expires_at: Timestamp,
    /// Until when MercadoPago is told to take it: a little later, and never under its own floor.
    pub provider_until: Timestamp,
    /// MercadoPago's checkout, for the method `checkout`.
    pub preference_id: Option<String>,
    /// The Pix copy-and-paste text.
    pub qr_code: Option<String>,
    /// MercadoPago's page where it is paid.
    pub payment_link: Option<String>,
    /// The newest report on each of MercadoPago's payments that belong here.
    snapshots: Vec<Snapshot>,
    /// Those of them that came on top of one that was paid already; their money goes back and they do not speak for us.
    surplus: Vec<String>,
    own: Option<Own>,
    closing: Option<Closing>,
    /// The last report that did not fit, in a few words.
    mismatch: Option<String>,
    /// The last report with a status that is new to us, or that takes back what is paid.
    oddity: Option<String>,
    refunds: Vec<Refund>,
    /// The key it was created with.
    pub key: Option<Key>,
}

/// Money on its way back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// Its id: also the idempotency key at MercadoPago.
    pub id: EntryId,
    /// Of which of MercadoPago's payments; none for money that is handed back at the counter.
    pub provider_payment_id: Option<String>,
    /// How much.
    pub amount: Money,
    /// Where it is.
    pub progress: RefundProgress,
    /// MercadoPago's id of it.
    pub provider_refund_id: Option<String>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// The key it was asked for with.
    key: Option<Key>,
    /// How often MercadoPago has refused it.
    #[serde(default)]
    refusals: u32,
}

fn email<S: Serializer>(email: &Option<Email>, serializer: S) -> Result<S::Ok, S::Error> {
    email.as_ref().map(Email::as_str).serialize(serializer)
}

/// The detail of a payment whose report did not fit.
pub const MISMATCH: &str = "mismatch";

impl Payment {
    /// Where it is.
    pub fn status(&self) -> PaymentStatus {
        self.standing().0
    }

    /// MercadoPago's detail, or ours where MercadoPago has none.
    pub fn status_detail(&self) -> &str {
        self.standing().1
    }

    /// Whether money may still come.
    pub fn is_open(&self) -> bool {
        self.status().is_open()
    }

    /// Money that came is believed from whomever reports it; before that our own word counts, then MercadoPago's.
    fn standing(&self) -> (PaymentStatus, &str) {
        if let Some(paid) = self.payer() {
            return (paid.status, &paid.status_detail);
        }
        if let Some(own) = &self.own {
            return (own.status, &own.detail);
        }
        let (status, detail) = match self.speaker() {
            None => (PaymentStatus::Pending, self.waits_for()),
            Some(tried) if self.tries_go_on(tried) => (PaymentStatus::Pending, tried.status_detail.as_str()),
            Some(snapshot) => (snapshot.status, snapshot.status_detail.as_str()),
        };
        (status, if self.mismatch.is_some() { MISMATCH } else { detail })
    }

    /// On a checkout the customer may try again after a try that failed.
    fn tries_go_on(&self, tried: &Snapshot) -> bool {
        self.method == PaymentMethod::Checkout
            && matches!(tried.status, PaymentStatus::Rejected | PaymentStatus::Cancelled)
    }

    fn waits_for(&self) -> &'static str {
        match self.method {
            PaymentMethod::Counter => "waiting_for_cash",
            _ if self.is_charged() => "waiting_for_customer",
            _ => "waiting_for_provider",
        }
    }

    /// The report that speaks for the whole payment.
    fn speaker(&self) -> Option<&Snapshot> {
        if self.surplus.is_empty() {
            return settle(&self.snapshots);
        }
        let ours: Vec<Snapshot> = self.snapshots.iter().filter(|s| !self.is_surplus(s)).cloned().collect();
        let id = settle(&ours)?.provider_payment_id.clone();
        self.snapshots.iter().find(|s| s.provider_payment_id == id)
    }

    /// MercadoPago's payment whose money is the payment's; none where our own word is all there is.
    fn payer(&self) -> Option<&Snapshot> {
        self.speaker().filter(|speaker| speaker.status.was_paid())
    }

    fn is_surplus(&self, snapshot: &Snapshot) -> bool {
        self.surplus.contains(&snapshot.provider_payment_id)
    }

    /// Whether MercadoPago has the charge, as far as we know.
    pub fn is_charged(&self) -> bool {
        self.preference_id.is_some() || !self.snapshots.is_empty()
    }

    /// MercadoPago's payments that belong here.
    pub fn provider_payments(&self) -> impl Iterator<Item = &str> {
        self.snapshots.iter().map(|s| s.provider_payment_id.as_str())
    }

    /// MercadoPago's id: of the payment that speaks, or of the checkout, or else of one whose money goes back.
    pub fn provider_payment_id(&self) -> Option<&str> {
        let speaker = self.speaker().map(|s| s.provider_payment_id.as_str());
        speaker.or(self.preference_id.as_deref()).or_else(|| self.provider_payments().next())
    }

    /// What came.
    pub fn paid_amount(&self) -> Money {
        if self.status().was_paid() { self.amount } else { Money::ZERO }
    }

    /// What a QR code of it shows.
    pub fn drawn(&self) -> Option<&str> {
        self.qr_code.as_deref().or(self.payment_link.as_deref().filter(|_| self.method == PaymentMethod::Checkout))
    }
}
