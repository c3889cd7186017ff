//! `/checkout/preferences`: checkouts.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::{Extension, Json};
use domain::{Money, Timestamp};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::body::{amount, date, field, is_http, notification_url, object, text};
use super::error::ApiError;
use super::search::number;
use super::{COLLECTOR_ID, render};
use crate::state::State;
use crate::store::preferences::{self, Preference};

/// Most lines of a checkout.
const MAX_ITEMS: usize = 500;

/// A checkout from what was sent; the payer is not kept.
fn checked(
    id: String,
    mut body: Map<String, Value>,
    created: Timestamp,
    now: Timestamp,
) -> Result<Preference, ApiError> {
    body.remove("payer");
    let amount = total(&body)?;
    back_urls(&body)?;
    let installments = field(&body, "payment_methods").and_then(|methods| methods.get("installments"));
    if installments.is_some_and(|count| !count.is_null() && !count.as_u64().is_some_and(|n| (1..=36).contains(&n))) {
        return Err(ApiError::named("invalid_payment_methods", "installments must be from 1 to 36"));
    }
    notification_url(&body)?;
    date(&body, "date_of_expiration")?;
    let expires = field(&body, "expires").and_then(Value::as_bool).unwrap_or(false);
    let window = |name: &str| Ok::<_, ApiError>(date(&body, name)?.filter(|_| expires));
    let (expires_from, expires_to) = (window("expiration_date_from")?, window("expiration_date_to")?);
    let external_reference = text(&body, "external_reference", 256)?;
    Ok(Preference {
        id,
        external_reference,
        amount,
        expires_from,
        expires_to,
        created_at: created,
        updated_at: now,
        body,
    })
}

/// The sum of the lines, each of which is checked.
fn total(body: &Map<String, Value>) -> Result<Money, ApiError> {
    let bad = |why: &str| ApiError::named("invalid_items", why);
    let items = field(body, "items").and_then(Value::as_array).filter(|items| !items.is_empty());
    let items = items.ok_or_else(|| bad("items needed"))?;
    if items.len() > MAX_ITEMS {
        return Err(bad("too many items"));
    }
    let mut total = Money::ZERO;
    for item in items {
        let title = item.get("title").and_then(Value::as_str);
        if title.is_none_or(|title| title.trim().is_empty()) {
            return Err(bad("title needed"));
        }
        let quantity = item.get("quantity").and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok());
        let quantity = quantity.filter(|n| *n > 0).ok_or_else(|| bad("quantity must be a positive integer"))?;
        let price = item.get("unit_price").and_then(amount).ok_or_else(|| bad("unit_price invalid"))?;
        if item.get("currency_id").and_then(Value::as_str).is_some_and(|currency| currency != "BRL") {
            return Err(bad("currency_id must be BRL"));
        }
        let line = price.checked_mul(quantity);
        total = line.and_then(|line| total.checked_add(line)).ok_or_else(|| bad("unit_price invalid"))?;
    }
    Ok(total)
}

/// Addresses to return to. The real service drops those on localhost; here they are what a browser can reach.
fn back_urls(body: &Map<String, Value>) -> Result<(), ApiError> {
    let urls = field(body, "back_urls");
    for name in ["success", "pending", "failure"] {
        let url = urls.and_then(|urls| urls.get(name)).filter(|url| !url.is_null());
        if url.is_some_and(|url| !url.as_str().is_some_and(|text| text.is_empty() || is_http(text))) {
            return Err(ApiError::named("invalid_back_urls", format!("back_urls.{name} must be a valid URL")));
        }
    }
    let success = urls.and_then(|urls| urls.get("success")).and_then(Value::as_str);
    match field(body, "auto_return").and_then(Value::as_str) {
        None | Some("") => Ok(()),
        Some("approved" | "all") if success.is_some_and(|url| !url.is_empty()) => Ok(()),
        Some(_) => Err(ApiError::named("invalid_auto_return", "auto_return invalid. back_url.success must be defined")),
    }
}

/// `POST`: opens one.
#[utoipa::path(post, path = "/checkout/preferences", tag = "mercadopago", request_body = Value,
    responses((status = 201, description = "The checkout"), (status = "default", description = "Refused, in MercadoPago's own shape")))]
pub(super) async fn create(
    Extension(state): Extension<Arc<State>>,
    bytes: Bytes,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let now = state.now();
    let made = checked(format!("{COLLECTOR_ID}-{}", Uuid::new_v4()), object(&bytes)?, now, now)?;
    let answer = render::preference(&made, &state.settings.public_url, now);
    state.store.write(move |c| Ok::<_, ApiError>(preferences::put(c, &made)?)).await?;
    Ok((StatusCode::CREATED, Json(answer)))
}

/// `GET …/{id}`.
#[utoipa::path(get, path = "/checkout/preferences/{id}", tag = "mercadopago",
    params(("id" = String, Path, description = "The checkout's id")),
    responses((status = 200, description = "The checkout"), (status = "default", description = "Refused, in MercadoPago's own shape")))]
pub(super) async fn read(
    Extension(state): Extension<Arc<State>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let found = state.store.read(move |c| Ok::<_, ApiError>(preferences::get(c, &id)?)).await?;
    let found = found.ok_or_else(no_preference)?;
    Ok(Json(render::preference(&found, &state.settings.public_url, state.now())))
}

fn no_preference() -> ApiError {
    ApiError::not_found("Preference not found")
}

/// `PUT …/{id}`: changes the fields that are sent.
#[utoipa::path(put, path = "/checkout/preferences/{id}", tag = "mercadopago", request_body = Value,
    params(("id" = String, Path, description = "The checkout's id")),
    responses((status = 200, description = "The checkout as it is now"), (status = "default", description = "Refused, in MercadoPago's own shape")))]
pub(super) async fn update(
    Extension(state): Extension<Arc<State>>,
    Path(id): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, ApiError> {
    let sent = object(&bytes)?;
    let now = state.now();
    let changed = state.store.write(move |c| {
        let old = preferences::get(c, &id)?.ok_or_else(no_preference)?;
        let mut body = old.body;
        body.extend(sent);
        let changed = checked(old.id, body, old.created_at, now)?;
        preferences::put(c, &changed)?;
        Ok::<_, ApiError>(changed)
    });
    Ok(Json(render::preference(&changed.await?, &state.settings.public_url, now)))
}

/// `GET …/search`: `{elements, next_offset, total}`.
#[utoipa::path(get, path = "/checkout/preferences/search", tag = "mercadopago",
    responses((status = 200, description = "`{elements, next_offset, total}`"), (status = "default", description = "Refused, in MercadoPago's own shape")))]
pub(super) async fn search(
    Extension(state): Extension<Arc<State>>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Json<Value>, ApiError> {
    let text = |name: &str| query.get(name).cloned().filter(|text| !text.is_empty());
    let limit = number(text("limit").as_deref(), 30)?.clamp(1, 100);
    let offset = number(text("offset").as_deref(), 0)?;
    let reference = text("external_reference");
    let found =
        state.store.read(move |c| Ok::<_, ApiError>(preferences::search(c, reference.as_deref(), limit, offset)?));
    let (found, total) = found.await?;
    let next = offset.saturating_add(u32::try_from(found.len()).unwrap_or(u32::MAX));
    let elements: Vec<Value> =
        found.iter().map(|one| render::preference(one, &state.settings.public_url, state.now())).collect();
    Ok(Json(json!({ "elements": elements, "next_offset": next, "total": total })))
}
