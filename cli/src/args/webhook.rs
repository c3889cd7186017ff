use clap::{Args, Subcommand};
use domain::{PaymentId, PaymentStatus};
use secrecy::SecretString;

use super::{OrderRef, Target};

/// MercadoPago's notifications.
#[derive(Subcommand)]
pub(crate) enum Webhook {
    /// Move a payment in the sandbox and deliver the notification, as MercadoPago or as a hostile network would
    #[command(after_help = "\
--forge, --wrong-secret and --stale-ts move nothing and succeed when the service refused them.

Example:
  lanchonete webhook simulate --order 12 --status approved --duplicate 3")]
    Simulate(Simulate),
    /// Compute an x-signature header, offline
    #[command(after_help = "Example:\n  lanchonete webhook sign --data-id 123456789 --request-id 7a1f3c52")]
    Sign(Sign),
    /// Check an x-signature header, offline
    #[command(after_help = "\
Example:
  lanchonete webhook verify --data-id 123456789 --request-id 7a1f3c52 --signature 'ts=1704908010,v1=d542a7ea…'")]
    Verify(Verify),
}

/// A notification to play.
#[derive(Args)]
#[command(group = clap::ArgGroup::new("which").required(true).args(["payment", "order"]))]
pub(crate) struct Simulate {
    /// Which payment
    #[arg(long, value_name = "ID")]
    pub(crate) payment: Option<PaymentId>,
    /// The payment of which order: id, or pick-up number of the last day
    #[arg(long, value_name = "ORDER")]
    pub(crate) order: Option<OrderRef>,
    /// What MercadoPago says: approved, rejected, in_process, cancelled, refunded or charged_back
    #[arg(long, value_parser = reported)]
    pub(crate) status: PaymentStatus,
    /// Send so many further copies, at most 100
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=100))]
    pub(crate) duplicate: u32,
    /// Wait before sending, at most 10m
    #[arg(long, value_name = "DURATION", default_value = "0s")]
    pub(crate) delay: String,
    /// Send the news before the older notification of the payment's creation
    #[arg(long)]
    pub(crate) reorder: bool,
    /// Sign with random bytes
    #[arg(long, conflicts_with_all = ["wrong_secret", "stale_ts", "drop"])]
    pub(crate) forge: bool,
    /// Sign with another secret
    #[arg(long, conflicts_with_all = ["stale_ts", "drop"])]
    pub(crate) wrong_secret: bool,
    /// Sign with a time a day ago
    #[arg(long, conflicts_with = "drop")]
    pub(crate) stale_ts: bool,
    /// Move the payment and send no notification
    #[arg(long)]
    pub(crate) drop: bool,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// Every status but the first one, in which a payment is already.
fn reported(word: &str) -> Result<PaymentStatus, String> {
    let known = PaymentStatus::ALL.into_iter().filter(|status| *status != PaymentStatus::Pending);
    let words: Vec<&str> = known.clone().map(PaymentStatus::as_str).collect();
    let status = known.into_iter().find(|status| status.as_str() == word);
    status.ok_or_else(|| format!("must be one of {}", words.join(", ")))
}

/// What is signed.
#[derive(Args)]
pub(crate) struct Sign {
    /// The query parameter data.id
    #[arg(long, value_name = "ID")]
    pub(crate) data_id: Option<String>,
    /// The header x-request-id
    #[arg(long, value_name = "ID")]
    pub(crate) request_id: Option<String>,
    /// The time of signing [default: now, in seconds]
    #[arg(long, value_name = "TS")]
    pub(crate) ts: Option<String>,
    /// The webhook secret [default: mercadopago.webhook_secret, or the sandbox's]
    #[arg(long, value_name = "SECRET")]
    pub(crate) secret: Option<SecretString>,
}

/// What is checked.
#[derive(Args)]
pub(crate) struct Verify {
    /// The header x-signature
    #[arg(long, value_name = "HEADER")]
    pub(crate) signature: String,
    /// The query parameter data.id
    #[arg(long, value_name = "ID")]
    pub(crate) data_id: Option<String>,
    /// The header x-request-id
    #[arg(long, value_name = "ID")]
    pub(crate) request_id: Option<String>,
    /// How far its time may be from now
    #[arg(long, value_name = "DURATION", default_value = "10m")]
    pub(crate) window: String,
    /// The webhook secret [default: mercadopago.webhook_secret, or the sandbox's]
    #[arg(long, value_name = "SECRET")]
    pub(crate) secret: Option<SecretString>,
}
