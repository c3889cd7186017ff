use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use api::{Fault, Lang, OrderNow, Problem, ProblemKind};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use domain::{OrderStatus, PaymentId};

use crate::{Faults, oauth};

const PROBLEM_JSON: &str = "application/problem+json";
const JSON: &str = "application/json";

type Cause = Box<dyn Error + Send + Sync>;

/// A refusal: what the person may read, in both languages, and what only the log may know.
///
/// As a response it is a status with the refusal inside; [`crate::shell`] knows the request and writes the
/// RFC 9457 body in its language.
pub struct Fail(Box<Inner>);

struct Inner {
    kind: ProblemKind,
    pt: String,
    en: String,
    faults: Faults,
    allowed: Option<Vec<OrderStatus>>,
    order: Option<Box<OrderNow>>,
    charge: Option<PaymentId>,
    retry_after: Option<Duration>,
    challenge: Option<&'static str>,
    cause: Option<Cause>,
}

/// The refusal on its way out, inside the extensions of a response.
#[derive(Clone)]
pub(crate) struct Pending(Arc<Inner>);

impl Fail {
    /// A refusal of this kind, with what happened in Portuguese and English.
    pub fn new(kind: ProblemKind, pt: impl Into<String>, en: impl Into<String>) -> Self {
        Fail(Box::new(Inner {
            kind,
            pt: pt.into(),
            en: en.into(),
            faults: Faults::new(),
            allowed: None,
            order: None,
            charge: None,
            retry_after: None,
            challenge: None,
            cause: None,
        }))
    }

    /// 404: there is no such thing, or the caller may not know of it.
    pub fn not_found(pt: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new(ProblemKind::NotFound, pt, en)
    }

    /// 500: our fault. The cause goes to the log only.
    pub fn internal(cause: impl Into<Cause>) -> Self {
        let (pt, en) =
            ("Algo deu errado do nosso lado. Tente de novo.", "Something went wrong on our side. Try again.");
        let mut fail = Self::new(ProblemKind::Internal, pt, en);
        fail.0.cause = Some(cause.into());
        fail
    }

    /// 503: the store does not answer. The cause goes to the log only.
    pub fn unavailable(cause: impl Into<Cause>) -> Self {
        let pt = "O armazenamento não está respondendo. Tente de novo em instantes.";
        let en = "The store is not answering. Try again in a moment.";
        let mut fail = Self::new(ProblemKind::StoreUnavailable, pt, en).retry_after(Duration::from_secs(1));
        fail.0.cause = Some(cause.into());
        fail
    }

    /// 401 with this `WWW-Authenticate` (RFC 6750 §3).
    pub(crate) fn unauthenticated(challenge: &'static str) -> Self {
        let pt = "Identifique-se para continuar: a credencial falta ou não vale mais.";
        let en = "Sign in to go on: the credential is missing or no longer holds.";
        let mut fail = Self::new(ProblemKind::Unauthenticated, pt, en);
        fail.0.challenge = Some(challenge);
        fail
    }

    /// 503: too much at once.
    pub(crate) fn overloaded() -> Self {
        let (pt, en) =
            ("Muito movimento agora. Tente de novo em instantes.", "Too busy right now. Try again in a moment.");
        Self::new(ProblemKind::Overloaded, pt, en).retry_after(Duration::from_secs(1))
    }

    /// 408: the request did not arrive in time.
    pub(crate) fn late() -> Self {
        let (pt, en) = ("A requisição demorou demais para chegar.", "The request took too long to arrive.");
        Self::new(ProblemKind::RequestTimeout, pt, en)
    }

    /// With every fault of the request.
    #[must_use]
    pub fn with_faults(mut self, faults: Faults) -> Self {
        self.0.faults = faults;
        self
    }

    /// With `Retry-After`, in whole seconds rounded up.
    #[must_use]
    pub fn retry_after(mut self, after: Duration) -> Self {
        self.0.retry_after = Some(after);
        self
    }

    /// With the cause, for the log.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Error + Send + Sync + 'static) -> Self {
        self.0.cause = Some(Box::new(cause));
        self
    }

    /// With what the caller may do instead (`illegal_transition`).
    #[must_use]
    pub fn allowed(mut self, allowed: Vec<OrderStatus>) -> Self {
        self.0.allowed = Some(allowed);
        self
    }

    /// With where the order is that this was refused to, and who took it there.
    #[must_use]
    pub fn order(mut self, now: OrderNow) -> Self {
        self.0.order = Some(Box::new(now));
        self
    }

    /// With the live charge (`charge_exists`).
    #[must_use]
    pub fn charge(mut self, payment: PaymentId) -> Self {
        self.0.charge = Some(payment);
        self
    }

    /// With this `WWW-Authenticate` (RFC 9110 §11.6.1), which every 401 has.
    #[must_use]
    pub fn challenge(mut self, challenge: &'static str) -> Self {
        self.0.challenge = Some(challenge);
        self
    }

    /// The refusal as it goes over a line on which nothing was read yet, which is then closed.
    pub(crate) fn as_http1(&self) -> Bytes {
        let (status, body) = (status(self.0.kind), self.0.body(Lang::Pt, ""));
        let mut head =
            format!("HTTP/1.1 {status}\r\ncontent-type: {PROBLEM_JSON}\r\ncontent-length: {}\r\n", body.len());
        if let Some(seconds) = self.0.retry_seconds() {
            head.push_str(&format!("retry-after: {seconds}\r\n"));
        }
        head.push_str("cache-control: no-store\r\nconnection: close\r\n\r\n");
        [head.as_bytes(), &body].concat().into()
    }

    /// The kind.
    pub fn kind(&self) -> ProblemKind {
        self.0.kind
    }
}

impl fmt::Display for Fail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.kind.code(), self.0.en)
    }
}

impl fmt::Debug for Fail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fail").field("kind", &self.0.kind).field("cause", &self.0.cause).finish_non_exhaustive()
    }
}

impl Error for Fail {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.cause.as_deref().map(|cause| cause as _)
    }
}

impl IntoResponse for Fail {
    fn into_response(self) -> Response {
        let mut response = status(self.0.kind).into_response();
        response.extensions_mut().insert(Pending(Arc::from(self.0)));
        response
    }
}

fn status(kind: ProblemKind) -> StatusCode {
    StatusCode::from_u16(kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

impl Pending {
    /// Whether it was refused for how much was asked, not for what.
    pub(crate) fn is_too_much(&self) -> bool {
        matches!(self.0.kind, ProblemKind::RateLimited | ProblemKind::Overloaded)
    }

    /// Writes what the log shall know: the causes of our own faults always, the others for those who debug.
    pub(crate) fn log(&self) {
        let inner = &self.0;
        let causes = inner.cause.as_deref().map(|cause| chain(cause)).unwrap_or_default();
        if inner.kind.status() >= 500 {
            tracing::error!(code = inner.kind.code(), causes, "{}", inner.en);
        } else {
            tracing::debug!(code = inner.kind.code(), causes, "{}", inner.en);
        }
    }

    /// The whole response.
    pub(crate) fn render(&self, lang: Lang, instance: &str) -> Response {
        self.response(PROBLEM_JSON, self.0.body(lang, instance))
    }

    /// The same as OAuth tells it.
    pub(crate) fn render_oauth(&self, lang: Lang) -> Response {
        let inner = &self.0;
        let error = oauth::error(inner.kind, inner.challenge, pick(lang, &inner.pt, &inner.en));
        self.response(JSON, serde_json::to_vec(&error).unwrap_or_default())
    }

    fn response(&self, content_type: &'static str, body: Vec<u8>) -> Response {
        let inner = &self.0;
        let mut response = (status(inner.kind), body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = inner.retry_seconds() {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(challenge) = inner.challenge {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response
    }
}

impl Inner {
    fn body(&self, lang: Lang, instance: &str) -> Vec<u8> {
        let problem = Problem {
            kind: self.kind.type_uri(),
            title: self.kind.title(lang).to_owned(),
            status: self.kind.status(),
            detail: pick(lang, &self.pt, &self.en).to_owned(),
            instance: instance.to_owned(),
            code: self.kind.code().to_owned(),
            errors: self.faults.list(lang),
            allowed: self.allowed.clone(),
            order: self.order.clone(),
            payment_id: self.charge.map(|id| id.to_string()),
        };
        serde_json::to_vec(&problem).unwrap_or_default()
    }

    /// Whole seconds, rounded up.
    fn retry_seconds(&self) -> Option<u64> {
        self.retry_after.map(|after| (after.as_secs() + u64::from(after.subsec_nanos() > 0)).max(1))
    }
}

pub(crate) fn pick<'a>(lang: Lang, pt: &'a str, en: &'a str) -> &'a str {
    match lang {
        Lang::Pt => pt,
        Lang::En => en,
    }
}

fn chain(cause: &(dyn Error + 'static)) -> String {
    let mut text = cause.to_string();
    let mut next = cause.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

/// A fault in the words of one language.
pub(crate) fn fault(pointer: Option<&str>, parameter: Option<&str>, detail: &str) -> Fault {
    Fault { pointer: pointer.map(str::to_owned), parameter: parameter.map(str::to_owned), detail: detail.to_owned() }
}
