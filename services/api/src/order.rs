//! Bodies of the order service (contract §4).

use domain::order::StepKind;
use domain::{
    CategoryId, CustomerId, Email, Money, OrderId, OrderStatus, PaymentId, PaymentMethod, PaymentStatus, ProductId,
    Role, Timestamp,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Picture;

/// A group of the menu.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Category {
    /// The id.
    pub id: CategoryId,
    /// Unique, whatever the case.
    pub name: String,
    /// Place on the menu, smallest first.
    pub position: u32,
}

/// Body of `POST /categories`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCategory {
    /// Unique, whatever the case.
    #[schema(min_length = 1, max_length = 80)]
    pub name: String,
    /// Place on the menu; after the last when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 9999)]
    pub position: Option<u32>,
}

/// Body of `PATCH /categories/{id}`; what is left out stays.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PatchCategory {
    /// Unique, whatever the case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_length = 1, max_length = 80)]
    pub name: Option<String>,
    /// Place on the menu.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, maximum = 9999)]
    pub position: Option<u32>,
}

/// Something on the menu.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Product {
    /// The id.
    pub id: ProductId,
    /// Unique, whatever the case.
    pub name: String,
    /// What it is made of.
    pub description: String,
    /// In reais.
    pub price: Money,
    /// Its group.
    pub category_id: CategoryId,
    /// Whether it can be ordered now.
    pub enabled: bool,
}

/// Body of `POST /products`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProduct {
    /// Unique, whatever the case.
    #[schema(min_length = 1, max_length = 80)]
    pub name: String,
    /// What it is made of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 300)]
    pub description: Option<String>,
    /// In reais, from 0.01 to 9,999.99.
    #[schema(value_type = f64, minimum = 0.01, maximum = 9999.99, multiple_of = 0.01)]
    pub price: Money,
    /// Its group.
    pub category_id: CategoryId,
    /// Whether it can be ordered at once; yes when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// Body of `PATCH /products/{id}`; what is left out stays. Orders keep the name and price they were placed with.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PatchProduct {
    /// Unique, whatever the case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_length = 1, max_length = 80)]
    pub name: Option<String>,
    /// What it is made of; empty takes it away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 300)]
    pub description: Option<String>,
    /// In reais, from 0.01 to 9,999.99.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<f64>, minimum = 0.01, maximum = 9999.99, multiple_of = 0.01)]
    pub price: Option<Money>,
    /// Its group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub category_id: Option<CategoryId>,
    /// Whether it can be ordered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub enabled: Option<bool>,
}

/// Body of `POST /orders`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrder {
    /// For whom; a customer may leave it out, a kiosk leaves it out for an anonymous order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<CustomerId>,
    /// What is ordered.
    #[schema(min_items = 1, max_items = 50)]
    pub order_items: Vec<NewLine>,
    /// How it will be paid; Pix when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_method: Option<PaymentMethod>,
    /// Where MercadoPago sends its receipt.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "crate::expose::email_if_any")]
    pub email: Option<Email>,
    /// What the board calls at pick-up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 40)]
    pub pickup_name: Option<String>,
}

/// One line of a new order. Name and price come from the menu, never from here.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLine {
    /// What.
    pub product_id: ProductId,
    /// How many.
    #[schema(minimum = 1, maximum = 99)]
    pub quantity: u32,
    /// How it is wanted: `sem cebola`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 300)]
    pub comment: Option<String>,
}

/// An order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Order {
    /// The id.
    pub id: OrderId,
    /// The short pick-up number, unique in its day.
    pub number: u32,
    /// Who ordered; none for an anonymous order.
    pub customer_id: Option<CustomerId>,
    /// What the board calls at pick-up.
    pub pickup_name: Option<String>,
    /// Whether it goes first inside its status.
    pub prioritized: bool,
    /// Where it is.
    pub status: OrderStatus,
    /// Where its money is.
    pub payment_status: PaymentStatus,
    /// How it is paid.
    pub payment_method: PaymentMethod,
    /// The total, in reais.
    pub amount: Money,
    /// Always `BRL`.
    pub currency: String,
    /// The payment, once there is one.
    pub payment_id: Option<PaymentId>,
    /// The Pix copy-and-paste text.
    pub qr_code: Option<String>,
    /// The QR code as a PNG in base64. Always there in an answer about one order, `null` without a QR code; never in a
    /// list.
    #[serde(default, skip_serializing_if = "Picture::is_left_out")]
    #[schema(value_type = Option<String>, required = false)]
    pub qr_code_base64: Picture,
    /// MercadoPago's page where the order is paid.
    pub payment_link: Option<String>,
    /// Until when it can be paid.
    pub expires_at: Option<Timestamp>,
    /// The lines, in the order they were placed.
    pub items: Vec<OrderItem>,
    /// Placed at.
    pub created_at: Timestamp,
    /// Last changed at.
    pub updated_at: Timestamp,
    /// Paid at.
    pub paid_at: Option<Timestamp>,
    /// Ready at.
    pub ready_at: Option<Timestamp>,
    /// Delivered at.
    pub delivered_at: Option<Timestamp>,
    /// Grows by one with each change; `If-Match` names it.
    pub version: u64,
}

/// One line of an order, as it was on the menu when the order was placed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderItem {
    /// Its number in the order, from 1.
    pub line: u32,
    /// What.
    pub product_id: ProductId,
    /// Its group at that time.
    pub category_id: CategoryId,
    /// Its name at that time.
    pub name: String,
    /// The price of one at that time, in reais.
    pub price: Money,
    /// How many.
    pub quantity: u32,
    /// How it is wanted.
    pub comment: Option<String>,
    /// Price times quantity, in reais.
    pub total: Money,
    /// When the kitchen struck it out as done.
    pub struck_at: Option<Timestamp>,
}

/// An order as the kitchen's queue shows it: no customer, no QR code, no link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QueueEntry {
    /// The id.
    pub id: OrderId,
    /// The short pick-up number.
    pub number: u32,
    /// What the board calls at pick-up.
    pub pickup_name: Option<String>,
    /// Whether it goes first inside its status.
    pub prioritized: bool,
    /// Where it is.
    pub status: OrderStatus,
    /// Where its money is.
    pub payment_status: PaymentStatus,
    /// How it was paid.
    pub payment_method: PaymentMethod,
    /// The total, in reais.
    pub amount: Money,
    /// The lines, in the order they were placed.
    pub items: Vec<OrderItem>,
    /// Placed at.
    pub created_at: Timestamp,
    /// Last changed at.
    pub updated_at: Timestamp,
    /// Paid at.
    pub paid_at: Option<Timestamp>,
    /// Ready at.
    pub ready_at: Option<Timestamp>,
    /// Delivered at; only an event of `GET /orders/events` carries one.
    pub delivered_at: Option<Timestamp>,
    /// Grows by one with each change.
    pub version: u64,
}

/// Body of `PATCH /orders/{id}`: a new status, or a place in front, or both.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PatchOrder {
    /// Where it shall go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub status: Option<OrderStatus>,
    /// Why; needed to cancel or reject what is paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub reason: Option<String>,
    /// Whether it goes first inside its status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub prioritized: Option<bool>,
}

/// Body of `PATCH /orders/{id}/items/{line}`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StrikeItem {
    /// Whether the line is done.
    pub struck: bool,
}

/// Body of `POST /orders/{id}/payment`: the next attempt to pay.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PayAgain {
    /// How this time.
    pub payment_method: PaymentMethod,
}

/// One row of an order's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TrackingRow {
    /// Where it went.
    pub status: OrderStatus,
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub actor: TrackingActor,
    /// Why, where one was given.
    pub reason: Option<String>,
    /// Forward or back.
    pub kind: StepKind,
}

/// Who changed an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TrackingActor {
    /// As what.
    pub role: Role,
    /// The subject of the token, or the name of the service.
    pub id: String,
    /// What the device is called, where the token was issued with a name: several boards of one kitchen have one subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl TrackingActor {
    /// Somebody without a name.
    pub fn new(role: Role, id: impl Into<String>) -> Self {
        TrackingActor { role, id: id.into(), name: None }
    }

    /// By what people know it: the name, or else the id.
    pub fn label(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.id)
    }
}

/// The public pick-up screen: numbers and nothing else.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Panel {
    /// Being prepared.
    pub preparing: Vec<u32>,
    /// To be picked up.
    pub ready: Vec<u32>,
}

/// How today is going: the orders placed on this business day that were paid and not given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Shift {
    /// The business day, as `2026-11-23`.
    pub day: String,
    /// How many there are.
    pub orders: u32,
    /// How many of them the kitchen still has: paid, preparing or ready for pick-up.
    pub open: u32,
    /// From the money to ready, on average, in whole seconds; `null` before the first is ready.
    pub average_seconds: Option<u64>,
    /// Nine of ten were ready within this, in whole seconds (nearest rank).
    pub p90_seconds: Option<u64>,
    /// The item whose orders took longest on average.
    pub slowest: Option<SlowItem>,
    /// The hour in which most were placed; the first of several.
    pub peak_hour: Option<PeakHour>,
}

/// An item whose orders take long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SlowItem {
    /// What.
    pub name: String,
    /// From the money to ready, on average of the orders with it, in whole seconds.
    pub average_seconds: u64,
    /// How many orders with it are or were ready.
    pub count: u32,
}

/// The hour with the most orders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PeakHour {
    /// When it began on the clock of the shop, as `12:00`.
    pub hour: String,
    /// How many orders were placed in it.
    pub orders: u32,
}

/// Answer of `POST /internal/customers/{customer_id}/erase` of the order service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErasedOrders {
    /// The person.
    pub customer_id: CustomerId,
    /// How many orders named the person.
    pub orders: u32,
    /// When none did any more.
    pub erased_at: Timestamp,
}

/// Body of `POST /internal/orders/{id}/payment`: what the payment service knows of an order's money. Unknown
/// fields are passed over, so that the two services can be upgraded one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PaymentNotice {
    /// The payment.
    pub payment_id: PaymentId,
    /// Which attempt of the order it is, from 1.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub attempt: u32,
    /// Grows with each change of the payment; a lower one is stale.
    pub version: u64,
    /// How it is paid.
    pub method: PaymentMethod,
    /// Where the payment is.
    pub status: PaymentStatus,
    /// MercadoPago's detail.
    pub status_detail: String,
    /// What was asked for, in reais.
    pub amount: Money,
    /// What came, in reais.
    pub paid_amount: Money,
    /// What went back, in reais.
    pub refunded_amount: Money,
    /// The Pix copy-and-paste text.
    pub qr_code: Option<String>,
    /// MercadoPago's page where it is paid.
    pub payment_link: Option<String>,
    /// Until when it can be paid.
    pub expires_at: Option<Timestamp>,
}

/// Answer to a [`PaymentNotice`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NoticeAnswer {
    /// What came of it.
    pub outcome: NoticeOutcome,
}

/// What came of a [`PaymentNotice`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoticeOutcome {
    /// The order took it in.
    Applied,
    /// The order knew that or more already.
    Stale,
    /// The money can't be kept; the order asks for its return.
    RefundRequested,
}
