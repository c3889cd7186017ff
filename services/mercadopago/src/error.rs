use std::time::Duration;

use reqwest::StatusCode;
use serde_json::Value;

/// The same request was made within the last minute (MercadoPago's error codes); it is no verdict on the request.
const SAME_REQUEST: &str = "2001";

/// What a call to MercadoPago came to when it did not work, in the terms that a caller decides by.
///
/// `Display` holds no text of MercadoPago's: such a text may repeat what was sent, a payer's e-mail included.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The access token is wrong, or may not do this (401, 403). Asking again does not help.
    #[error("MercadoPago does not accept the access token ({status})")]
    Unauthorized {
        /// 401 or 403.
        status: u16,
    },
    /// There is no such thing (404, in MercadoPago's words). Right after a notification this may be a replica that lags: ask again later.
    #[error("MercadoPago knows no such resource")]
    NotFound,
    /// The request itself is refused (any other 4xx). Final: the same request is refused again.
    #[error("MercadoPago refused the request ({status}, code {})", code.as_deref().unwrap_or("none"))]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The first cause's code, or the error's name: `4292`, `2063`, `invalid_auto_return`.
        code: Option<String>,
        /// MercadoPago's words, shortened. May repeat what was sent, so it is not for logs.
        message: String,
    },
    /// Too many requests (429), or the same request is still running or was made within the last minute (423, and 400 with
    /// code 2001). Ask again with the same key.
    #[error("MercadoPago asks to wait ({status})")]
    Busy {
        /// 429, 423 or 400.
        status: u16,
        /// How long MercadoPago asks to wait, if it says.
        retry_after: Option<Duration>,
    },
    /// No usable answer. Ask again with the same key.
    #[error("MercadoPago is not available: {fault}")]
    Unavailable {
        /// What went wrong.
        fault: Fault,
        /// How long MercadoPago asks to wait, if it says.
        retry_after: Option<Duration>,
        /// Whether the request may have been carried out all the same: only then must a caller look before it
        /// gives up.
        outcome_unknown: bool,
    },
}

/// Why there was no usable answer.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// No connection, so nothing was sent.
    #[error("no connection")]
    Connect(#[source] reqwest::Error),
    /// No answer in time.
    #[error("no answer in time")]
    Timeout(#[source] reqwest::Error),
    /// The connection broke while asking or answering.
    #[error("the connection broke")]
    Broken(#[source] reqwest::Error),
    /// A server's own error.
    #[error("status {0}")]
    Status(u16),
    /// An answer that is not what was asked for: too long, not JSON, or without a field we need.
    #[error("unreadable answer: {0}")]
    Unreadable(String),
}

impl Error {
    /// Whether the request may have been carried out although there is no answer.
    pub fn outcome_unknown(&self) -> bool {
        matches!(self, Error::Unavailable { outcome_unknown: true, .. })
    }

    /// Whether MercadoPago has seen this very request before: what it asks for may exist.
    pub fn is_repeat(&self) -> bool {
        matches!(self, Error::Busy { status, .. } if *status != 429)
    }

    /// Whether the same request may work later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Error::Busy { .. } | Error::Unavailable { .. })
    }

    /// How long MercadoPago asked to wait, if it did.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Error::Busy { retry_after, .. } | Error::Unavailable { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// From a transport error; `writes` says whether the request changes something.
    pub(crate) fn transport(error: reqwest::Error, writes: bool) -> Self {
        let error = error.without_url();
        let (fault, sent) = match () {
            () if error.is_connect() || error.is_builder() => (Fault::Connect(error), false),
            () if error.is_timeout() => (Fault::Timeout(error), true),
            () => (Fault::Broken(error), true),
        };
        Error::Unavailable { fault, retry_after: None, outcome_unknown: writes && sent }
    }

    /// A success whose body can't be used: what was asked for is done.
    pub(crate) fn unreadable(why: impl Into<String>, writes: bool) -> Self {
        Error::Unavailable { fault: Fault::Unreadable(why.into()), retry_after: None, outcome_unknown: writes }
    }

    /// From an answer that is not a success.
    pub(crate) fn answer(status: StatusCode, retry_after: Option<Duration>, body: &[u8], writes: bool) -> Self {
        let number = status.as_u16();
        match number {
            401 | 403 => Error::Unauthorized { status: number },
            423 | 429 => Error::Busy { status: number, retry_after },
            408 => Error::Unavailable { fault: Fault::Status(number), retry_after, outcome_unknown: writes },
            400..=499 => match serde_json::from_slice::<Value>(body) {
                Ok(_) if number == 404 => Error::NotFound,
                Ok(body) => match code_of(&body) {
                    Some(code) if code == SAME_REQUEST => Error::Busy { status: number, retry_after },
                    code => Error::Refused { status: number, code, message: message_of(&body) },
                },
                // Not MercadoPago's words: a proxy between us, whose refusal may pass.
                Err(_) => Error::Unavailable { fault: Fault::Status(number), retry_after, outcome_unknown: writes },
            },
            _ => Error::Unavailable { fault: Fault::Status(number), retry_after, outcome_unknown: writes },
        }
    }
}

/// The list of causes in any of the three families: `cause`, `causes` or `errors`.
fn causes(body: &Value) -> Option<&Value> {
    ["cause", "causes", "errors"].iter().find_map(|key| body.get(key)?.as_array()?.first())
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.chars().take(120).collect()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn code_of(body: &Value) -> Option<String> {
    let cause = causes(body).and_then(|cause| cause.get("code")).and_then(text);
    cause.or_else(|| body.get("error").or(body.get("code")).and_then(text))
}

fn message_of(body: &Value) -> String {
    // The control panel of the sandbox speaks problem+json, whose text is `detail`.
    let own = body.get("message").or(body.get("detail")).and_then(text);
    let first = || causes(body).and_then(|cause| cause.get("description").or(cause.get("message"))).and_then(text);
    own.or_else(first).unwrap_or_default()
}
