//! Reading MercadoPago's request bodies: JSON objects with more fields than we look at.

use domain::{Money, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;

use super::error::ApiError;

/// The object of a body.
pub(crate) fn object(bytes: &[u8]) -> Result<Map<String, Value>, ApiError> {
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(ApiError::bad(1, "the body must be a JSON object")),
        Err(_) => Err(ApiError::bad(1, "the body is not valid JSON")),
    }
}

/// The object of a body that may be empty.
pub(crate) fn object_or_nothing(bytes: &[u8]) -> Result<Map<String, Value>, ApiError> {
    if bytes.iter().all(u8::is_ascii_whitespace) { Ok(Map::new()) } else { object(bytes) }
}

/// A field that is there and not null.
pub(crate) fn field<'a>(body: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    body.get(name).filter(|value| !value.is_null())
}

/// A text of at most `max` characters.
pub(crate) fn text(body: &Map<String, Value>, name: &str, max: usize) -> Result<Option<String>, ApiError> {
    match field(body, name) {
        None => Ok(None),
        Some(Value::String(text)) if text.chars().count() <= max => Ok(Some(text.clone())),
        Some(Value::String(_)) => Err(ApiError::bad(1, format!("{name} is longer than {max} characters"))),
        Some(_) => Err(ApiError::bad(1, format!("{name} must be a string"))),
    }
}

/// An amount of at least one centavo.
pub(crate) fn amount(value: &Value) -> Option<Money> {
    Money::deserialize(value).ok().filter(|amount| amount.is_positive())
}

/// A date with an offset.
pub(crate) fn date(body: &Map<String, Value>, name: &str) -> Result<Option<Timestamp>, ApiError> {
    let bad = || ApiError::bad(1001, format!("{name} must be a date such as 2026-01-05T10:00:00.000-04:00"));
    match field(body, name) {
        None => Ok(None),
        Some(value) => value.as_str().and_then(|text| text.parse().ok()).map(Some).ok_or_else(bad),
    }
}

/// An address for notifications. The real service wants https; here plain http is what a local service speaks.
pub(crate) fn notification_url(body: &Map<String, Value>) -> Result<Option<String>, ApiError> {
    match field(body, "notification_url") {
        None => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(Value::String(text)) if text.len() > 500 => {
            Err(ApiError::bad(4021, "notification_url is longer than 500"))
        }
        Some(Value::String(text)) if is_http(text) => Ok(Some(text.clone())),
        Some(_) => Err(ApiError::bad(4020, "notification_url must be a valid URL")),
    }
}

/// Whether a text is an address that a browser or a server can call.
pub(crate) fn is_http(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}
