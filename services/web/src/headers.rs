use axum::extract::FromRequestParts;
use axum::http::HeaderValue;
use axum::http::header::IF_MATCH;
use axum::http::request::Parts;

use crate::{Fail, Faults};

/// `Idempotency-Key`: 1 to 128 visible ASCII characters; anything else is 422.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(pub Option<String>);

/// The version that `If-Match` names: `"7"`, `7` or `W/"7"`. `*` and no header are none; anything else is 422.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IfMatch(pub Option<u64>);

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Fail;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fail> {
        let pt = "um valor só, de 1 a 128 caracteres ASCII visíveis";
        match single(parts, "idempotency-key", pt, "one value of 1 to 128 visible ASCII characters")? {
            None => Ok(IdempotencyKey(None)),
            Some(value) => match visible(value) {
                Some(key) => Ok(IdempotencyKey(Some(key.to_owned()))),
                None => refuse("Idempotency-Key", pt, "one value of 1 to 128 visible ASCII characters"),
            },
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Fail;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fail> {
        let (pt, en) = ("uma versão, como \"7\"", "one version, such as \"7\"");
        let Some(value) = single(parts, IF_MATCH.as_str(), pt, en)? else { return Ok(IfMatch(None)) };
        let text = value.to_str().unwrap_or_default().trim();
        if text == "*" {
            return Ok(IfMatch(None));
        }
        let tag = text.strip_prefix("W/").unwrap_or(text);
        let bare = tag.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(tag);
        let digits = !bare.is_empty() && bare.bytes().all(|b| b.is_ascii_digit());
        match bare.parse() {
            Ok(version) if digits => Ok(IfMatch(Some(version))),
            _ => refuse("If-Match", pt, en),
        }
    }
}

fn single<'a>(parts: &'a Parts, name: &'static str, pt: &str, en: &str) -> Result<Option<&'a HeaderValue>, Fail> {
    let mut values = parts.headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() {
        return refuse(name, pt, en);
    }
    Ok(first)
}

fn refuse<T>(name: &str, pt: &str, en: &str) -> Result<T, Fail> {
    let mut faults = Faults::new();
    faults.parameter(name, pt, en);
    faults.check()?;
    Err(Fail::internal("a fault is not empty"))
}

/// 1 to 128 visible ASCII characters, as keys and request ids are.
pub(crate) fn visible(value: &HeaderValue) -> Option<&str> {
    let bytes = value.as_bytes();
    let fits = (1..=128).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic);
    if fits { value.to_str().ok() } else { None }
}
