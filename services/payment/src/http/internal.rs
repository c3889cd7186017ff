use api::payment::{CancelCharge, CancelledCharge, CounterPayment, ErasedPayments, Payment};
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use domain::{CustomerId, MAX_TOTAL, Money, OrderId};
use web::{Fail, Faults, PathId, RawBody, Who};

use super::access::{Services, actor};
use super::payments::created;
use super::{Desks, error};
use crate::payment::Actor;

/// Records cash that was taken at the counter, once per order and attempt, and closes the order's live charge.
#[utoipa::path(
    post,
    path = "/internal/payments/counter",
    tag = "internal",
    security(("bearer" = [])),
    request_body = CounterPayment,
    responses((status = 201, description = "The approved payment", body = Payment))
)]
pub(super) async fn counter(State(desk): State<Desks>, _who: Who<Services>, body: RawBody) -> Result<Response, Fail> {
    let cash: CounterPayment = body.read().await?;
    if !cash.amount.is_positive() || cash.amount > Money::from_centavos(MAX_TOTAL) {
        let mut faults = Faults::new();
        faults.body("/amount", "de 0,01 a 99.999,99", "from 0.01 to 99,999.99");
        return Err(error::invalid(faults));
    }
    let actor = Actor::Person { role: cash.actor.role, id: cash.actor.id.chars().take(80).collect() };
    let (payment, replayed) = desk.take_cash(&cash, &actor).await.map_err(error::create)?;
    Ok(created(payment.full(), replayed))
}

/// Gives up the live charge of an order. MercadoPago's answer is believed, so it may come back approved; where the
/// answer takes longer, the payment comes back as it is and the order is told later.
#[utoipa::path(
    post,
    path = "/internal/orders/{order_id}/charge/cancel",
    tag = "internal",
    security(("bearer" = [])),
    params(("order_id" = OrderId, Path, description = "The order")),
    request_body = CancelCharge,
    responses((status = 200, description = "The latest payment up to that attempt", body = CancelledCharge))
)]
pub(super) async fn cancel_charge(
    State(desk): State<Desks>,
    who: Who<Services>,
    PathId(order): PathId<OrderId>,
    body: RawBody,
) -> Result<Json<CancelledCharge>, Fail> {
    let cancel: CancelCharge = body.read().await?;
    let payment = desk.cancel_charge(order, cancel.attempt, &actor(&who)).await.map_err(error::store)?;
    Ok(Json(CancelledCharge {
        attempt: payment.as_ref().map(|payment| payment.attempt),
        version: payment.as_ref().map_or(0, |payment| payment.version),
        payment: payment.map(|payment| payment.full()),
    }))
}

/// Takes a person out of their payments, which stay: no payment names the customer, no e-mail is left, and neither are
/// the descriptions, reasons and idempotency keys that people made up. Again it finds nothing more. What MercadoPago was
/// told stays with MercadoPago.
#[utoipa::path(
    post,
    path = "/internal/customers/{customer_id}/erase",
    tag = "internal",
    security(("bearer" = [])),
    params(("customer_id" = CustomerId, Path, description = "The person")),
    responses((status = 200, description = "How many payments named the person", body = ErasedPayments))
)]
pub(super) async fn erase_customer(
    State(desk): State<Desks>,
    who: Who<Services>,
    PathId(customer_id): PathId<CustomerId>,
) -> Result<Json<ErasedPayments>, Fail> {
    let payments = desk.erase_customer(customer_id, &actor(&who)).await.map_err(error::store)?;
    Ok(Json(ErasedPayments { customer_id, payments, erased_at: desk.now() }))
}
