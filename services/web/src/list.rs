use axum::Json;
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use domain::Page;
use serde::Serialize;

const COUNT: HeaderName = HeaderName::from_static("x-total-count");
const CAPPED: HeaderName = HeaderName::from_static("x-total-count-capped");

/// How long a list is: exact up to [`Page::COUNT_CAP`], and no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Total {
    count: u64,
    capped: bool,
}

impl Total {
    /// From a count that may have stopped just past [`Page::COUNT_CAP`].
    pub fn of(count: u64) -> Self {
        let cap = u64::from(Page::COUNT_CAP);
        Total { count: count.min(cap), capped: count > cap }
    }
}

impl From<u64> for Total {
    fn from(count: u64) -> Self {
        Total::of(count)
    }
}

/// A list as a plain JSON array, with `X-Total-Count`, and `X-Total-Count-Capped: true` where counting stopped.
pub fn listed<T: Serialize>(items: Vec<T>, total: impl Into<Total>) -> Response {
    let total = total.into();
    let mut response = Json(items).into_response();
    response.headers_mut().insert(COUNT, HeaderValue::from(total.count));
    if total.capped {
        response.headers_mut().insert(CAPPED, HeaderValue::from_static("true"));
    }
    response
}
