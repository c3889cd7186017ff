//! `GET /v1/payments/search`.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Query;
use axum::{Extension, Json};
use domain::Timestamp;
use serde_json::{Value, json};
use store::StoreResult;

use super::error::ApiError;
use super::payments::Shown;
use crate::state::State;
use crate::store::payments::{self, DateColumn, Filter};

/// What a page holds if nobody says.
const DEFAULT_LIMIT: u32 = 30;
/// Most that a page holds.
const MAX_LIMIT: u32 = 100;

/// Payments by reference, status and dates; parameters that we do not know are passed over, as there.
#[utoipa::path(get, path = "/v1/payments/search", tag = "mercadopago",
    responses((status = 200, description = "`{paging, results}`"), (status = "default", description = "Refused, in MercadoPago's own shape")))]
pub(super) async fn payments(
    Extension(state): Extension<Arc<State>>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Json<Value>, ApiError> {
    let filter = filter(&query, state.now())?;
    let (limit, offset) = (filter.limit, filter.offset);
    let found = state.store.read(move |c| {
        let (found, total) = payments::search(c, &filter)?;
        let found: StoreResult<Vec<_>> = found.into_iter().map(|payment| Shown::read(c, payment)).collect();
        Ok::<_, ApiError>((found?, total))
    });
    let (found, total) = found.await?;
    let results: Vec<Value> = found.iter().map(|one| one.draw(&state)).collect();
    Ok(Json(json!({ "paging": { "total": total, "limit": limit, "offset": offset }, "results": results })))
}

fn filter(query: &HashMap<String, String>, now: Timestamp) -> Result<Filter, ApiError> {
    let text = |name: &str| query.get(name).map(String::as_str).filter(|text| !text.is_empty());
    let moment = |name: &str| text(name).map(|text| moment(text, now)).transpose();
    Ok(Filter {
        external_reference: text("external_reference").map(str::to_owned),
        status: text("status").map(str::to_owned),
        range: column(text("range"))?,
        begin: moment("begin_date")?,
        end: moment("end_date")?,
        sort: column(text("sort"))?,
        descending: text("criteria") != Some("asc"),
        limit: number(text("limit"), DEFAULT_LIMIT)?.clamp(1, MAX_LIMIT),
        offset: number(text("offset"), 0)?,
    })
}

pub(super) fn number(text: Option<&str>, default: u32) -> Result<u32, ApiError> {
    text.map_or(Ok(default), |text| text.parse().map_err(|_| ApiError::bad(1, "limit and offset must be numbers")))
}

fn column(name: Option<&str>) -> Result<DateColumn, ApiError> {
    match name {
        None | Some("date_created" | "id") => Ok(DateColumn::Created),
        Some("date_last_updated") => Ok(DateColumn::Updated),
        Some("date_approved" | "money_release_date") => Ok(DateColumn::Approved),
        Some(_) => Err(ApiError::bad(1, "sort and range are dates of a payment")),
    }
}

/// A date with an offset, or `NOW`, `NOW-30DAYS`, `NOW-2HOURS`, as the SDKs' examples write.
fn moment(text: &str, now: Timestamp) -> Result<Timestamp, ApiError> {
    let bad = || ApiError::bad(1001, "begin_date and end_date are dates such as 2026-01-05T10:00:00.000-04:00");
    let Some(rest) = text.strip_prefix("NOW") else { return text.parse().map_err(|_| bad()) };
    let Some(back) = rest.strip_prefix('-') else { return if rest.is_empty() { Ok(now) } else { Err(bad()) } };
    let digits = back.bytes().take_while(u8::is_ascii_digit).count();
    let (count, unit) = back.split_at(digits);
    let seconds = match unit.trim_end_matches('S') {
        "MINUTE" => 60,
        "HOUR" => 3600,
        "DAY" => 24 * 3600,
        "MONTH" => 30 * 24 * 3600,
        "YEAR" => 365 * 24 * 3600,
        _ => return Err(bad()),
    };
    let count: u64 = count.parse().map_err(|_| bad())?;
    Ok(now.minus(Duration::from_secs(count.saturating_mul(seconds))))
}
