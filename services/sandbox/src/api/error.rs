//! MercadoPago's own refusals, in the shape that payments and preferences use.

use axum::Json;
use axum::extract::Request;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use store::StoreError;

/// `{message, error, status, cause: [{code, description, data}]}`.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    error: &'static str,
    message: String,
    causes: Vec<(i64, String)>,
}

impl ApiError {
    /// 400 with one cause.
    pub(crate) fn bad(code: i64, message: impl Into<String>) -> Self {
        let message = message.into();
        let causes = vec![(code, message.clone())];
        ApiError { status: StatusCode::BAD_REQUEST, error: "bad_request", message, causes }
    }

    /// 400 with a name of its own and no cause, as preferences answer.
    pub(crate) fn named(error: &'static str, message: impl Into<String>) -> Self {
        ApiError { status: StatusCode::BAD_REQUEST, error, message: message.into(), causes: Vec::new() }
    }

    /// 404 for a payment (cause 2000).
    pub(crate) fn no_payment() -> Self {
        let message = "Payment not found".to_owned();
        let causes = vec![(2000, message.clone())];
        ApiError { status: StatusCode::NOT_FOUND, error: "not_found", message, causes }
    }

    /// 404 for anything else.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        let status = StatusCode::NOT_FOUND;
        ApiError { status, error: "not_found", message: message.into(), causes: Vec::new() }
    }

    /// 401: no token, or none that could be MercadoPago's.
    pub(crate) fn unauthorized() -> Self {
        let status = StatusCode::UNAUTHORIZED;
        ApiError { status, error: "unauthorized", message: "invalid access token".to_owned(), causes: Vec::new() }
    }

    /// 400 because the idempotency key is missing; the apostrophe is MercadoPago's.
    pub(crate) fn no_key() -> Self {
        ApiError::bad(4292, "Header X-Idempotency-Key can\u{2019}t be null")
    }

    /// Any other refusal, without a cause.
    pub(crate) fn other(status: StatusCode, error: &'static str, message: impl Into<String>) -> Self {
        ApiError { status, error, message: message.into(), causes: Vec::new() }
    }
}

/// What no route of ours says, such as that there is nothing at an address, in MercadoPago's shape; the panel and the
/// probes keep ours.
pub(crate) async fn foreign(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let ours = ["/sandbox", "/health", "/ready", "/metrics", "/openapi.json", "/docs"];
    let ours =
        ours.iter().any(|own| path.strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')));
    let response = next.run(request).await;
    let problem = HeaderValue::from_static("application/problem+json");
    if ours || response.headers().get(CONTENT_TYPE) != Some(&problem) {
        return response;
    }
    let status = response.status();
    let (error, message) = match status {
        StatusCode::NOT_FOUND => ("not_found", "resource not found"),
        StatusCode::METHOD_NOT_ALLOWED => ("method_not_allowed", "method not allowed"),
        status if status.is_client_error() => ("bad_request", "bad request"),
        _ => ("internal_error", "internal error"),
    };
    let mut told = ApiError::other(status, error, message).into_response();
    for (name, value) in response.headers().iter().filter(|(name, _)| ![CONTENT_TYPE, CONTENT_LENGTH].contains(name)) {
        told.headers_mut().insert(name, value.clone());
    }
    told
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        tracing::error!(?error, "the sandbox's store");
        ApiError::other(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", "internal error")
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let cause = |(code, description)| json!({ "code": code, "description": description, "data": Value::Null });
        let causes: Vec<Value> = self.causes.into_iter().map(cause).collect();
        let mut body = json!({ "message": self.message, "error": self.error, "status": self.status.as_u16() });
        // A 401 comes without the list.
        if self.status != StatusCode::UNAUTHORIZED {
            body["cause"] = Value::Array(causes);
        }
        (self.status, Json(body)).into_response()
    }
}
