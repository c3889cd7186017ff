//! One request and its answer, with a limit on everything.

use std::time::{Duration, Instant};

use reqwest::header::{ACCEPT, HeaderValue, RETRY_AFTER};
use reqwest::{Method, RequestBuilder, Response};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::{Host, Url};

use crate::error::Error;

/// Longest answer that is read; a payment with its PNG is some 10 KB, a full page of a search below 1 MB.
const MAX_ANSWER: usize = 4 * 1024 * 1024;
/// Longest wait that we take from a `Retry-After`.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(3600);

/// The connection pool. On a machine without CA certificates TLS can't be set up with the platform's roots; plain
/// HTTP to the sandbox must work there all the same, so then no root is trusted.
pub(crate) fn connector(base: &Url, timeout: Duration, user_agent: &str) -> Result<reqwest::Client, reqwest::Error> {
    let builder = || {
        let builder = reqwest::Client::builder()
            .user_agent(user_agent)
            .timeout(timeout)
            .connect_timeout(timeout.min(Duration::from_secs(5)))
            // A redirect would carry the token to somewhere else.
            .redirect(reqwest::redirect::Policy::none());
        if is_loopback(base) { builder.no_proxy() } else { builder }
    };
    builder().build().or_else(|_| builder().tls_certs_only([]).build())
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// A request in the making.
pub(super) struct Call {
    request: RequestBuilder,
    writes: bool,
    what: String,
}

impl Call {
    pub(super) fn new(
        http: &reqwest::Client,
        base: &Url,
        token: &SecretString,
        method: Method,
        path: &[&str],
    ) -> Result<Self, Error> {
        // An id of another shape is none of MercadoPago's, and must not turn into another path.
        let plain = |part: &&str| {
            !part.is_empty()
                && part.len() <= 128
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        };
        if !path.iter().all(plain) {
            return Err(Error::NotFound);
        }
        let mut url = base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        let writes = method != Method::GET;
        let what = format!("{method} /{}", path.join("/"));
        let request = http.request(method, url).bearer_auth(token.expose_secret()).header(ACCEPT, "application/json");
        Ok(Call { request, writes, what })
    }

    /// The idempotency key, 1 to 64 visible ASCII characters: what the strictest of the official SDKs allows.
    pub(super) fn key(self, key: &str) -> Result<Self, Error> {
        let visible = !key.is_empty() && key.len() <= 64 && key.bytes().all(|b| b.is_ascii_graphic());
        match HeaderValue::from_str(key) {
            Ok(value) if visible => Ok(Call { request: self.request.header("X-Idempotency-Key", value), ..self }),
            _ => Err(Error::Refused {
                status: 400,
                code: Some("idempotency_key".to_owned()),
                message: "the idempotency key has 1 to 64 visible ASCII characters".to_owned(),
            }),
        }
    }

    pub(super) fn header(self, name: &'static str, value: &'static str) -> Self {
        Call { request: self.request.header(name, value), ..self }
    }

    pub(super) fn query(self, query: &[(&str, &str)]) -> Self {
        Call { request: self.request.query(query), ..self }
    }

    pub(super) fn json(self, body: &impl Serialize) -> Self {
        Call { request: self.request.json(body), ..self }
    }

    pub(super) async fn send<T: DeserializeOwned>(self) -> Result<T, Error> {
        let writes = self.writes;
        self.send_maybe_empty().await?.ok_or_else(|| Error::unreadable("an empty answer", writes))
    }

    /// `None` for a success without a body.
    pub(super) async fn send_maybe_empty<T: DeserializeOwned>(self) -> Result<Option<T>, Error> {
        let started = Instant::now();
        let answer = self.request.send().await.map_err(|e| Error::transport(e, self.writes));
        let mut answer = answer.inspect_err(|error| tracing::warn!(call = self.what, %error, "MercadoPago"))?;
        let status = answer.status();
        let retry_after = retry_after(&answer);
        let request_id = answer.headers().get("x-request-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
        let body = read(&mut answer, self.writes).await?;
        let ms = started.elapsed().as_millis();
        tracing::debug!(call = self.what, status = status.as_u16(), ms, request_id, "MercadoPago");
        if !status.is_success() {
            return Err(Error::answer(status, retry_after, &body, self.writes));
        }
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok(None);
        }
        // serde's message may quote a value, which may be a person's; its place is enough.
        let unreadable =
            |e: serde_json::Error| Error::unreadable(format!("line {} column {}", e.line(), e.column()), self.writes);
        serde_json::from_slice(&body).map(Some).map_err(unreadable)
    }
}

async fn read(answer: &mut Response, writes: bool) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|e| Error::transport(e, writes))? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(Error::unreadable("longer than 4 MiB", writes));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Whole seconds only, as MercadoPago sends it; the date form of RFC 9110 §10.2.3 is not used there.
fn retry_after(answer: &Response) -> Option<Duration> {
    let seconds = answer.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(MAX_RETRY_AFTER))
}
