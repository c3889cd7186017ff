use api::order::PaymentNotice;
use domain::{Money, PaymentId, PaymentMethod, PaymentStatus, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Request, text};

/// One attempt to pay an order, as far as the order knows of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    /// Which attempt, from 1.
    pub attempt: u32,
    /// How.
    pub method: PaymentMethod,
    /// The payment, once the payment service has said so.
    pub payment_id: Option<PaymentId>,
    /// Version of the newest notice; 0 before the first.
    pub version: u64,
    /// Where the money is.
    pub status: PaymentStatus,
    /// What went back so far.
    #[serde(with = "text::centavos")]
    pub refunded: Money,
    /// The Pix copy-and-paste text.
    pub qr_code: Option<String>,
    /// MercadoPago's page.
    pub payment_link: Option<String>,
    /// Until when it can be paid.
    pub expires_at: Option<Timestamp>,
    /// Whether the order has asked for the money to go back.
    pub refund_asked: bool,
    /// The request that opened it, where a repeat of that is to be recognised.
    #[serde(default)]
    pub request: Option<Request>,
}

impl Charge {
    pub(super) fn new(attempt: u32, method: PaymentMethod) -> Self {
        Charge {
            attempt,
            method,
            payment_id: None,
            version: 0,
            status: PaymentStatus::Pending,
            refunded: Money::ZERO,
            qr_code: None,
            payment_link: None,
            expires_at: None,
            refund_asked: false,
            request: None,
        }
    }

    /// Whether MercadoPago may still take money for it.
    pub(super) fn is_open(&self) -> bool {
        self.method != PaymentMethod::Counter && self.status.is_open()
    }

    /// Whether a notice denies that money came. What was paid stays so, and must never be closed as if it were open.
    pub(super) fn is_unsaid_by(&self, notice: &PaymentNotice) -> bool {
        self.status.was_paid() && !notice.status.was_paid()
    }

    /// Whether its money came and is not here any more.
    pub(super) fn is_gone(&self) -> bool {
        self.status.was_paid() && self.status != PaymentStatus::Approved
    }

    /// Takes over what a newer notice says.
    pub(super) fn learn(&mut self, notice: &PaymentNotice) {
        self.payment_id = Some(notice.payment_id);
        self.version = notice.version;
        self.method = notice.method;
        self.status = notice.status;
        self.refunded = notice.refunded_amount;
        self.qr_code.clone_from(&notice.qr_code);
        self.payment_link.clone_from(&notice.payment_link);
        // Cash has no deadline.
        self.expires_at = notice.expires_at.filter(|_| notice.method != PaymentMethod::Counter);
    }
}
