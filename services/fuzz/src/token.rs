//! The `Authorization` header.

use axum::body::Body;
use axum::http::{HeaderValue, Request, StatusCode};

use super::counter::counter;

/// Stands in the corpus for a token that holds.
const TOKEN: &str = "TOKEN";

/// No header opens anything but one with exactly the token that was issued (RFC 6750 §2.1; the scheme's case does not
/// matter, RFC 9110 §11.1).
pub fn check(data: &[u8]) {
    let counter = counter();
    let header = match std::str::from_utf8(data) {
        Ok(text) => text.replace(TOKEN, &counter.token).into_bytes(),
        Err(_) => data.to_vec(),
    };
    let Ok(value) = HeaderValue::from_bytes(&header) else { return };
    let request =
        Request::get("/orders?limit=1").header("authorization", value).body(Body::empty()).expect("a request");
    let status = counter.order(request).status;
    let text = String::from_utf8_lossy(&header);
    let genuine = text
        .split_once(' ')
        .is_some_and(|(scheme, token)| scheme.trim().eq_ignore_ascii_case("bearer") && token.trim() == counter.token);
    match status {
        StatusCode::OK => assert!(genuine, "let in with {text:?}"),
        // Written many times, a token makes a header that is over the limit.
        StatusCode::UNAUTHORIZED | StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => {}
        other => panic!("{other} for {text:?}"),
    }
}
