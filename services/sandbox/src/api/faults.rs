//! Failures on purpose, to see that a client lives with them.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State as Inject};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::error::ApiError;
use crate::chaos::Failure;
use crate::state::State;

/// Longer than any client waits.
const HANG: Duration = Duration::from_secs(120);

/// Lets each fault have its share of the requests.
pub(super) async fn inject(Inject(state): Inject<Arc<State>>, request: Request, next: Next) -> Response {
    match state.chaos().request(&key(&request)) {
        None => next.run(request).await,
        Some(Failure::RateLimited) => {
            let mut answer = error(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", "too many requests");
            answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
            answer
        }
        Some(Failure::ServerError) => error(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", "internal error"),
        Some(Failure::Locked) => {
            error(StatusCode::LOCKED, "resource_locked", "already posted the same request in the last minute")
        }
        Some(Failure::BadGateway) => {
            let page = "<html><body><h1>502 Bad Gateway</h1></body></html>";
            (StatusCode::BAD_GATEWAY, [(CONTENT_TYPE, "text/html")], page).into_response()
        }
        Some(Failure::TimeoutBeforeCommit) => hang().await,
        Some(Failure::TimeoutAfterCommit) => {
            next.run(request).await;
            hang().await
        }
    }
}

/// What a request is known by: a repeat is known again, and may fare better.
fn key(request: &Request) -> String {
    let key = request.headers().get("x-idempotency-key").and_then(|key| key.to_str().ok());
    key.map_or_else(|| format!("{} {}", request.method(), request.uri()), str::to_owned)
}

fn error(status: StatusCode, name: &'static str, message: &str) -> Response {
    ApiError::other(status, name, message).into_response()
}

async fn hang() -> Response {
    tokio::time::sleep(HANG).await;
    StatusCode::GATEWAY_TIMEOUT.into_response()
}
