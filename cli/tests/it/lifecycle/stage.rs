use std::error::Error;
use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;

use api::client::CallError;
use api::order::{NewOrder, Order, PatchOrder};
use api::payment::{NewRefund, Payment};
use domain::{Money, OrderId, OrderStatus, PaymentId, PaymentMethod, PaymentStatus, ProductId};
use mercadopago::control::{Delivery, Move, SandboxPayment};
use testkit::eventually;

use crate::rush::{PATIENCE, Shop, one};

/// How often a case is played, at most, in which something must not come before something else.
pub(super) const TRIES: usize = 20;

/// Why a case could not be played.
pub(super) type Trouble = Box<dyn Error + Send + Sync>;
/// A case under way; gives the order it is about.
pub(super) type Played = Pin<Box<dyn Future<Output = Result<OrderId, Trouble>> + Send>>;

/// Where a case is played.
#[derive(Clone)]
pub(super) struct Stage {
    pub(super) shop: Shop,
    /// A cashier's token.
    pub(super) cashier: String,
    pub(super) product: ProductId,
}

pub(super) fn to(status: OrderStatus, reason: Option<&str>) -> PatchOrder {
    PatchOrder { status: Some(status), reason: reason.map(str::to_owned), prioritized: None }
}

/// A refusal with this status and code, and no other answer.
pub(super) fn refused<T: Debug>(answer: Result<T, CallError>, status: u16, code: &str) -> Result<(), Trouble> {
    match answer {
        Err(CallError::Refused(problem, _)) if (problem.status, problem.code.as_str()) == (status, code) => Ok(()),
        other => Err(format!("{status} {code} was expected, and the answer was {other:?}").into()),
    }
}

impl Stage {
    /// An order of one piece, as the kiosk takes it.
    pub(super) async fn placed(&self, method: PaymentMethod) -> Result<Order, Trouble> {
        let body = NewOrder { payment_method: Some(method), ..one(self.product) };
        Ok(self.shop.kiosk().place(&body, None).await?)
    }

    /// Until the order has its charge: a payment is known before MercadoPago's double has answered. Fails for an order that
    /// ends before.
    pub(super) async fn charged(&self, id: OrderId) -> Result<PaymentId, Trouble> {
        let kiosk = self.shop.kiosk();
        let order = eventually(PATIENCE, || async {
            let order = kiosk.order(id).await.ok()?;
            let charged = order.qr_code.is_some() || order.payment_link.is_some();
            (charged || order.status != OrderStatus::Requested).then_some(order)
        });
        let Order { status, payment_id, .. } = order.await;
        let open = payment_id.filter(|_| status == OrderStatus::Requested);
        open.ok_or_else(|| format!("order {id} is {status} and was never seen with its charge").into())
    }

    /// Until the order is charged anew, after this payment.
    pub(super) async fn charged_after(&self, id: OrderId, before: PaymentId) {
        let kiosk = self.shop.kiosk();
        let anew = |order: &Order| order.payment_id != Some(before) && order.qr_code.is_some();
        eventually(PATIENCE, || async { kiosk.order(id).await.ok().filter(anew) }).await;
    }

    /// Until so much of the payment is back.
    pub(super) async fn is_back(&self, payment: PaymentId, centavos: i64) {
        let payments = self.shop.payments();
        let back = |seen: &Payment| seen.refunded_amount.centavos() == centavos;
        eventually(PATIENCE, || async { payments.payment(payment).await.ok().filter(back) }).await;
    }

    /// Whether the log of the payment has an event of this kind.
    pub(super) async fn has_event(&self, payment: PaymentId, kind: &str) -> Result<bool, Trouble> {
        Ok(self.shop.payments().events(payment).await?.iter().any(|event| event.kind == kind))
    }

    /// Until the log of the payment has an event of this kind.
    pub(super) async fn logged(&self, payment: PaymentId, kind: &str) {
        eventually(PATIENCE, || async { self.has_event(payment, kind).await.ok()?.then_some(()) }).await;
    }

    pub(super) async fn until(&self, id: OrderId, status: OrderStatus) -> Order {
        let kiosk = self.shop.kiosk();
        eventually(PATIENCE, || async { kiosk.order(id).await.ok().filter(|order| order.status == status) }).await
    }

    /// Until the payment service has given the charge up.
    pub(super) async fn closed(&self, payment: PaymentId) {
        let payments = self.shop.payments();
        let cancelled = |payment: &Payment| payment.status == PaymentStatus::Cancelled;
        eventually(PATIENCE, || async { payments.payment(payment).await.ok().filter(cancelled) }).await;
    }

    /// Until MercadoPago's double has given the charge up.
    pub(super) async fn given_up(&self, payment: PaymentId) {
        let cancelled = |charge: &SandboxPayment| charge.status == "cancelled";
        eventually(PATIENCE, || async { self.at_provider(payment).await.ok()?.into_iter().find(cancelled) }).await;
    }

    /// What MercadoPago's double has for a payment; newest first.
    pub(super) async fn at_provider(&self, payment: PaymentId) -> Result<Vec<SandboxPayment>, Trouble> {
        Ok(self.shop.sandbox.payments(&payment.to_string()).await?)
    }

    /// Until MercadoPago's double has a refund of the payment under way.
    pub(super) async fn waiting(&self, payment: PaymentId) -> SandboxPayment {
        let waits = |charge: &SandboxPayment| charge.refunds_in_process > 0;
        eventually(PATIENCE, || async { self.at_provider(payment).await.ok()?.into_iter().find(waits) }).await
    }

    /// Moves the Pix at MercadoPago's double, and notifies.
    pub(super) async fn moves(&self, payment: PaymentId, status: &str) -> Result<(), Trouble> {
        self.moves_as(payment, &Move::to(status)).await
    }

    /// The same without a notification.
    pub(super) async fn moves_silently(&self, payment: PaymentId, status: &str) -> Result<(), Trouble> {
        let delivery = Delivery { notify: false, ..Delivery::default() };
        self.moves_as(payment, &Move { delivery, ..Move::to(status) }).await
    }

    async fn moves_as(&self, payment: PaymentId, wanted: &Move) -> Result<(), Trouble> {
        let found = self.at_provider(payment).await?;
        let last = found.first().ok_or("MercadoPago's double has no such payment")?;
        self.shop.sandbox.move_payment(&last.id, wanted).await?;
        Ok(())
    }

    /// A Pix order whose money has come, and its payment.
    pub(super) async fn paid(&self) -> Result<(OrderId, PaymentId), Trouble> {
        let id = self.placed(PaymentMethod::Pix).await?.id;
        let payment = self.charged(id).await?;
        self.moves(payment, "approved").await?;
        self.until(id, OrderStatus::Paid).await;
        Ok((id, payment))
    }

    /// The kitchen takes it so far.
    pub(super) async fn cooked(&self, id: OrderId, until: OrderStatus) -> Result<(), Trouble> {
        for status in [OrderStatus::Preparing, OrderStatus::ReadyForPickup, OrderStatus::Delivered] {
            self.shop.kitchen().patch_order(id, &to(status, None), None).await?;
            if status == until {
                break;
            }
        }
        Ok(())
    }

    /// The administrator gives money back: a sum in centavos, or all of it.
    pub(super) async fn gives_back(
        &self,
        payment: PaymentId,
        centavos: Option<i64>,
        key: &str,
    ) -> Result<Payment, CallError> {
        let body = NewRefund { amount: centavos.map(Money::from_centavos), reason: "faltou um item".to_owned() };
        self.shop.payments().refund(payment, &body, key).await.map(|done| done.payment)
    }
}
