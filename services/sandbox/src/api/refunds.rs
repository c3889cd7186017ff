//! `/v1/payments/{id}/refunds`: money that goes back.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use domain::Timestamp;
use serde_json::Value;

use super::body::{amount, field, object_or_nothing};
use super::error::ApiError;
use super::{idempotency_key, render};
use crate::chaos::Engine;
use crate::moves;
use crate::notify;
use crate::refunding;
use crate::state::State;
use crate::store::keys;
use crate::store::payments::{self, Payment};
use crate::store::refunds::{self, Begin};

fn payment_id(text: &str) -> Result<i64, ApiError> {
    text.parse().map_err(|_| ApiError::no_payment())
}

/// `POST`: gives `amount` back, or all that is left. A repeat with the same key is 200 without a body and moves
/// nothing.
#[utoipa::path(post, path = "/v1/payments/{id}/refunds", tag = "mercadopago", request_body = Value,
    params(("id" = String, Path, description = "The payment's id")),
    responses((status = 201, description = "The refund; 200 without a body for a known X-Idempotency-Key"), (status = "default", description = "Refused, in MercadoPago's own shape")))]
pub(super) async fn create(
    Extension(state): Extension<Arc<State>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, ApiError> {
    let (id, key) = (payment_id(&id)?, idempotency_key(&headers)?);
    let body = object_or_nothing(&bytes)?;
    let wanted = match field(&body, "amount") {
        None => None,
        Some(value) => Some(amount(value).ok_or_else(|| ApiError::bad(2017, "Invalid amount"))?),
    };
    let waits = headers.get("x-render-in-process-refunds").is_some_and(|value| value.as_bytes() == b"true");
    let now = state.now();
    let worker = state.clone();
    let made = state.store.write(move |c| {
        let mut payment = payments::get(c, id)?.ok_or_else(ApiError::no_payment)?;
        let endpoint = format!("refunds/{id}");
        if keys::find(c, &endpoint, &key, now)?.is_some() {
            return Ok::<_, ApiError>(None);
        }
        if !matches!(&*payment.status, "approved" | "in_mediation") {
            return Err(ApiError::bad(2063, "The action requested is not valid for the current payment state"));
        }
        let left = refunding::left(c, &payment)?;
        let amount = wanted.unwrap_or(left);
        if amount > left || !amount.is_positive() {
            return Err(ApiError::bad(2017, "The amount is greater than what is left of the payment"));
        }
        let begin = begin(&worker.chaos(), &payment, waits, now)?;
        let refund = refunds::insert(c, id, amount, begin, now)?;
        if begin == Begin::Approved {
            moves::give_back(&mut payment, amount, now);
        } else {
            payment.touch(now);
        }
        payments::update(c, &payment)?;
        keys::keep(c, &endpoint, &key, &refund.id.to_string(), now)?;
        notify::announce(c, &worker, &payment, notify::UPDATED, now)?;
        Ok(Some(refund))
    });
    let made = made.await?;
    state.wake();
    Ok(match made {
        Some(refund) => (StatusCode::CREATED, Json(render::refund(&refund))).into_response(),
        None => StatusCode::OK.into_response(),
    })
}

/// Whether it is done at once. One that takes its time is a refusal for a client that does not say that it can wait.
fn begin(chaos: &Engine, payment: &Payment, waits: bool, now: Timestamp) -> Result<Begin, ApiError> {
    match chaos.slow_refund(&payment.known_as()) {
        false => Ok(Begin::Approved),
        true if waits => Ok(Begin::InProcess(chaos.refund_settles().map(|after| now.plus(after)))),
        true => Err(ApiError::bad(2018, "The refund can't be carried out now")),
    }
}

/// `GET`: a bare array.
#[utoipa::path(get, path = "/v1/payments/{id}/refunds", tag = "mercadopago",
    params(("id" = String, Path, description = "The payment's id")),
    responses((status = 200, description = "An array of refunds"), (status = "default", description = "Refused, in MercadoPago's own shape")))]
pub(super) async fn list(
    Extension(state): Extension<Arc<State>>,
    Path(id): Path<String>,
) -> Result<Json<Vec<Value>>, ApiError> {
    let id = payment_id(&id)?;
    let found = state.store.read(move |c| {
        payments::get(c, id)?.ok_or_else(ApiError::no_payment)?;
        Ok::<_, ApiError>(refunds::of(c, id)?)
    });
    Ok(Json(found.await?.iter().map(render::refund).collect()))
}

/// `GET …/{refund_id}`.
#[utoipa::path(get, path = "/v1/payments/{id}/refunds/{refund_id}", tag = "mercadopago",
    params(("id" = String, Path, description = "The payment's id"), ("refund_id" = String, Path, description = "The refund's id")),
    responses((status = 200, description = "The refund"), (status = "default", description = "Refused, in MercadoPago's own shape")))]
pub(super) async fn read(
    Extension(state): Extension<Arc<State>>,
    Path((id, refund_id)): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    let id = payment_id(&id)?;
    let found = state.store.read(move |c| Ok::<_, ApiError>(refunds::of(c, id)?)).await?;
    let wanted = found.iter().find(|refund| refund.id.to_string() == refund_id);
    wanted.map(|refund| Json(render::refund(refund))).ok_or_else(|| ApiError::not_found("Refund not found"))
}
