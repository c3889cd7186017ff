use domain::{OrderId, PaymentId, PaymentStatus};
use reqwest::Method;

use super::{CallError, Http, Page};
use crate::payment::{
    CancelCharge, CancelledCharge, CounterPayment, NewPayment, NewRefund, PatchPayment, Payment, PaymentEvent, Refunded,
};

/// The payment service.
#[derive(Clone)]
pub struct PaymentClient(Http);

/// Which payments to list; `None` leaves a filter out.
#[derive(Debug, Clone, Default)]
pub struct PaymentFilter {
    /// Only this order's.
    pub order_id: Option<OrderId>,
    /// Only in this status.
    pub status: Option<PaymentStatus>,
    /// How many to pass over.
    pub skip: u32,
    /// How many to return; the service's default when `None`.
    pub limit: Option<u32>,
}

impl PaymentClient {
    /// Talks to the payment service at this address.
    pub fn new(http: Http) -> Self {
        PaymentClient(http)
    }

    /// The address and token underneath.
    pub fn http(&self) -> &Http {
        &self.0
    }

    /// Asks for a charge; with the same key, the same charge.
    pub async fn create(&self, body: &NewPayment, idempotency_key: &str) -> Result<Payment, CallError> {
        let request = self.0.request(Method::POST, "/payments").header("idempotency-key", idempotency_key).json(body);
        self.0.call(request).await
    }

    /// One payment.
    pub async fn payment(&self, id: PaymentId) -> Result<Payment, CallError> {
        self.0.get(&format!("/payments/{id}")).await
    }

    /// A page of the payments, newest first.
    pub async fn payments(&self, filter: &PaymentFilter) -> Result<Page<Payment>, CallError> {
        let mut query = vec![("skip", filter.skip.to_string())];
        query.extend(filter.limit.map(|v| ("limit", v.to_string())));
        query.extend(filter.order_id.map(|v| ("order_id", v.to_string())));
        query.extend(filter.status.map(|v| ("status", v.to_string())));
        self.0.list("/payments", &query).await
    }

    /// The log of a payment, oldest first.
    pub async fn events(&self, id: PaymentId) -> Result<Vec<PaymentEvent>, CallError> {
        self.0.get(&format!("/payments/{id}/events")).await
    }

    /// Changes a payment by hand.
    pub async fn patch(&self, id: PaymentId, body: &PatchPayment) -> Result<Payment, CallError> {
        self.0.patch(&format!("/payments/{id}"), body).await
    }

    /// Asks for money to go back; with the same key, once.
    pub async fn refund(&self, id: PaymentId, body: &NewRefund, idempotency_key: &str) -> Result<Refunded, CallError> {
        let path = format!("/payments/{id}/refund");
        let request = self.0.request(Method::POST, &path).header("idempotency-key", idempotency_key).json(body);
        self.0.call(request).await
    }

    /// Records cash that was taken at the counter; for the order service.
    pub async fn counter(&self, body: &CounterPayment, idempotency_key: &str) -> Result<Payment, CallError> {
        let path = "/internal/payments/counter";
        let request = self.0.request(Method::POST, path).header("idempotency-key", idempotency_key).json(body);
        self.0.call(request).await
    }

    /// Closes an order's live charge, if it has one; for the order service. The answer of MercadoPago is believed, so it
    /// may come back approved.
    pub async fn cancel_charge(&self, order: OrderId, body: &CancelCharge) -> Result<CancelledCharge, CallError> {
        self.0.post(&format!("/internal/orders/{order}/charge/cancel"), body).await
    }
}
