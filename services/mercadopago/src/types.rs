use domain::payment::Snapshot;
use domain::{Money, PaymentStatus, Timestamp};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::wire;

/// A Pix charge to make (`POST /v1/payments`, `payment_method_id: "pix"`).
#[derive(Clone)]
pub struct NewPix {
    /// What to pay.
    pub amount: Money,
    /// What it is for; the payer's bank shows it.
    pub description: String,
    /// Our own id of the payment, at most 64 of `[A-Za-z0-9_-]`.
    pub external_reference: String,
    /// MercadoPago wants an e-mail address for every payer.
    pub payer_email: String,
    /// Where notifications go; without one MercadoPago uses the address of its panel.
    pub notification_url: Option<Url>,
    /// Until when it can be paid; MercadoPago allows 30 minutes to 30 days ahead and takes 24 hours if none is given.
    pub expires_at: Option<Timestamp>,
}

/// A checkout to open (`POST /checkout/preferences`).
#[derive(Clone)]
pub struct NewPreference {
    /// What is bought, at least one.
    pub items: Vec<Item>,
    /// Our own id of the payment, at most 64 of `[A-Za-z0-9_-]`.
    pub external_reference: String,
    /// Fills the payer's form, when we know it.
    pub payer_email: Option<String>,
    /// Where notifications go; without one MercadoPago uses the address of its panel.
    pub notification_url: Option<Url>,
    /// Until when it can be paid.
    pub expires_at: Option<Timestamp>,
    /// Where the browser goes afterwards.
    pub back_urls: Option<BackUrls>,
}

/// One line of a checkout.
#[derive(Debug, Clone)]
pub struct Item {
    /// What it is called.
    pub title: String,
    /// How many.
    pub quantity: u32,
    /// The price of one.
    pub unit_price: Money,
}

/// Where the browser goes after a checkout. What it carries in its query is no proof of payment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BackUrls {
    /// After an approved payment.
    pub success: Url,
    /// While the payment is looked at.
    pub pending: Url,
    /// After a refused payment.
    pub failure: Url,
}

/// A change of a checkout (`PUT /checkout/preferences/{id}`).
#[derive(Debug, Clone, Serialize)]
pub struct PreferenceUpdate {
    expires: bool,
    expiration_date_to: String,
}

impl PreferenceUpdate {
    /// It can be paid until `at`.
    pub fn until(at: Timestamp) -> Self {
        PreferenceUpdate { expires: true, expiration_date_to: wire::date(at) }
    }

    /// It can't be paid any more: it expired a minute before `now`, so that clocks that differ a little agree.
    pub fn closed(now: Timestamp) -> Self {
        Self::until(now.minus(std::time::Duration::from_secs(60)))
    }
}

/// What we need of MercadoPago's payment. Nothing of the payer is read.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "RawPayment")]
pub struct Payment {
    /// MercadoPago's id.
    pub id: String,
    /// MercadoPago's word, also one that is new to us; see [`Payment::known_status`].
    pub status: String,
    /// MercadoPago's detail; empty when it sent none.
    pub status_detail: String,
    /// `pix`, `visa`, `account_money`…
    pub method: Option<String>,
    /// What was paid or is asked for.
    pub amount: Money,
    /// What went back so far.
    pub refunded: Money,
    /// `BRL`.
    pub currency: String,
    /// Our own id of the payment.
    pub external_reference: Option<String>,
    /// Whether real money moves.
    pub live_mode: bool,
    /// Who gets the money.
    pub collector_id: Option<String>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When it last changed: the only clock that orders MercadoPago's reports.
    pub updated_at: Timestamp,
    /// When the money came.
    pub approved_at: Option<Timestamp>,
    /// Until when it can be paid.
    pub expires_at: Option<Timestamp>,
    /// The Pix BR Code, to copy or to draw.
    pub qr_code: Option<String>,
    /// A page of MercadoPago's that shows the charge.
    pub ticket_url: Option<String>,
    /// What went back, one by one.
    pub refunds: Vec<Refund>,
}

impl Payment {
    /// The status in our words, or `None` for a word that is new to us.
    pub fn known_status(&self) -> Option<PaymentStatus> {
        PaymentStatus::from_provider(&self.status)
    }

    /// The detail that goes with [`Payment::known_status`]: a dispute, which we count as approved, keeps its name there.
    fn detail(&self) -> &str {
        match &*self.status {
            word @ "in_mediation" => word,
            _ => &self.status_detail,
        }
    }

    /// What the payment log keeps of it, or `None` for a status that is new to us.
    pub fn snapshot(&self) -> Option<Snapshot> {
        Some(Snapshot {
            provider_payment_id: self.id.clone(),
            status: self.known_status()?,
            status_detail: self.detail().to_owned(),
            amount: self.amount,
            refunded: self.refunded,
            updated_at: self.updated_at,
        })
    }
}

#[derive(Deserialize)]
struct RawPayment {
    #[serde(deserialize_with = "wire::id")]
    id: String,
    status: String,
    #[serde(default, deserialize_with = "wire::text")]
    status_detail: String,
    #[serde(default, deserialize_with = "wire::optional_text")]
    payment_method_id: Option<String>,
    #[serde(deserialize_with = "wire::money")]
    transaction_amount: Money,
    #[serde(default, deserialize_with = "wire::optional_money")]
    transaction_amount_refunded: Option<Money>,
    #[serde(default, deserialize_with = "wire::text")]
    currency_id: String,
    #[serde(default, deserialize_with = "wire::optional_id")]
    external_reference: Option<String>,
    live_mode: Option<bool>,
    #[serde(default, deserialize_with = "wire::optional_id")]
    collector_id: Option<String>,
    #[serde(default, deserialize_with = "wire::optional_date")]
    date_created: Option<Timestamp>,
    #[serde(default, deserialize_with = "wire::optional_date")]
    date_last_updated: Option<Timestamp>,
    #[serde(default, deserialize_with = "wire::optional_date")]
    date_approved: Option<Timestamp>,
    #[serde(default, deserialize_with = "wire::optional_date")]
    date_of_expiration: Option<Timestamp>,
    point_of_interaction: Option<PointOfInteraction>,
    #[serde(default, deserialize_with = "wire::list")]
    refunds: Vec<Refund>,
}

#[derive(Deserialize)]
struct PointOfInteraction {
    transaction_data: Option<TransactionData>,
}

#[derive(Deserialize, Default)]
struct TransactionData {
    #[serde(default, deserialize_with = "wire::optional_text")]
    qr_code: Option<String>,
    #[serde(default, deserialize_with = "wire::optional_text")]
    ticket_url: Option<String>,
}

impl TryFrom<RawPayment> for Payment {
    type Error = &'static str;

    fn try_from(raw: RawPayment) -> Result<Self, Self::Error> {
        let updated = raw.date_last_updated.or(raw.date_approved).or(raw.date_created);
        let data = raw.point_of_interaction.and_then(|point| point.transaction_data).unwrap_or_default();
        Ok(Payment {
            id: raw.id,
            status: raw.status,
            status_detail: raw.status_detail,
            method: raw.payment_method_id,
            amount: raw.transaction_amount,
            refunded: raw.transaction_amount_refunded.unwrap_or(Money::ZERO),
            currency: raw.currency_id,
            external_reference: raw.external_reference,
            live_mode: raw.live_mode.unwrap_or(false),
            collector_id: raw.collector_id,
            created_at: raw.date_created,
            updated_at: updated.ok_or("a payment without any date")?,
            approved_at: raw.date_approved,
            expires_at: raw.date_of_expiration,
            qr_code: data.qr_code,
            ticket_url: data.ticket_url,
            refunds: raw.refunds,
        })
    }
}

/// What we need of MercadoPago's checkout preference.
#[derive(Debug, Clone, Deserialize)]
pub struct Preference {
    /// MercadoPago's id, `<collector>-<uuid>`.
    #[serde(deserialize_with = "wire::id")]
    pub id: String,
    /// The page on which a person pays.
    pub init_point: String,
    /// Our own id of the payment.
    #[serde(default, deserialize_with = "wire::optional_id")]
    pub external_reference: Option<String>,
    /// Who gets the money.
    #[serde(default, deserialize_with = "wire::optional_id")]
    pub collector_id: Option<String>,
    /// Until when it can be paid.
    #[serde(default, rename = "expiration_date_to", deserialize_with = "wire::optional_date")]
    pub expires_at: Option<Timestamp>,
}

/// Money on its way back.
#[derive(Debug, Clone, Deserialize)]
pub struct Refund {
    /// MercadoPago's id.
    #[serde(deserialize_with = "wire::id")]
    pub id: String,
    /// MercadoPago's id of the payment.
    #[serde(default, deserialize_with = "wire::optional_id")]
    pub payment_id: Option<String>,
    /// How much.
    #[serde(deserialize_with = "wire::money")]
    pub amount: Money,
    /// `approved`, `in_process`, `rejected`, `cancelled`, or a word that is new to us; `approved` when none is given.
    #[serde(default = "approved")]
    pub status: String,
    /// When it was asked for.
    #[serde(default, rename = "date_created", deserialize_with = "wire::optional_date")]
    pub created_at: Option<Timestamp>,
}

/// Older refunds carry no status; those that failed never did appear.
fn approved() -> String {
    "approved".to_owned()
}
