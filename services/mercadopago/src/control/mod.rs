//! The sandbox's control panel (`/sandbox/…`) on the wire, and a client for it: for the command line and for tests,
//! which do not link the sandbox.

mod chaos;
mod client;
mod spec;

use domain::{Money, Timestamp};
use serde::{Deserialize, Serialize};

pub use chaos::{Chaos, ChaosDone, ChaosReport};
pub use client::Control;
pub use spec::BadChaos;

/// How a notification travels. The default is as MercadoPago sends it: once, at once, signed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Delivery {
    /// Whether one is sent at all.
    pub notify: bool,
    /// How many further copies follow the first, at most 100.
    #[cfg_attr(feature = "schema", schema(maximum = 100))]
    pub duplicate: u32,
    /// How long the first waits, in milliseconds, at most 600,000.
    #[cfg_attr(feature = "schema", schema(maximum = 600_000))]
    pub delay_ms: u64,
    /// Sends the news first and then the notification of the payment's creation, which is older.
    pub reorder: bool,
    /// Signs with random bytes. The payment does not move.
    pub forge: bool,
    /// Signs with another secret. The payment does not move.
    pub wrong_secret: bool,
    /// Signs with a time a day ago. The payment does not move.
    pub stale_ts: bool,
}

impl Default for Delivery {
    fn default() -> Self {
        Delivery {
            notify: true,
            duplicate: 0,
            delay_ms: 0,
            reorder: false,
            forge: false,
            wrong_secret: false,
            stale_ts: false,
        }
    }
}

impl Delivery {
    /// How it is signed; the first of the three flags counts.
    pub fn signing(&self) -> Signing {
        match self {
            Delivery { forge: true, .. } => Signing::Forged,
            Delivery { wrong_secret: true, .. } => Signing::WrongSecret,
            Delivery { stale_ts: true, .. } => Signing::StaleTs,
            _ => Signing::Genuine,
        }
    }
}

/// How a notification is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Signing {
    /// As MercadoPago does.
    Genuine,
    /// With random bytes.
    Forged,
    /// With another secret.
    WrongSecret,
    /// With a time a day ago.
    StaleTs,
}

/// Moves a payment (`POST /sandbox/payments/{id}/status`), or pays a checkout with that outcome
/// (`POST /sandbox/preferences/{id}/pay`).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Move {
    /// Where to: one of MercadoPago's words, or any other word in lower case, to see what becomes of it.
    #[cfg_attr(feature = "schema", schema(example = "approved", pattern = "^[a-z][a-z_]{0,39}$"))]
    pub status: String,
    /// MercadoPago's detail; the usual one of that status when none is given.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schema(max_length = 80))]
    pub status_detail: Option<String>,
    /// Pays a checkout even when it is closed or paid already, as money that arrives late would.
    #[serde(default)]
    pub force: bool,
    /// How the notification travels.
    #[serde(default)]
    pub delivery: Delivery,
}

impl Move {
    /// To this status, with its usual detail and one notification at once.
    pub fn to(status: impl Into<String>) -> Self {
        Move { status: status.into(), status_detail: None, force: false, delivery: Delivery::default() }
    }
}

/// A payment of the sandbox, in short.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SandboxPayment {
    /// The id at "MercadoPago".
    pub id: String,
    /// Its status.
    pub status: String,
    /// The detail.
    pub status_detail: String,
    /// `pix`, `account_money`…
    pub method: String,
    /// What is asked for, in reais.
    pub amount: Money,
    /// What went back, in reais.
    pub refunded: Money,
    /// How many refunds gave that back.
    pub refunds: u32,
    /// How many refunds are on their way.
    pub refunds_in_process: u32,
    /// The shop's own id.
    pub external_reference: Option<String>,
    /// The checkout on which it was made.
    pub preference_id: Option<String>,
    /// Where its notifications go.
    pub notification_url: Option<String>,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A checkout of the sandbox, in short.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SandboxPreference {
    /// The id at "MercadoPago".
    pub id: String,
    /// What is asked for, in reais.
    pub amount: Money,
    /// The shop's own id.
    pub external_reference: Option<String>,
    /// Whether it can be paid now.
    pub open: bool,
    /// The page on which a person pays.
    pub init_point: String,
}

/// One notification that was sent, or waits.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Delivered {
    /// The id of the notification.
    pub id: i64,
    /// The payment it speaks of.
    pub data_id: String,
    /// `payment.created` or `payment.updated`.
    pub action: String,
    /// Where it goes.
    pub url: String,
    /// How it is signed.
    pub signing: Signing,
    /// How often it was sent.
    pub attempts: u32,
    /// `waiting`, `delivered` (answered with 200 or 201), `given_up`, or `dropped` (chaos: never sent).
    pub state: String,
    /// The last answer.
    pub http_status: Option<u16>,
    /// Why there was no answer.
    pub error: Option<String>,
    /// How long the last answer took, in milliseconds.
    pub elapsed_ms: Option<u64>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What a move did.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Moved {
    /// The payment as it is now.
    pub payment: SandboxPayment,
    /// Whether it changed; forged and stale notifications move nothing.
    pub moved: bool,
    /// Every notification that was sent for it, each with the answer to its first attempt.
    pub deliveries: Vec<Delivered>,
}

/// A notification about anything, known or not (`POST /sandbox/notifications`).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RawNotification {
    /// The `data.id` of the query, which is signed.
    #[cfg_attr(feature = "schema", schema(min_length = 1, max_length = 128))]
    pub data_id: String,
    /// The `data.id` of the body, when it shall differ from the query's.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schema(max_length = 128))]
    pub body_data_id: Option<String>,
    /// The topic; `payment` when none is given.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schema(pattern = "^[a-z_-]{1,40}$"))]
    pub topic: Option<String>,
    /// `payment.updated` when none is given.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schema(pattern = "^[a-z_.]{1,40}$"))]
    pub action: Option<String>,
    /// Where to; the payment's own address or the sandbox's default when none is given.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schema(max_length = 500))]
    pub url: Option<String>,
    /// How it travels.
    #[serde(default)]
    pub delivery: Delivery,
}

/// Ends the refunds of a payment that are `in_process` (`POST /sandbox/payments/{id}/refunds`).
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct FinishRefunds {
    /// How.
    pub status: RefundEnd,
}

/// How a refund that was `in_process` ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RefundEnd {
    /// The money went back.
    Approved,
    /// It did not.
    Rejected,
}

/// A refund of the sandbox, in short.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SandboxRefund {
    /// The id at "MercadoPago".
    pub id: String,
    /// The payment's id at "MercadoPago".
    pub payment_id: String,
    /// How much, in reais.
    pub amount: Money,
    /// `approved`, `in_process` or `rejected`.
    pub status: String,
}
