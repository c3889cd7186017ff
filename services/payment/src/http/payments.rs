use api::payment::{NewPayment, NewRefund, PatchPayment, Payment, PaymentEvent, Refunded};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{CustomerId, MAX_REASON, OrderId, PaymentId, PaymentStatus, Role, Timestamp, clean_line, is_plain};
use serde::Deserialize;
use utoipa::IntoParams;
use web::{Fail, Faults, IdempotencyKey, NoParams, Paged, Params, RawBody, Who, listed};

use super::access::{Admins, Chargers, Readers, Seen, Sight, actor};
use super::{Desks, error};
use crate::idempotency::Key;
use crate::payment::{AskRefund, Charge};
use crate::store::Filter;

/// Says that the answer was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// MercadoPago takes a Pix for at most 30 days (Pix integration page).
const FARTHEST: std::time::Duration = std::time::Duration::from_secs(30 * 24 * 3600);

/// 201 with the payment and where it is.
pub(super) fn created(payment: Payment, replayed: bool) -> Response {
    let location = HeaderValue::from_str(&format!("/payments/{}", payment.payment_id));
    let mut response = (StatusCode::CREATED, Json(payment)).into_response();
    if let Ok(location) = location {
        response.headers_mut().insert(header::LOCATION, location);
    }
    mark(&mut response, replayed);
    response
}

fn mark(response: &mut Response, replayed: bool) {
    if replayed {
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    }
}

/// Asks for a charge.
///
/// Answers as soon as MercadoPago has made it, or after a short wait without QR code and link, which then follow. The
/// method `counter` asks nobody.
#[utoipa::path(
    post,
    path = "/payments",
    tag = "payments",
    security(("bearer" = [])),
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key and body make one charge")),
    request_body = NewPayment,
    responses(
        (status = 201, description = "The payment", body = Payment),
        (status = 409, description = "`charge_exists`, with the id of the order's live charge"),
        (status = 422, description = "`invalid_body`, or `idempotency_mismatch`"),
    )
)]
pub(super) async fn create(
    State(desk): State<Desks>,
    who: Who<Chargers>,
    key: Result<IdempotencyKey, Fail>,
    body: RawBody,
) -> Result<Response, Fail> {
    let new: NewPayment = body.read().await?;
    let IdempotencyKey(key) = key?;
    check(&new, desk.now())?;
    let key = key.map(|key| Key::new(&who.subject, "POST /payments", &key, &told_apart(&new, who.role)));
    let charge = Charge {
        order_id: new.order_id,
        attempt: new.attempt.unwrap_or(1),
        customer_id: new.customer_id,
        amount: new.amount,
        method: new.method.unwrap_or_default(),
        description: new.description.trim().to_owned(),
        email: new.email,
        expires_at: new.expires_at.unwrap_or_else(|| desk.now().plus(desk.timings.expires_after)),
        key,
    };
    let (payment, replayed) = desk.create(charge, &actor(&who)).await.map_err(error::create)?;
    Ok(created(payment.full(), replayed))
}

/// What makes the same key another request. The order service asks once more without the person, if that was erased in the
/// meantime.
fn told_apart(new: &NewPayment, role: Role) -> NewPayment {
    match role {
        Role::Service => NewPayment { customer_id: None, email: None, ..new.clone() },
        _ => new.clone(),
    }
}

/// What the schema can't say.
fn check(new: &NewPayment, now: Timestamp) -> Result<(), Fail> {
    let mut faults = Faults::new();
    if new.description.trim().is_empty() || !is_plain(&new.description) {
        faults.body("/description", "uma linha de texto sem caracteres invisíveis", "a line of plain text");
    }
    if new.expires_at.is_some_and(|at| at <= now) {
        faults.body("/expires_at", "já passou", "is in the past");
    }
    if new.expires_at.is_some_and(|at| at > now.plus(FARTHEST)) {
        faults.body("/expires_at", "no máximo daqui a 30 dias", "at most 30 days ahead");
    }
    faults.check()
}

/// Which payments to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Only this one.
    payment_id: Option<PaymentId>,
    /// Only this order's.
    order_id: Option<OrderId>,
    /// Only this customer's.
    customer_id: Option<CustomerId>,
    /// Only in this status.
    status: Option<PaymentStatus>,
}

/// Lists payments, newest first; a customer sees their own.
#[utoipa::path(
    get,
    path = "/payments",
    tag = "payments",
    security(("bearer" = [])),
    params(Wanted, web::PageParams),
    responses((status = 200, description = "A page of payments, without pictures", body = Vec<Payment>))
)]
pub(super) async fn list(
    State(desk): State<Desks>,
    who: Who<Readers>,
    wanted: Paged<Wanted>,
) -> Result<Response, Fail> {
    let Paged { filter: wanted, page } = wanted;
    let (customer_id, created_after) = match (Sight::of(&who, desk.now()), wanted.customer_id) {
        (Sight::All, asked) => (asked, None),
        (Sight::Own(own, after), asked) if asked.is_none_or(|asked| asked == own) => (Some(own), after),
        (Sight::Own(..) | Sight::Nothing, _) => return Ok(listed(Vec::<Payment>::new(), 0)),
    };
    let Wanted { payment_id, order_id, status, .. } = wanted;
    let filter = Filter { payment_id, order_id, customer_id, status, created_after };
    let found = desk.store.list(filter, page).await.map_err(error::store)?;
    Ok(listed(found.items.iter().map(|payment| payment.row()).collect(), u64::from(found.total)))
}

/// Shows a payment.
#[utoipa::path(
    get,
    path = "/payments/{id}",
    tag = "payments",
    security(("bearer" = [])),
    params(("id" = PaymentId, Path, description = "The payment")),
    responses(
        (status = 200, description = "The payment, with its QR code drawn", body = Payment),
        (status = 404, description = "No such payment, or somebody else's"),
    )
)]
pub(super) async fn show(seen: Seen<Readers>, _: Params<NoParams>) -> Json<Payment> {
    Json(seen.payment.full())
}

/// Decides an open payment by hand: `approved` or `cancelled`. The charge at MercadoPago is given up in both cases.
///
/// Money that had come through MercadoPago by then is what an approval speaks of; money that comes later is another sum,
/// and goes back by itself.
#[utoipa::path(
    patch,
    path = "/payments/{id}",
    tag = "payments",
    security(("bearer" = [])),
    params(("id" = PaymentId, Path, description = "The payment")),
    request_body = PatchPayment,
    responses(
        (status = 200, description = "The payment", body = Payment),
        (status = 409, description = "`illegal_transition`: the payment is not open, or can't be brought there by hand"),
    )
)]
pub(super) async fn decide(
    State(desk): State<Desks>,
    seen: Seen<Admins>,
    body: RawBody,
) -> Result<Json<Payment>, Fail> {
    let patch: PatchPayment = body.read().await?;
    let reason = reason(&patch.reason)?;
    let approved = match patch.status {
        PaymentStatus::Approved => true,
        PaymentStatus::Cancelled => false,
        other => return Err(error::not_by_hand(other)),
    };
    let payment = desk.decide(seen.payment.id, approved, &reason, &actor(&seen.caller)).await?;
    Ok(Json(payment.full()))
}

/// Gives money back: `amount`, or all that is left.
///
/// Waits a short time for MercadoPago; what takes longer goes on. Cash is to be handed back at the counter and counts
/// at once.
#[utoipa::path(
    post,
    path = "/payments/{id}/refund",
    tag = "payments",
    security(("bearer" = [])),
    params(
        ("id" = PaymentId, Path, description = "The payment"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key and body make one refund"),
    ),
    request_body = NewRefund,
    responses(
        (status = 200, description = "The payment, and what is to be handed back in cash", body = Refunded),
        (status = 409, description = "There is no money to give back, or `refund_refused`: MercadoPago refused, and the refund is a dead letter"),
        (status = 422, description = "More than what is left"),
    )
)]
pub(super) async fn refund(
    State(desk): State<Desks>,
    seen: Seen<Chargers>,
    key: Result<IdempotencyKey, Fail>,
    body: RawBody,
) -> Result<Response, Fail> {
    let Seen { payment, caller, .. } = seen;
    let new: NewRefund = body.read().await?;
    let IdempotencyKey(key) = key?;
    let reason = reason(&new.reason)?;
    // The order service asks once more with another reason, if a person was erased in the meantime.
    let told_apart = if caller.role == Role::Service { NewRefund { reason: String::new(), ..new } } else { new };
    let key = key.map(|key| Key::new(&caller.subject, "POST /payments/{id}/refund", &key, &told_apart));
    let asked = AskRefund { amount: told_apart.amount, reason: &reason, key };
    let done = desk.refund(payment.id, asked, &actor(&caller)).await.map_err(error::refund)?;
    let by_hand = done.refund.provider_payment_id.is_none();
    let hand_back = by_hand.then_some(done.refund.amount);
    let mut response = Json(Refunded { payment: done.payment.full(), hand_back }).into_response();
    mark(&mut response, done.replayed);
    Ok(response)
}

fn reason(text: &str) -> Result<String, Fail> {
    clean_line(text, MAX_REASON).map_err(|_| {
        let mut faults = Faults::new();
        let pt = format!("uma linha de 1 a {MAX_REASON} caracteres visíveis");
        faults.body("/reason", pt, format!("a line of 1 to {MAX_REASON} visible characters"));
        error::invalid(faults)
    })
}

/// Shows everything that happened to a payment, oldest first.
#[utoipa::path(
    get,
    path = "/payments/{id}/events",
    tag = "payments",
    security(("bearer" = [])),
    params(("id" = PaymentId, Path, description = "The payment")),
    responses((status = 200, description = "The log", body = Vec<PaymentEvent>))
)]
pub(super) async fn events(
    State(desk): State<Desks>,
    seen: Seen<Admins>,
    _: Params<NoParams>,
) -> Result<Json<Vec<PaymentEvent>>, Fail> {
    Ok(Json(desk.store.events(seen.payment.id).await.map_err(error::store)?))
}

impl From<crate::manual::DecideFailed> for Fail {
    fn from(failed: crate::manual::DecideFailed) -> Fail {
        match failed {
            crate::manual::DecideFailed::NotOpen(not_open) => error::not_open(not_open),
            crate::manual::DecideFailed::Store(failed) => error::store(failed),
        }
    }
}
