//! The kinds of work that a payment leaves behind, as the outbox keeps them.

use domain::{EntryId, PaymentId, Timestamp};
use serde_json::{Value, json};
use store::{NewWork, Work};

/// What is to be done for a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    /// Ask MercadoPago for the charge.
    Charge,
    /// Ask MercadoPago to give the charge up.
    Close,
    /// Ask MercadoPago to give money back.
    Refund(EntryId),
    /// Tell the order service.
    Notify,
}

/// An entry that no program of ours has written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unreadable work of kind {0:?}")]
pub(crate) struct Unreadable(String);

impl Task {
    /// The word for a refund.
    pub(crate) const REFUND: &'static str = "refund";

    /// The word that is stored.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Task::Charge => "charge",
            Task::Close => "close",
            Task::Refund(_) => Self::REFUND,
            Task::Notify => "notify",
        }
    }

    /// What is stored with it.
    pub(crate) fn payload(&self, payment: PaymentId) -> Value {
        match self {
            Task::Refund(refund) => json!({ "payment_id": payment, "refund_id": refund }),
            _ => json!({ "payment_id": payment }),
        }
    }

    /// Reads an entry of the outbox.
    ///
    /// # Errors
    /// [`Unreadable`] for a kind or payload that is none of ours.
    pub(crate) fn of(work: &Work) -> Result<(PaymentId, Task), Unreadable> {
        let unreadable = || Unreadable(work.kind.clone());
        let text = |key: &str| work.payload.get(key).and_then(Value::as_str);
        let payment = text("payment_id").and_then(|id| id.parse().ok()).ok_or_else(unreadable)?;
        let task = match work.kind.as_str() {
            "charge" => Task::Charge,
            "close" => Task::Close,
            Self::REFUND => Task::Refund(text("refund_id").and_then(|id| id.parse().ok()).ok_or_else(unreadable)?),
            "notify" => Task::Notify,
            _ => return Err(unreadable()),
        };
        Ok((payment, task))
    }

    /// How the aggregate of a payment's notices begins. They have a queue of their own, so that an order service that is
    /// down holds back neither charges nor refunds.
    pub(crate) const NOTICES: &'static str = "notice/";

    /// The aggregate of a payment's notices.
    pub(crate) fn notices_of(payment: impl std::fmt::Display) -> String {
        format!("{}{payment}", Self::NOTICES)
    }

    /// The one entry that tells the order service of a payment.
    pub(crate) fn notice(payment: PaymentId, now: Timestamp) -> NewWork {
        NewWork::new(Self::notices_of(payment), Task::Notify.kind(), Task::Notify.payload(payment), now)
    }
}
