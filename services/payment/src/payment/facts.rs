use domain::{Money, OrderId, PaymentId, PaymentMethod, PaymentStatus, Timestamp};

use super::{Payment, RefundProgress};

/// What is checked of a payment: nothing about a person, and no more than sums and states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The payment.
    pub id: PaymentId,
    /// Its order.
    pub order_id: OrderId,
    /// Which attempt of the order, from 1.
    pub attempt: u32,
    /// How it is paid.
    pub method: PaymentMethod,
    /// Where it is.
    pub status: PaymentStatus,
    /// What is to be paid.
    pub amount: Money,
    /// What came.
    pub paid: Money,
    /// What MercadoPago says came; none where its payment does not speak for ours.
    pub received: Option<Money>,
    /// What went back, as everybody is told.
    pub refunded: Money,
    /// The sum of our refunds that are confirmed.
    pub confirmed: Money,
    /// What MercadoPago says went back; none where its payment does not speak for ours.
    pub reported: Option<Money>,
    /// Whether every refund is of more than nothing.
    pub refunds_positive: bool,
    /// Whether money is on its way back.
    pub refunding: bool,
    /// MercadoPago's id: of the payment that speaks, or of the checkout.
    pub provider_payment_id: Option<String>,
    /// MercadoPago's payments that belong here.
    pub provider_payments: Vec<String>,
    /// Those of them that were paid on top and whose money does not go back.
    pub surplus_kept: Vec<String>,
    /// Grows by one with each change.
    pub version: u64,
    /// When it was asked for.
    pub created_at: Timestamp,
}

impl Payment {
    /// What is checked of it.
    pub(crate) fn facts(&self) -> Facts {
        Facts {
            id: self.id,
            order_id: self.order_id,
            attempt: self.attempt,
            method: self.method,
            status: self.status(),
            amount: self.amount,
            paid: self.paid_amount(),
            received: self.payer().map(|payer| payer.amount),
            refunded: self.refunded(),
            confirmed: self.sum(|refund| refund.progress == RefundProgress::Approved),
            reported: self.payer().map(|payer| payer.refunded),
            refunds_positive: self.refunds.iter().all(|refund| refund.amount.is_positive()),
            refunding: self.sum(|refund| refund.progress.is_open()).is_positive(),
            provider_payment_id: self.provider_payment_id().map(str::to_owned),
            provider_payments: self.provider_payments().map(str::to_owned).collect(),
            surplus_kept: self.surplus_kept(),
            version: self.version,
            created_at: self.created_at,
        }
    }

    fn surplus_kept(&self) -> Vec<String> {
        let goes_back = |id: &String| {
            let of_it = self.refunds.iter().filter(|refund| refund.provider_payment_id.as_ref() == Some(id));
            of_it.into_iter().any(|refund| refund.progress.is_open() || refund.progress == RefundProgress::Approved)
        };
        let paid = self.snapshots.iter().filter(|s| s.status == PaymentStatus::Approved && self.is_surplus(s));
        paid.map(|s| s.provider_payment_id.clone()).filter(|id| !goes_back(id)).collect()
    }
}
