use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT_LANGUAGE, ETAG, HeaderMap, IF_NONE_MATCH, RETRY_AFTER};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use secrecy::ExposeSecret;
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::{Bearer, trace};
use crate::{Health, OAuthError, Problem};

/// The longest answer that is read, in bytes: more than a queue of ten thousand orders.
const LONGEST_ANSWER: usize = 32 << 20;

/// How long a service may take to say that it is there.
const GLANCE: Duration = Duration::from_secs(1);

/// Why a call led to nothing.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CallError {
    /// The service said no.
    #[error("{}", .0.detail)]
    Refused(Box<Problem>, Option<Duration>),
    /// The token endpoint said no.
    #[error("{}", .0.error_description.as_deref().unwrap_or(&.0.error))]
    OAuth(OAuthError, u16, Option<Duration>),
    /// No answer: not there, too slow, or cut off. Whether the request was carried out is unknown.
    #[error("no answer from {url}: {reason}")]
    Unreachable {
        /// Who was asked, without path and query.
        url: String,
        /// What the network said.
        reason: String,
    },
    /// An answer that is not what our services send.
    #[error("{url} answered {status} with something that is not ours: {reason}")]
    Nonsense {
        /// Who was asked, without path and query.
        url: String,
        /// The HTTP status.
        status: u16,
        /// What was expected.
        reason: String,
    },
}

impl CallError {
    /// The HTTP status, if there was an answer.
    pub fn status(&self) -> Option<u16> {
        match self {
            CallError::Refused(problem, _) => Some(problem.status),
            CallError::OAuth(_, status, _) | CallError::Nonsense { status, .. } => Some(*status),
            CallError::Unreachable { .. } => None,
        }
    }

    /// Whether asking the same again later can succeed: no answer, busy, or their fault. What is not ours, such as the
    /// page of a proxy between us, is no verdict whatever its status.
    pub fn is_passing(&self) -> bool {
        let status = match self {
            CallError::Unreachable { .. } | CallError::Nonsense { .. } => return true,
            CallError::Refused(problem, _) => problem.status,
            CallError::OAuth(_, status, _) => *status,
        };
        matches!(status, 401 | 408 | 423 | 425 | 429) || status >= 500
    }

    /// What went wrong in codes and a few words of ours, to be kept or logged: what the other side wrote for people, or
    /// sent by mistake, may speak of people.
    pub fn in_brief(&self) -> String {
        match self {
            CallError::Refused(problem, _) => format!("{} {}", problem.status, problem.code),
            CallError::OAuth(error, status, _) => format!("{status} {}", error.error),
            CallError::Unreachable { .. } => self.to_string(),
            CallError::Nonsense { url, status, .. } => {
                format!("{url} answered {status} with something that is not ours")
            }
        }
    }

    /// How long the other side asks us to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            CallError::Refused(_, after) | CallError::OAuth(_, _, after) => *after,
            _ => None,
        }
    }
}

/// One page of a list and how long the whole list is.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// What the page holds.
    pub items: Vec<T>,
    /// `X-Total-Count`.
    pub total: u64,
}

/// The one way our programs build an HTTP client.
///
/// The roots of the machine are used where it has any; a machine without certificates can still speak plain HTTP,
/// which is all that a snack bar on one computer needs.
///
/// # Errors
/// When the TLS library cannot start at all.
pub fn http_client(timeout: Duration) -> Result<reqwest::Client, reqwest::Error> {
    let builder = || {
        reqwest::Client::builder()
            .timeout(timeout)
            .connect_timeout(Duration::from_secs(3).min(timeout))
            .user_agent(concat!("lanchonete/", env!("CARGO_PKG_VERSION")))
    };
    builder().build().or_else(|_| builder().tls_certs_only([]).build())
}

/// A service's address, and the token that opens it.
#[derive(Clone)]
pub struct Http {
    base: Url,
    client: reqwest::Client,
    bearer: Option<Arc<dyn Bearer>>,
    language: &'static str,
}

impl Http {
    /// A client without a token.
    pub fn new(client: reqwest::Client, base: Url) -> Self {
        Http { base, client, bearer: None, language: "pt-BR" }
    }

    /// The same with a token.
    #[must_use]
    pub fn with_bearer(mut self, bearer: Arc<dyn Bearer>) -> Self {
        self.bearer = Some(bearer);
        self
    }

    /// The same, asking for texts in this language (`pt-BR` or `en`).
    #[must_use]
    pub fn with_language(mut self, language: &'static str) -> Self {
        self.language = language;
        self
    }

    /// The address.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// Starts a request for a path below the address, with the trace of the request being handled.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}/{}", self.base.as_str().trim_end_matches('/'), path.trim_start_matches('/'));
        let mut request = self.client.request(method, url).header(ACCEPT_LANGUAGE, self.language);
        if let Some(trace) = trace::current() {
            request = request.header("x-request-id", trace.request_id);
            if let Some(parent) = trace.traceparent {
                request = request.header("traceparent", parent);
            }
        }
        request
    }

    /// Whether the service answers just now; asked without a token, so that nobody else has to answer for it.
    pub async fn answers(&self) -> bool {
        let glance = Http { bearer: None, ..self.clone() };
        let health = tokio::time::timeout(GLANCE, glance.get::<Health>("/health")).await;
        matches!(health, Ok(Ok(_)))
    }

    /// Sends a request with the token and gives back any answer below 400.
    pub async fn send(&self, request: RequestBuilder) -> Result<Response, CallError> {
        let request = match &self.bearer {
            Some(bearer) => request.bearer_auth(bearer.token().await?.expose_secret()),
            None => request,
        };
        let response = request.send().await.map_err(|error| self.unreachable(&error))?;
        let status = response.status();
        if status.is_client_error() || status.is_server_error() {
            if let (StatusCode::UNAUTHORIZED, Some(bearer)) = (status, &self.bearer) {
                bearer.refused().await;
            }
            return Err(self.refusal(response).await);
        }
        Ok(response)
    }

    /// Sends a request and reads the JSON of the answer.
    pub async fn call<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, CallError> {
        let response = self.send(request).await?;
        self.json(response).await
    }

    /// `GET` of one object.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, CallError> {
        self.call(self.request(Method::GET, path)).await
    }

    /// `POST` of a body.
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, CallError> {
        self.call(self.request(Method::POST, path).json(body)).await
    }

    /// `PATCH` of a body.
    pub async fn patch<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, CallError> {
        self.call(self.request(Method::PATCH, path).json(body)).await
    }

    /// `GET` of a list.
    pub async fn list<T: DeserializeOwned>(&self, path: &str, query: &[(&str, String)]) -> Result<Page<T>, CallError> {
        let response = self.send(self.request(Method::GET, path).query(query)).await?;
        let header = response.headers().get("x-total-count").and_then(|v| v.to_str().ok()?.parse().ok());
        let items: Vec<T> = self.json(response).await?;
        let total = header.unwrap_or(items.len() as u64);
        Ok(Page { items, total })
    }

    /// `GET` of something whose version is known: `None` when it is still that one.
    pub async fn get_if_changed<T: DeserializeOwned>(
        &self,
        path: &str,
        etag: Option<&str>,
    ) -> Result<Option<(T, Option<String>)>, CallError> {
        Ok(self.get_if_changed_and_head(path, etag).await?.0)
    }

    /// The same, and the head of the answer.
    pub(super) async fn get_if_changed_and_head<T: DeserializeOwned>(
        &self,
        path: &str,
        etag: Option<&str>,
    ) -> Result<(Option<(T, Option<String>)>, HeaderMap), CallError> {
        let mut request = self.request(Method::GET, path);
        if let Some(etag) = etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        let response = self.send(request).await?;
        let head = response.headers().clone();
        if response.status() == StatusCode::NOT_MODIFIED {
            return Ok((None, head));
        }
        let etag = head.get(ETAG).and_then(|v| v.to_str().ok()).map(str::to_owned);
        Ok((Some((self.json(response).await?, etag)), head))
    }

    async fn json<T: DeserializeOwned>(&self, response: Response) -> Result<T, CallError> {
        let status = response.status().as_u16();
        let bytes = self.bytes(response).await?;
        serde_json::from_slice(&bytes).map_err(|error| self.nonsense(status, error.to_string()))
    }

    /// The whole answer, unless it is longer than any of ours.
    async fn bytes(&self, mut response: Response) -> Result<Vec<u8>, CallError> {
        let status = response.status().as_u16();
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.unreachable(&error))? {
            if bytes.len() + chunk.len() > LONGEST_ANSWER {
                return Err(self.nonsense(status, format!("longer than {} MiB", LONGEST_ANSWER >> 20)));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    async fn refusal(&self, response: Response) -> CallError {
        let status = response.status().as_u16();
        let after = response.headers().get(RETRY_AFTER).and_then(|v| v.to_str().ok()?.parse().ok());
        let after = after.map(Duration::from_secs);
        let bytes = match self.bytes(response).await {
            Ok(bytes) => bytes,
            Err(error) => return error,
        };
        if let Ok(problem) = serde_json::from_slice::<Problem>(&bytes) {
            return CallError::Refused(Box::new(problem), after);
        }
        match serde_json::from_slice::<OAuthError>(&bytes) {
            Ok(error) => CallError::OAuth(error, status, after),
            Err(_) => self.nonsense(status, "expected application/problem+json".to_owned()),
        }
    }

    fn place(&self) -> String {
        self.base.origin().ascii_serialization()
    }

    fn unreachable(&self, error: &reqwest::Error) -> CallError {
        let mut source: &dyn std::error::Error = error;
        while let Some(deeper) = source.source() {
            source = deeper;
        }
        let reason = if error.is_timeout() { "timed out".to_owned() } else { source.to_string() };
        CallError::Unreachable { url: self.place(), reason }
    }

    /// The answer, or that there is none, when it takes longer than this.
    pub async fn within<T>(
        &self,
        time: Duration,
        call: impl Future<Output = Result<T, CallError>>,
    ) -> Result<T, CallError> {
        let late = || CallError::Unreachable { url: self.place(), reason: "timed out".to_owned() };
        tokio::time::timeout(time, call).await.unwrap_or_else(|_| Err(late()))
    }

    fn nonsense(&self, status: u16, reason: String) -> CallError {
        CallError::Nonsense { url: self.place(), status, reason }
    }
}
