//! Failures on purpose, to see that a client lives with them.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State as Inject};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

use super::error::ApiError;
use crate::state::State;

/// Longer than any client waits.
const HANG: Duration = Duration::from_secs(120);

/// Lets each fault have its share of the requests; the shares of one request are cut from one draw, so that they add
/// up.
pub(super) async fn inject(Inject(state): Inject<Arc<State>>, request: Request, next: Next) -> Response {
    let faults = state.faults();
    let mut draw = draw();
    let mut hits = |share: f64| {
        let hit = (0.0..share).contains(&draw);
        draw -= share;
        hit
    };
    if hits(faults.rate_limited) {
        let error = ApiError::other(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", "too many requests");
        let mut answer = error.into_response();
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        return answer;
    }
    if hits(faults.server_error) {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        return ApiError::other(status, "internal_error", "internal error").into_response();
    }
    if hits(faults.locked) {
        let message = "already posted the same request in the last minute";
        return ApiError::other(StatusCode::LOCKED, "resource_locked", message).into_response();
    }
    if hits(faults.bad_gateway) {
        let page = "<html><body><h1>502 Bad Gateway</h1></body></html>";
        return (StatusCode::BAD_GATEWAY, [(CONTENT_TYPE, "text/html")], page).into_response();
    }
    if hits(faults.timeout_after_commit) {
        next.run(request).await;
        tokio::time::sleep(HANG).await;
        return StatusCode::GATEWAY_TIMEOUT.into_response();
    }
    next.run(request).await
}

/// From 0 to below 1, from the random bits of an id (RFC 9562 §5.4).
fn draw() -> f64 {
    let bits = Uuid::new_v4().as_u128() as u32;
    f64::from(bits) / (f64::from(u32::MAX) + 1.0)
}
