use domain::{CategoryId, CustomerId, OrderId, OrderStatus, PaymentMethod, ProductId};
use reqwest::Method;
use serde::{Deserialize, Serialize};

use super::{CallError, Http, Page};
use crate::order::{
    Category, NewCategory, NewOrder, NewProduct, NoticeAnswer, Order, Panel, PatchCategory, PatchOrder, PatchProduct,
    PayAgain, PaymentNotice, Product, QueueEntry, Shift, StrikeItem, TrackingRow,
};

/// The order service.
#[derive(Clone)]
pub struct OrderClient(Http);

/// Which orders to list; `None` leaves a filter out.
#[derive(Debug, Clone, Default)]
pub struct OrderFilter {
    /// Only this customer's.
    pub customer_id: Option<CustomerId>,
    /// Only in this status.
    pub status: Option<OrderStatus>,
    /// How many to pass over.
    pub skip: u32,
    /// How many to return; the service's default when `None`.
    pub limit: Option<u32>,
}

/// A new state of the queue and the tag to ask for the next one with.
#[derive(Debug, Clone)]
pub struct Queue {
    /// The entries in the kitchen's order.
    pub entries: Vec<QueueEntry>,
    /// The `ETag`.
    pub etag: Option<String>,
}

/// What an answer with the queue, or without it because it is still the same, says besides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aside {
    /// What the order service has still to tell the payment service.
    pub unsent: Option<Unsent>,
    /// Whether real money moves; `None` while the service does not know.
    pub live: Option<bool>,
}

/// What the order service has still to tell the payment service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsent {
    /// Errands that wait or are being done.
    pub open: u64,
    /// Errands that were given up; somebody must look.
    pub dead: u64,
}

impl OrderClient {
    /// Talks to the order service at this address.
    pub fn new(http: Http) -> Self {
        OrderClient(http)
    }

    /// The address and token underneath.
    pub fn http(&self) -> &Http {
        &self.0
    }

    /// A page of the categories, by position.
    pub async fn categories(&self, skip: u32, limit: u32) -> Result<Page<Category>, CallError> {
        self.0.list("/categories", &[("skip", skip.to_string()), ("limit", limit.to_string())]).await
    }

    /// A page of the products, in the order of the menu.
    pub async fn products(&self, skip: u32, limit: u32) -> Result<Page<Product>, CallError> {
        self.0.list("/products", &[("skip", skip.to_string()), ("limit", limit.to_string())]).await
    }

    /// One product.
    pub async fn product(&self, id: ProductId) -> Result<Product, CallError> {
        self.0.get(&format!("/products/{id}")).await
    }

    /// Adds a category.
    pub async fn create_category(&self, body: &NewCategory) -> Result<Category, CallError> {
        self.0.post("/categories", body).await
    }

    /// Changes a category.
    pub async fn patch_category(&self, id: CategoryId, body: &PatchCategory) -> Result<Category, CallError> {
        self.0.patch(&format!("/categories/{id}"), body).await
    }

    /// Adds a product.
    pub async fn create_product(&self, body: &NewProduct) -> Result<Product, CallError> {
        self.0.post("/products", body).await
    }

    /// Changes a product.
    pub async fn patch_product(&self, id: ProductId, body: &PatchProduct) -> Result<Product, CallError> {
        self.0.patch(&format!("/products/{id}"), body).await
    }

    /// Places an order; with the same key, the same order.
    pub async fn place(&self, body: &NewOrder, idempotency_key: Option<&str>) -> Result<Order, CallError> {
        let mut request = self.0.request(Method::POST, "/orders").json(body);
        if let Some(key) = idempotency_key {
            request = request.header("idempotency-key", key);
        }
        self.0.call(request).await
    }

    /// One order.
    pub async fn order(&self, id: OrderId) -> Result<Order, CallError> {
        self.0.get(&format!("/orders/{id}")).await
    }

    /// A page of the orders, newest first.
    pub async fn orders(&self, filter: &OrderFilter) -> Result<Page<Order>, CallError> {
        let mut query = vec![("skip", filter.skip.to_string())];
        query.extend(filter.limit.map(|v| ("limit", v.to_string())));
        query.extend(filter.customer_id.map(|v| ("customer_id", v.to_string())));
        query.extend(filter.status.map(|v| ("status", v.to_string())));
        self.0.list("/orders", &query).await
    }

    /// The history of an order.
    pub async fn tracking(&self, id: OrderId) -> Result<Vec<TrackingRow>, CallError> {
        self.0.get(&format!("/orders/{id}/tracking")).await
    }

    /// Moves an order, or pulls it to the front.
    pub async fn patch_order(&self, id: OrderId, body: &PatchOrder, version: Option<u64>) -> Result<Order, CallError> {
        let mut request = self.0.request(Method::PATCH, &format!("/orders/{id}")).json(body);
        if let Some(version) = version {
            request = request.header("if-match", format!("\"{version}\""));
        }
        self.0.call(request).await
    }

    /// Strikes a line out, or takes the strike back; lines count from 1.
    pub async fn strike(&self, id: OrderId, line: u32, struck: bool) -> Result<Order, CallError> {
        self.0.patch(&format!("/orders/{id}/items/{line}"), &StrikeItem { struck }).await
    }

    /// Opens the next attempt to pay an order.
    pub async fn pay_again(&self, id: OrderId, method: PaymentMethod) -> Result<Order, CallError> {
        self.0.post(&format!("/orders/{id}/payment"), &PayAgain { payment_method: method }).await
    }

    /// The kitchen's queue, or `None` while it is still the one with this tag.
    pub async fn queue(&self, etag: Option<&str>) -> Result<Option<Queue>, CallError> {
        let changed = self.0.get_if_changed("/orders/queue", etag).await?;
        Ok(changed.map(|(entries, etag)| Queue { entries, etag }))
    }

    /// The queue as [`queue`](Self::queue) has it, and what the answer says besides.
    pub async fn queue_and_aside(&self, etag: Option<&str>) -> Result<(Option<Queue>, Aside), CallError> {
        let (changed, head) = self.0.get_if_changed_and_head("/orders/queue", etag).await?;
        let text = |name: &str| head.get(name)?.to_str().ok();
        let count = |name: &str| text(name)?.parse().ok();
        let unsent = count("x-outbox-open").zip(count("x-outbox-dead")).map(|(open, dead)| Unsent { open, dead });
        let live = text("x-payments-live").and_then(|live| live.parse().ok());
        Ok((changed.map(|(entries, etag)| Queue { entries, etag }), Aside { unsent, live }))
    }

    /// The pick-up screen, or `None` while it is still the one with this tag.
    pub async fn panel(&self, etag: Option<&str>) -> Result<Option<(Panel, Option<String>)>, CallError> {
        self.0.get_if_changed("/orders/panel", etag).await
    }

    /// How today is going.
    pub async fn shift(&self) -> Result<Shift, CallError> {
        self.0.get("/orders/shift").await
    }

    /// Tells an order what became of its money; for the payment service.
    pub async fn notify_payment(&self, id: OrderId, notice: &PaymentNotice) -> Result<NoticeAnswer, CallError> {
        self.0.post(&format!("/internal/orders/{id}/payment"), notice).await
    }
}
