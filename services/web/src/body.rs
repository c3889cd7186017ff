use api::ProblemKind;
use axum::body::HttpBody;
use axum::extract::{FromRequest, Request};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::ToSchema;

use crate::edge::Context;
use crate::json::{self, Broken};
use crate::{Fail, Faults, schema};

/// How many times the limit is read and thrown away before the connection is given up. A client that is still
/// sending does not read; closing at once would lose the answer.
const PATIENCE: usize = 16;

/// A JSON body that holds against the schema of `T`; every fault is told at once.
///
/// Refuses with 415, 413, 400 `invalid_json` and 422 `invalid_body`, in this order.
#[derive(Debug, Clone)]
pub struct Body<T>(pub T);

/// A body that is read later, after the object it is about was found.
#[derive(Debug)]
pub struct RawBody {
    body: axum::body::Body,
    content_type: Option<HeaderValue>,
    length: Option<u64>,
    limit: usize,
}

impl<T, S> FromRequest<S> for Body<T>
where
    T: DeserializeOwned + ToSchema + 'static,
    S: Send + Sync,
{
    type Rejection = Fail;

    async fn from_request(request: Request, _: &S) -> Result<Self, Fail> {
        RawBody::of(request)?.read().await.map(Body)
    }
}

impl<S: Send + Sync> FromRequest<S> for RawBody {
    type Rejection = Fail;

    async fn from_request(request: Request, _: &S) -> Result<Self, Fail> {
        RawBody::of(request)
    }
}

impl RawBody {
    fn of(request: Request) -> Result<Self, Fail> {
        let limit = Context::of(request.extensions())?.limits.body;
        let header = |headers: &HeaderMap, name| headers.get(name).cloned();
        let content_type = header(request.headers(), CONTENT_TYPE);
        let length = header(request.headers(), CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse().ok());
        Ok(RawBody { body: request.into_body(), content_type, length, limit })
    }

    /// The body as it came, for those who check a signature over it.
    ///
    /// # Errors
    /// 413 over the limit.
    pub async fn bytes(self) -> Result<Bytes, Fail> {
        let RawBody { mut body, length, limit, .. } = self;
        let most = limit.saturating_mul(PATIENCE);
        if length.is_some_and(|length| length > most as u64) {
            return Err(too_large(limit));
        }
        let mut first = Bytes::new();
        let mut rest = BytesMut::new();
        let mut total = 0_usize;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(broken_off)?;
            let Ok(data) = frame.into_data() else { continue };
            total = total.saturating_add(data.len());
            if total > most {
                break;
            }
            if total > limit {
                rest = BytesMut::new();
            } else if first.is_empty() {
                first = data;
            } else {
                rest.extend_from_slice(&data);
            }
        }
        if total > limit {
            return Err(too_large(limit));
        }
        if rest.is_empty() {
            return Ok(first);
        }
        let mut whole = BytesMut::with_capacity(total);
        whole.extend_from_slice(&first);
        whole.extend_from_slice(&rest);
        Ok(whole.freeze())
    }

    /// Reads JSON and checks it against the schema of `T`.
    ///
    /// # Errors
    /// 415, 413, 400 `invalid_json`, 422 `invalid_body` with every fault.
    pub async fn read<T: DeserializeOwned + ToSchema + 'static>(self) -> Result<T, Fail> {
        self.read_with(|_, _| ()).await
    }

    /// The same; where the schema finds faults, `also` adds those that it cannot know, so that all are told at once.
    ///
    /// # Errors
    /// As [`RawBody::read`].
    pub async fn read_with<T: DeserializeOwned + ToSchema + 'static>(
        self,
        also: impl FnOnce(&Value, &mut Faults),
    ) -> Result<T, Fail> {
        self.require_json()?;
        parse(&self.bytes().await?, also)
    }

    /// The same, but no body at all stands for the default.
    ///
    /// # Errors
    /// As [`RawBody::read`].
    pub async fn read_or_default<T: DeserializeOwned + ToSchema + Default + 'static>(self) -> Result<T, Fail> {
        self.require_json()?;
        let bytes = self.bytes().await?;
        if bytes.is_empty() { Ok(T::default()) } else { parse(&bytes, |_, _| ()) }
    }

    fn require_json(&self) -> Result<(), Fail> {
        let accepted = match &self.content_type {
            Some(value) => value.to_str().is_ok_and(is_json),
            None => self.body.is_end_stream(),
        };
        if accepted { Ok(()) } else { Err(not_json()) }
    }
}

/// `application/json` or a type with the suffix `+json` (RFC 6839 §3.1), with any parameters.
fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

fn parse<T: DeserializeOwned + ToSchema + 'static>(
    bytes: &[u8],
    also: impl FnOnce(&Value, &mut Faults),
) -> Result<T, Fail> {
    let value = json::read(bytes).map_err(|broken| match broken {
        Broken::Syntax(error) => no_json(&error),
        Broken::Twice(pointer) => faulty(pointer, "campo repetido", "field given twice"),
        Broken::Number(pointer) => faulty(pointer, "número grande demais", "number too large"),
    })?;
    let mut faults = schema::of::<T>()?.check(&value);
    if !faults.is_empty() {
        also(&value, &mut faults);
    }
    faults.check()?;
    schema::read(value).map_err(|(pointer, (pt, en))| faulty(pointer, &pt, &en))
}

/// 422 for the one fault that ended the reading.
fn faulty(pointer: String, pt: &str, en: &str) -> Fail {
    let mut faults = Faults::new();
    faults.body(pointer, pt, en);
    faults.check().err().unwrap_or_else(|| Fail::internal("a fault is not empty"))
}

/// Says where the JSON breaks, but not with what: a body may carry secrets.
fn no_json(error: &serde_json::Error) -> Fail {
    let (line, column) = (error.line(), error.column());
    Fail::new(
        ProblemKind::InvalidJson,
        format!("O corpo não é JSON válido (linha {line}, coluna {column})."),
        format!("The body is not valid JSON (line {line}, column {column})."),
    )
}

/// Why a body ended early: we refused to wait for it, or the line broke.
fn broken_off(error: axum::Error) -> Fail {
    let error = match error.into_inner().downcast::<Fail>() {
        Ok(refused) => return *refused,
        Err(error) => axum::Error::new(error),
    };
    let (pt, en) = ("O corpo não chegou inteiro.", "The body did not arrive in full.");
    Fail::new(ProblemKind::InvalidJson, pt, en).caused_by(error)
}

fn not_json() -> Fail {
    let (pt, en) = ("Envie o corpo como application/json.", "Send the body as application/json.");
    Fail::new(ProblemKind::UnsupportedMedia, pt, en)
}

fn too_large(limit: usize) -> Fail {
    Fail::new(
        ProblemKind::TooLarge,
        format!("O corpo passa do limite de {limit} bytes."),
        format!("The body is over the limit of {limit} bytes."),
    )
}
