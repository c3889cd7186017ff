//! MercadoPago's habits on the wire, read leniently and written strictly.
//!
//! Ids arrive as strings or numbers, amounts as `100`, `100.0` or `"100.00"`, dates with any offset and any number of
//! fraction digits, and nearly every field as null.

use domain::{Money, Timestamp};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A moment as MercadoPago writes it: `yyyy-MM-dd'T'HH:mm:ss.SSS-04:00`, its usual offset.
pub fn date(at: Timestamp) -> String {
    format!("{:.3}", at.to_jiff().display_with_offset(jiff::tz::offset(-4)))
}

/// An id that is a string or a number; anything else is an error.
pub(crate) fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    optional_id(deserializer)?.ok_or_else(|| serde::de::Error::custom("no id"))
}

/// An id that may be null, a string or a number.
pub(crate) fn optional_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) if !text.is_empty() => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// A text that may be null; the empty text is none, as MercadoPago uses both.
pub(crate) fn optional_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) if !text.is_empty() => Some(text),
        _ => None,
    })
}

/// A text where null is the empty text.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(optional_text(deserializer)?.unwrap_or_default())
}

/// A list where null is the empty list.
pub(crate) fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// An amount as a number or as text.
pub(crate) fn money<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Money, D::Error> {
    optional_money(deserializer)?.ok_or_else(|| serde::de::Error::custom("no amount"))
}

/// An amount that may be null; what is no amount is an error, because money is never guessed.
pub(crate) fn optional_money<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Money>, D::Error> {
    let parsed = match Value::deserialize(deserializer)? {
        Value::Null => return Ok(None),
        Value::String(text) => text.parse().map_err(serde::de::Error::custom),
        other => Money::deserialize(other).map_err(serde::de::Error::custom),
    };
    parsed.map(Some)
}

/// A moment that may be null; one we can't read counts as null.
pub(crate) fn optional_date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => text.parse().ok(),
        _ => None,
    })
}
