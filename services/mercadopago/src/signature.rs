//! The `x-signature` of MercadoPago's notifications: HMAC-SHA256 over a manifest, as the official SDKs' validators
//! check it (sdk-python `webhook/validator.py`, sdk-nodejs `utils/webhook`).
//!
//! The manifest is `id:<data.id>;request-id:<x-request-id>;ts:<ts>;`, where `data.id` is the query parameter, and a
//! part without a value is left out.

use std::fmt;
use std::time::Duration;

use aws_lc_rs::hmac;
use domain::Timestamp;
use secrecy::{ExposeSecret, SecretString};

/// What a notification brings for its check, each as received.
#[derive(Debug, Clone, Copy, Default)]
pub struct Parts<'a> {
    /// The header `x-signature`.
    pub signature: Option<&'a str>,
    /// The header `x-request-id`.
    pub request_id: Option<&'a str>,
    /// The query parameter `data.id`, URL-decoded.
    pub data_id: Option<&'a str>,
}

/// How the `data.id` was written in the manifest that fits. MercadoPago's pages say lower case for orders, its SDKs
/// take it as received, so both are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Casing {
    /// As received.
    AsReceived,
    /// In ASCII lower case.
    Lowercase,
}

/// A signature that fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Matched {
    /// Which of the secrets given, from 0.
    pub secret: usize,
    /// Which way of writing `data.id`.
    pub casing: Casing,
    /// When MercadoPago signed it.
    pub signed_at: Timestamp,
}

/// Why a signature is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// There is no `x-signature`, or it is blank.
    #[error("no x-signature header")]
    MissingHeader,
    /// Neither a time nor a signature in it, or the time is no number.
    #[error("malformed x-signature header")]
    Malformed,
    /// No `ts=`.
    #[error("no ts in the x-signature header")]
    MissingTimestamp,
    /// No `v1=`.
    #[error("no v1 in the x-signature header")]
    MissingHash,
    /// It was not made with any of our secrets, or not for this notification.
    #[error("the signature does not match")]
    Mismatch,
    /// Genuine, but made too long ago or too far ahead.
    #[error("signed {} s {} the time allowed", .off.as_secs(), if *.ahead { "ahead, beyond" } else { "ago, beyond" })]
    OutOfTolerance {
        /// How far from now.
        off: Duration,
        /// Whether it lies ahead of now.
        ahead: bool,
    },
    /// We hold no secret to check it with.
    #[error("no webhook secret is configured")]
    NoSecret,
}

/// The signature `v1`, 64 lower-case hex digits. `ts` goes in as it will be sent.
pub fn sign(secret: &SecretString, data_id: Option<&str>, request_id: Option<&str>, ts: &str) -> String {
    let tag = hmac::sign(&key(secret), manifest(filled(data_id), filled(request_id), ts).as_bytes());
    tag.as_ref().iter().fold(String::with_capacity(64), |hex, byte| hex + &format!("{byte:02x}"))
}

/// The whole header: `ts=…,v1=…`.
pub fn header(secret: &SecretString, data_id: Option<&str>, request_id: Option<&str>, ts: &str) -> String {
    format!("ts={ts},v1={}", sign(secret, data_id, request_id, ts))
}

/// Checks a notification against each secret (the current first, then the previous one), and then its time.
///
/// # Errors
/// [`SignatureError`] names the one thing that is wrong; the signature is checked before the time, so
/// [`SignatureError::OutOfTolerance`] means that it is genuine.
pub fn verify(
    parts: &Parts<'_>,
    secrets: &[SecretString],
    now: Timestamp,
    window: Duration,
) -> Result<Matched, SignatureError> {
    let (ts, hash) = parse(filled(parts.signature).ok_or(SignatureError::MissingHeader)?)?;
    let signed_at = moment(ts).ok_or(SignatureError::Malformed)?;
    let secrets: Vec<_> = secrets.iter().enumerate().filter(|(_, s)| !s.expose_secret().is_empty()).collect();
    if secrets.is_empty() {
        return Err(SignatureError::NoSecret);
    }
    let tag = unhex(hash).ok_or(SignatureError::Mismatch)?;
    let request_id = filled(parts.request_id);
    let data_id = filled(parts.data_id);
    let mut manifests = vec![(Casing::AsReceived, manifest(data_id, request_id, ts))];
    if let Some(lower) = data_id.map(str::to_ascii_lowercase).filter(|lower| Some(&**lower) != data_id) {
        manifests.push((Casing::Lowercase, manifest(Some(&lower), request_id, ts)));
    }
    for (secret, text) in secrets {
        let key = key(text);
        for (casing, manifest) in &manifests {
            if hmac::verify(&key, manifest.as_bytes(), &tag).is_ok() {
                return in_time(Matched { secret, casing: *casing, signed_at }, now, window);
            }
        }
    }
    Err(SignatureError::Mismatch)
}

fn in_time(matched: Matched, now: Timestamp, window: Duration) -> Result<Matched, SignatureError> {
    let ahead = matched.signed_at > now;
    let off = if ahead { matched.signed_at.since(now) } else { now.since(matched.signed_at) };
    if off > window { Err(SignatureError::OutOfTolerance { off, ahead }) } else { Ok(matched) }
}

/// The secret is used as text, never decoded.
fn key(secret: &SecretString) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes())
}

fn filled(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

fn manifest(data_id: Option<&str>, request_id: Option<&str>, ts: &str) -> String {
    struct Pair<'a>(&'a str, Option<&'a str>);
    impl fmt::Display for Pair<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.1.map_or(Ok(()), |value| write!(f, "{}:{value};", self.0))
        }
    }
    format!("{}{}{}", Pair("id", data_id), Pair("request-id", request_id), Pair("ts", Some(ts)))
}

/// The time and the `v1` of a header; a key that comes twice counts as its last, unknown keys are passed over.
fn parse(header: &str) -> Result<(&str, &str), SignatureError> {
    let (mut ts, mut v1, mut any) = (None, None, false);
    for part in header.split(',') {
        let Some((key, value)) = part.split_once('=') else { continue };
        let (key, value) = (key.trim().to_ascii_lowercase(), value.trim());
        match key.as_str() {
            _ if value.is_empty() => {}
            "ts" => ts = Some(value),
            "v1" => v1 = Some(value),
            _ => any |= is_version(&key),
        }
    }
    match (ts, v1) {
        (None, None) if !any => Err(SignatureError::Malformed),
        (None, _) => Err(SignatureError::MissingTimestamp),
        (Some(ts), _) if !ts.bytes().all(|b| b.is_ascii_digit()) => Err(SignatureError::Malformed),
        (_, None) => Err(SignatureError::MissingHash),
        (Some(ts), Some(v1)) => Ok((ts, v1)),
    }
}

/// `v` and digits: another version of the signature than ours.
fn is_version(key: &str) -> bool {
    key.strip_prefix('v').is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
}

/// MercadoPago's pages say milliseconds, its traffic shows seconds: 12 digits and more are milliseconds.
fn moment(ts: &str) -> Option<Timestamp> {
    let number: i64 = ts.parse().ok()?;
    let millis = if ts.len() >= 12 { Some(number) } else { number.checked_mul(1000) };
    millis.map(Timestamp::from_millis)
}

/// 32 bytes from 64 lower-case hex digits. Works on bytes, so that no text can split a character.
fn unhex(text: &str) -> Option<[u8; 32]> {
    let digit = |b: u8| match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'a'..=b'f' => Some(b - b'a' + 10),
        _ => None,
    };
    let digits: &[u8; 64] = text.as_bytes().try_into().ok()?;
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}
