//! MercadoPago's paths: who may in, what fails on purpose, and the routes.

pub(crate) mod body;
pub(crate) mod error;
mod faults;
mod payments;
mod preferences;
mod refunds;
pub(crate) mod render;
mod search;

use std::sync::Arc;

use axum::Extension;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::State;
use error::ApiError;

/// The application that speaks: each token is one of its own, as far as we know.
pub(crate) const APPLICATION_ID: &str = "123456789012345";
/// Who gets the money: the one account of the sandbox.
pub(crate) const COLLECTOR_ID: i64 = 1_000_001;

/// Every path of MercadoPago's that the sandbox knows.
pub(crate) fn router(state: &Arc<State>) -> OpenApiRouter {
    routes()
        .layer(from_fn_with_state(state.clone(), faults::inject))
        .layer(from_fn(authorize))
        .layer(Extension(state.clone()))
}

/// The same without what needs a running sandbox, for the document.
pub(crate) fn routes() -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(preferences::create))
        .routes(routes!(preferences::search))
        .routes(routes!(preferences::read, preferences::update))
        .routes(routes!(payments::create))
        .routes(routes!(search::payments))
        .routes(routes!(payments::read, payments::update))
        .routes(routes!(payments::cancel))
        .routes(routes!(refunds::list, refunds::create))
        .routes(routes!(refunds::read))
}

/// Any token that looks like MercadoPago's opens the sandbox; another one is a mistake that the real service would
/// refuse as well.
async fn authorize(request: Request, next: Next) -> Result<Response, ApiError> {
    if bearer(request.headers()).is_some_and(is_token) {
        Ok(next.run(request).await)
    } else {
        Err(ApiError::unauthorized())
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

fn is_token(token: &str) -> bool {
    let rest = token.strip_prefix("APP_USR-").or_else(|| token.strip_prefix("TEST-"));
    rest.is_some_and(|rest| !rest.is_empty())
}

/// The idempotency key of a request, if it has a usable one.
fn idempotency_key(headers: &HeaderMap) -> Result<String, ApiError> {
    let key = headers.get("x-idempotency-key").and_then(|key| key.to_str().ok()).map(str::trim);
    match key {
        None | Some("") => Err(ApiError::no_key()),
        Some(key) if key.len() > 128 => Err(ApiError::bad(1, "X-Idempotency-Key is longer than 128 characters")),
        Some(key) => Ok(key.to_owned()),
    }
}
