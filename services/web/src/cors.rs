use std::str::FromStr;
use std::time::Duration;

use axum::Router;
use axum::http::header::{
    ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH, LOCATION, RETRY_AFTER,
    WWW_AUTHENTICATE,
};
use axum::http::{HeaderName, HeaderValue, Method};
use tower_http::cors::CorsLayer;
use url::{Origin as UrlOrigin, Url};

/// How long a browser remembers what it may send.
const REMEMBERED: Duration = Duration::from_secs(600);

/// A page that may read a service's answers in a browser: `https://caixa.example.com`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(HeaderValue);

/// The text is no origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an origin such as https://caixa.example.com, without a path")]
pub struct NotAnOrigin;

impl FromStr for Origin {
    type Err = NotAnOrigin;

    /// Reads a scheme, a host and a port, as a browser sends them (RFC 6454 §6.1). `*` is none: who opens a service to
    /// every page there is should have to name them.
    fn from_str(text: &str) -> Result<Self, NotAnOrigin> {
        let url = Url::parse(text).map_err(|_| NotAnOrigin)?;
        let origin = match url.origin() {
            origin @ UrlOrigin::Tuple(..) if matches!(url.scheme(), "http" | "https") => origin.ascii_serialization(),
            _ => return Err(NotAnOrigin),
        };
        // With a path, a query or a name and password it would not be the same text.
        if url.as_str().trim_end_matches('/') != origin {
            return Err(NotAnOrigin);
        }
        HeaderValue::from_str(&origin).map(Origin).map_err(|_| NotAnOrigin)
    }
}

/// Lets pages of these origins read the router's answers (<https://fetch.spec.whatwg.org/#http-cors-protocol>);
/// without any, no page but those of the service itself can. Cookies are never taken, so nothing is allowed with them.
pub fn open_to(origins: &[Origin], router: Router) -> Router {
    if origins.is_empty() {
        return router;
    }
    let named = HeaderName::from_static;
    let cors = CorsLayer::new()
        .allow_origin(origins.iter().map(|origin| origin.0.clone()).collect::<Vec<_>>())
        .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::PATCH, Method::DELETE])
        .allow_headers([
            AUTHORIZATION,
            CONTENT_TYPE,
            ACCEPT_LANGUAGE,
            IF_MATCH,
            IF_NONE_MATCH,
            named("idempotency-key"),
            named("last-event-id"),
            named("x-request-id"),
            named("traceparent"),
        ])
        .expose_headers([
            ETAG,
            LOCATION,
            RETRY_AFTER,
            WWW_AUTHENTICATE,
            named("x-request-id"),
            named("x-total-count"),
            named("x-total-count-capped"),
            named("idempotent-replayed"),
        ])
        .max_age(REMEMBERED);
    router.layer(cors)
}
