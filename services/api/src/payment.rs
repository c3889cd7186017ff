//! Bodies of the payment service (contract §5).

use domain::{CustomerId, Email, EntryId, Money, OrderId, PaymentId, PaymentMethod, PaymentStatus, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Picture;
use crate::order::TrackingActor;

/// Body of `POST /payments`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPayment {
    /// For which order.
    pub order_id: OrderId,
    /// How much, in reais, up to 99,999.99.
    #[schema(value_type = f64, minimum = 0.01, maximum = 99999.99, multiple_of = 0.01)]
    pub amount: Money,
    /// What the customer reads at MercadoPago.
    #[schema(min_length = 1, max_length = 200)]
    pub description: String,
    /// Who pays; none for an anonymous order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<CustomerId>,
    /// `BRL`, and nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 3, max_length = 3, pattern = "^BRL$")]
    pub currency: Option<String>,
    /// Where MercadoPago sends its receipt.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "crate::expose::email_if_any")]
    pub email: Option<Email>,
    /// How; Pix when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<PaymentMethod>,
    /// Which attempt of the order it is; 1 when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1000)]
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub attempt: Option<u32>,
    /// Until when it can be paid; the service's own default when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// A payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Payment {
    /// The id.
    pub payment_id: PaymentId,
    /// Of which order.
    pub order_id: OrderId,
    /// Who pays.
    pub customer_id: Option<CustomerId>,
    /// How much, in reais.
    pub amount: Money,
    /// How much went back, in reais.
    pub refunded_amount: Money,
    /// Always `BRL`.
    pub currency: String,
    /// How.
    pub method: PaymentMethod,
    /// Where it is.
    pub status: PaymentStatus,
    /// MercadoPago's detail, or ours where MercadoPago has none.
    pub status_detail: String,
    /// MercadoPago's id: of the payment that speaks for this one, or of the preference.
    pub provider_payment_id: Option<String>,
    /// The Pix copy-and-paste text.
    pub qr_code: Option<String>,
    /// The QR code as a PNG in base64. Always there in an answer about one payment, `null` without a QR code; never in a
    /// list.
    #[serde(default, skip_serializing_if = "Picture::is_left_out")]
    #[schema(value_type = Option<String>, required = false)]
    pub qr_code_base64: Picture,
    /// MercadoPago's page where it is paid.
    pub payment_link: Option<String>,
    /// Until when it can be paid.
    pub expires_at: Option<Timestamp>,
    /// Asked for at.
    pub created_at: Timestamp,
    /// Last changed at.
    pub updated_at: Timestamp,
}

/// Body of `PATCH /payments/{id}`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PatchPayment {
    /// `approved` or `cancelled`, and only while it is open.
    pub status: PaymentStatus,
    /// Why.
    #[schema(min_length = 1, max_length = 200)]
    pub reason: String,
}

/// Body of `POST /payments/{id}/refund`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRefund {
    /// How much, in reais; all that is left when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>, minimum = 0.01, multiple_of = 0.01)]
    pub amount: Option<Money>,
    /// Why.
    #[schema(min_length = 1, max_length = 200)]
    pub reason: String,
}

/// Body of `POST /internal/payments/counter`: cash that was taken at the counter.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CounterPayment {
    /// For which order.
    pub order_id: OrderId,
    /// How much, in reais.
    pub amount: Money,
    /// Which attempt of the order it is.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub attempt: u32,
    /// Who pays.
    pub customer_id: Option<CustomerId>,
    /// Who took it.
    pub actor: TrackingActor,
}

/// One row of a payment's append-only log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PaymentEvent {
    /// The row.
    pub id: EntryId,
    /// When.
    pub at: Timestamp,
    /// What: `created`, `charge_sent`, `provider_report`, `status`, `manual`, `refund_requested`, `mismatch`…
    pub kind: String,
    /// Where the payment was after it.
    pub status: PaymentStatus,
    /// Who or what did it: a role with an id, `mercadopago`, or the service itself.
    pub actor: String,
    /// More, in a few words or values; never a person's data.
    pub detail: Option<String>,
}

/// Body of `POST /internal/orders/{order_id}/charge/cancel`: the order can't be paid any more, or not this way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CancelCharge {
    /// Only charges up to this attempt; a later one stays.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub attempt: u32,
    /// Why.
    pub reason: String,
}

/// Answer to [`CancelCharge`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CancelledCharge {
    /// The order's latest payment up to that attempt as it stands now: `cancelled`, or `approved` where the money came
    /// first. None when there never was one.
    pub payment: Option<Payment>,
    /// Which attempt of the order that payment is.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub attempt: Option<u32>,
    /// Its version, as in what the order is told of it: this answer takes its turn among those.
    #[serde(default)]
    pub version: u64,
}

/// Answer of `POST /internal/customers/{customer_id}/erase` of the payment service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErasedPayments {
    /// The person.
    pub customer_id: CustomerId,
    /// How many payments named the person.
    pub payments: u32,
    /// When none did any more.
    pub erased_at: Timestamp,
}
