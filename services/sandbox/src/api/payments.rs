//! `/v1/payments`: make, read, change.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::{Extension, Json};
use domain::{Email, Money, Timestamp};
use mercadopago::brcode::{self, BrCode, Target};
use rusqlite::Connection;
use serde_json::{Map, Value, json};
use store::StoreResult;

use super::body::{amount, date, field, notification_url, object, text};
use super::error::ApiError;
use super::{idempotency_key, render};
use crate::moves;
use crate::notify;
use crate::state::State;
use crate::store::keys;
use crate::store::payments::{self, Payment};
use crate::store::refunds::{self, Refund};

/// Until when a Pix can be paid if nobody says.
const DEFAULT_EXPIRY: Duration = Duration::from_secs(24 * 3600);
/// The longest that a Pix can be payable.
const MAX_EXPIRY: Duration = Duration::from_secs(30 * 24 * 3600);
/// Clocks differ and requests travel: so much is taken off the shortest time.
const LEEWAY: Duration = Duration::from_secs(60);

/// The payment with its refunds, as MercadoPago shows it.
pub(super) struct Shown {
    payment: Payment,
    refunds: Vec<Refund>,
}

impl Shown {
    /// Reads what belongs to it.
    pub(super) fn read(c: &Connection, payment: Payment) -> StoreResult<Self> {
        Ok(Shown { refunds: refunds::of(c, payment.id)?, payment })
    }

    /// Draws it, its QR code included; that is work for nobody who holds up the store.
    pub(super) fn draw(&self, state: &State) -> Value {
        render::payment(&self.payment, &self.refunds, &state.settings.public_url)
    }
}

/// A Pix that is asked for, checked.
struct NewPix {
    amount: Money,
    external_reference: Option<String>,
    notification_url: Option<String>,
    expires_at: Timestamp,
    extra: Value,
}

impl NewPix {
    fn read(body: &Map<String, Value>, state: &State, now: Timestamp) -> Result<Self, ApiError> {
        let amount = field(body, "transaction_amount").and_then(amount);
        let amount = amount.ok_or_else(|| ApiError::bad(4037, "Invalid transaction_amount"))?;
        match field(body, "payment_method_id").and_then(Value::as_str) {
            Some("pix") => {}
            None => return Err(ApiError::bad(1, "payment_method_id is required")),
            Some(_) => {
                return Err(ApiError::bad(1, "the sandbox makes Pix charges only; open a checkout for the rest"));
            }
        }
        let payer = field(body, "payer").and_then(Value::as_object);
        let email = payer.and_then(|payer| payer.get("email")).and_then(Value::as_str);
        if email.is_none_or(|email| email.parse::<Email>().is_err()) {
            return Err(ApiError::bad(4050, "payer.email must be a valid email"));
        }
        let extra = ["description", "metadata", "statement_descriptor", "callback_url"];
        let extra = extra.into_iter().filter_map(|name| Some((name.to_owned(), field(body, name)?.clone())));
        Ok(NewPix {
            amount,
            external_reference: text(body, "external_reference", 256)?,
            notification_url: notification_url(body)?,
            expires_at: expiry(body, state, now)?.unwrap_or_else(|| now.plus(DEFAULT_EXPIRY)),
            extra: Value::Object(extra.collect()),
        })
    }
}

/// `date_of_expiration`, which MercadoPago allows from 30 minutes to 30 days ahead.
fn expiry(body: &Map<String, Value>, state: &State, now: Timestamp) -> Result<Option<Timestamp>, ApiError> {
    let Some(at) = date(body, "date_of_expiration")? else { return Ok(None) };
    let soonest = now.plus(state.settings.min_expiry.saturating_sub(LEEWAY));
    if at < soonest || at > now.plus(MAX_EXPIRY).plus(LEEWAY) {
        return Err(ApiError::bad(1, "date_of_expiration must lie 30 minutes to 30 days ahead"));
    }
    Ok(Some(at))
}

/// The text of the QR code: valid, and not payable, because nobody can own this key.
fn br_code(id: i64, amount: Money) -> Result<String, ApiError> {
    let code = BrCode {
        target: Target::Key { key: "nao-pague@sandbox.example".to_owned(), info: None },
        single_use: None,
        amount: Some(amount),
        name: "SANDBOX NAO PAGAVEL".to_owned(),
        city: "SAO PAULO".to_owned(),
        postal_code: None,
        txid: Some(format!("mpqrinter{id}")),
    };
    brcode::encode(&code).map_err(|_| ApiError::bad(4037, "Invalid transaction_amount"))
}

/// `POST /v1/payments`: a Pix charge; the same key again gives the same one.
#[utoipa::path(post, path = "/v1/payments", tag = "mercadopago", request_body = Value,
    responses((status = 201, description = "The charge; the same one again for a known X-Idempotency-Key"), (status = "default", description = "Refused, in MercadoPago's own shape")))]
pub(super) async fn create(
    Extension(state): Extension<Arc<State>>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let key = idempotency_key(&headers)?;
    let now = state.now();
    let new = NewPix::read(&object(&bytes)?, &state, now)?;
    let worker = state.clone();
    let answer = state
        .store
        .write(move |c| {
            if let Some(id) = keys::find(c, "payments", &key, now)? {
                let made = id.parse().ok().map(|id| payments::get(c, id)).transpose()?.flatten();
                return Ok::<_, ApiError>(Shown::read(c, made.ok_or_else(ApiError::no_payment)?)?);
            }
            let payment = pending_pix(c, new, now)?;
            payments::insert(c, &payment)?;
            keys::keep(c, "payments", &key, &payment.id.to_string(), now)?;
            notify::announce(c, &worker, &payment, notify::CREATED, now)?;
            Ok(Shown::read(c, payment)?)
        })
        .await?;
    state.wake();
    Ok((StatusCode::CREATED, Json(answer.draw(&state))))
}

fn pending_pix(c: &Connection, new: NewPix, now: Timestamp) -> Result<Payment, ApiError> {
    let id = payments::new_id(c, now)?;
    Ok(Payment {
        id,
        preference_id: None,
        external_reference: new.external_reference,
        method: "pix".to_owned(),
        status: "pending".to_owned(),
        status_detail: moves::usual_detail("pending", "pix").to_owned(),
        amount: new.amount,
        refunded: Money::ZERO,
        notification_url: new.notification_url,
        qr_code: Some(br_code(id, new.amount)?),
        extra: new.extra,
        created_at: now,
        updated_at: now,
        approved_at: None,
        expires_at: Some(new.expires_at),
    })
}

/// `GET /v1/payments/{id}`.
#[utoipa::path(get, path = "/v1/payments/{id}", tag = "mercadopago",
    params(("id" = String, Path, description = "The payment's id")),
    responses((status = 200, description = "The payment"), (status = "default", description = "Refused, in MercadoPago's own shape")))]
pub(super) async fn read(
    Extension(state): Extension<Arc<State>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let id: i64 = id.parse().map_err(|_| ApiError::no_payment())?;
    let answer = state.store.read(move |c| {
        let payment = payments::get(c, id)?.ok_or_else(ApiError::no_payment)?;
        Ok::<_, ApiError>(Shown::read(c, payment)?)
    });
    Ok(Json(answer.await?.draw(&state)))
}

/// `PUT /v1/payments/{id}`: gives a charge up, or changes until when it can be paid and what hangs on it.
#[utoipa::path(put, path = "/v1/payments/{id}", tag = "mercadopago", request_body = Value,
    params(("id" = String, Path, description = "The payment's id")),
    responses((status = 200, description = "The payment as it is now"), (status = "default", description = "Refused, in MercadoPago's own shape")))]
pub(super) async fn update(
    Extension(state): Extension<Arc<State>>,
    Path(id): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, ApiError> {
    put(state, &id, object(&bytes)?).await
}

/// `PUT /v1/payments/{id}/cancellations`: gives a charge up, as `status: cancelled` does.
#[utoipa::path(put, path = "/v1/payments/{id}/cancellations", tag = "mercadopago",
    params(("id" = String, Path, description = "The payment's id")),
    responses((status = 200, description = "The payment as it is now"), (status = "default", description = "Refused, in MercadoPago's own shape")))]
pub(super) async fn cancel(
    Extension(state): Extension<Arc<State>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    put(state, &id, Map::from_iter([("status".to_owned(), json!("cancelled"))])).await
}

async fn put(state: Arc<State>, id: &str, body: Map<String, Value>) -> Result<Json<Value>, ApiError> {
    let id: i64 = id.parse().map_err(|_| ApiError::no_payment())?;
    let now = state.now();
    let worker = state.clone();
    let answer = state.store.write(move |c| {
        let mut payment = payments::get(c, id)?.ok_or_else(ApiError::no_payment)?;
        change(&mut payment, &body, &worker, now)?;
        payments::update(c, &payment)?;
        notify::announce(c, &worker, &payment, notify::UPDATED, now)?;
        Ok::<_, ApiError>(Shown::read(c, payment)?)
    });
    let answer = answer.await?;
    state.wake();
    Ok(Json(answer.draw(&state)))
}

fn change(payment: &mut Payment, body: &Map<String, Value>, state: &State, now: Timestamp) -> Result<(), ApiError> {
    let open = matches!(&*payment.status, "pending" | "in_process" | "authorized");
    let refused = || ApiError::bad(2063, "The action requested is not valid for the current payment state");
    let mut known = false;
    if let Some(status) = field(body, "status") {
        match status.as_str() {
            Some("cancelled") if open => moves::set(payment, "cancelled", "by_collector", now),
            Some("cancelled") => return Err(refused()),
            _ => return Err(ApiError::bad(1, "status can only become cancelled")),
        }
        known = true;
    }
    if let Some(at) = expiry(body, state, now)? {
        if payment.status != "pending" {
            return Err(refused());
        }
        payment.expires_at = Some(at);
        known = true;
    }
    if let Some(metadata) = field(body, "metadata").filter(|metadata| metadata.is_object()) {
        payment.extra["metadata"] = json!(metadata);
        known = true;
    }
    if !known {
        return Err(ApiError::bad(1, "nothing to change: status, date_of_expiration or metadata"));
    }
    payment.touch(now);
    Ok(())
}
