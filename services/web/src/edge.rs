//! The one layer around every route: what happens to each request before its handler and after.

use std::any::Any;
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::{self, Poll};
use std::time::Instant;

use api::client::trace::{TRACE, Trace};
use api::{Lang, ProblemKind};
use axum::extract::{DefaultBodyLimit, MatchedPath, Request};
use axum::http::header::{
    ACCEPT_LANGUAGE, ALLOW, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::Semaphore;
use tower::{Layer, Service};
use tracing::Instrument;
use uuid::Uuid;

use crate::arrival::{self, Place};
use crate::door::Door;
use crate::fail::Pending;
use crate::headers::visible;
use crate::{Fail, Limits, Metrics, Verifier};

/// The digits of a CPF.
const CPF: usize = 11;
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// What the extractors need; in the extensions of every request.
pub(crate) struct Context {
    pub(crate) verifier: Option<Arc<Verifier>>,
    pub(crate) limits: Limits,
}

impl Context {
    pub(crate) fn of(extensions: &Extensions) -> Result<&Arc<Context>, Fail> {
        extensions.get::<Arc<Context>>().ok_or_else(|| Fail::internal("a route outside of the shell"))
    }
}

/// Which route answered, where the router that the layer is on does not know.
#[derive(Clone)]
pub(crate) struct Answered(pub(crate) MatchedPath);

#[derive(Clone)]
pub(crate) struct Edge(Arc<Shared>);

struct Shared {
    context: Arc<Context>,
    metrics: Arc<Metrics>,
    places: Arc<Semaphore>,
    bodies: Door,
    /// The paths that tell refusals as OAuth does.
    oauth: Vec<String>,
}

impl Edge {
    pub(crate) fn new(context: Context, metrics: Arc<Metrics>, oauth: Vec<String>) -> Self {
        let places = Arc::new(Semaphore::new(context.limits.requests));
        let bodies = Door::of_bodies(&context.limits);
        Edge(Arc::new(Shared { context: Arc::new(context), metrics, places, bodies, oauth }))
    }
}

impl<S> Layer<S> for Edge {
    type Service = EdgeService<S>;

    fn layer(&self, inner: S) -> EdgeService<S> {
        EdgeService { inner, shared: self.0.clone() }
    }
}

#[derive(Clone)]
pub(crate) struct EdgeService<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S> Service<Request> for EdgeService<S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, cx: &mut task::Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        // The service that was polled ready is the one to call.
        let fresh = self.inner.clone();
        let inner = std::mem::replace(&mut self.inner, fresh);
        let shared = self.shared.clone();
        Box::pin(async move { Ok(shared.handle(inner, request).await) })
    }
}

impl Shared {
    async fn handle<S>(&self, inner: S, mut request: Request) -> Response
    where
        S: Service<Request, Response = Response, Error = Infallible> + Send,
        S::Future: Send,
    {
        let started = Instant::now();
        let trace = trace(request.headers());
        let request_id = HeaderValue::from_str(&trace.request_id).ok();
        let lang = language(request.headers());
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let route = request.extensions().get::<MatchedPath>().cloned();
        request.extensions_mut().insert(self.context.clone());
        DefaultBodyLimit::max(self.context.limits.body).apply(&mut request);

        let span = tracing::info_span!("http", request_id = %trace.request_id);
        let response = TRACE.scope(trace, self.answer(inner, request)).instrument(span.clone()).await;
        let too_much = response.extensions().get::<Pending>().is_some_and(Pending::is_too_much);
        if too_much || response.status() == StatusCode::TOO_MANY_REQUESTS {
            tokio::time::sleep(self.context.limits.put_off).await;
        }
        let _entered = span.enter();
        let mut response = self.finish(response, lang, uri.path());
        let headers = response.headers_mut();
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html")) {
            page(headers);
        }
        if let Some(request_id) = request_id {
            headers.insert(REQUEST_ID, request_id);
        }

        let took = started.elapsed();
        let route = response.extensions_mut().remove::<Answered>().map(|answered| answered.0).or(route);
        let template = route.as_ref().map_or("unmatched", MatchedPath::as_str);
        self.metrics.observe(&method, template, response.status(), took);
        let (status, ms) = (response.status().as_u16(), took.as_secs_f64() * 1000.0);
        // The query is left out: it may name a person.
        tracing::info!(%method, path = masked(uri.path()), route = template, status, ms, "answered");
        response
    }

    /// The answer of the route, or why there is none.
    async fn answer<S>(&self, mut inner: S, request: Request) -> Response
    where
        S: Service<Request, Response = Response, Error = Infallible> + Send,
        S::Future: Send,
    {
        let limits = &self.context.limits;
        if let Err(fail) = head(&request, limits) {
            return fail.into_response();
        }
        let place = match Place::take(&self.places) {
            Ok(place) => place,
            Err(fail) => return fail.into_response(),
        };
        let request = arrival::within(limits.body_timeout, &self.bodies, &place, request);
        let work = AssertUnwindSafe(async move { inner.call(request).await }).catch_unwind();
        match tokio::time::timeout(limits.timeout, work).await {
            Ok(Ok(Ok(response))) => response,
            Ok(Ok(Err(never))) => match never {},
            Ok(Err(panic)) => Fail::internal(format!("panic: {}", said(&*panic))).into_response(),
            Err(elapsed) => Fail::overloaded().caused_by(elapsed).into_response(),
        }
    }

    /// Writes the body of a refusal: ours, or one of the framework's.
    fn finish(&self, mut response: Response, lang: Lang, path: &str) -> Response {
        let pending = match response.extensions_mut().remove::<Pending>() {
            Some(pending) => pending,
            None if is_bare_error(&response) => {
                match foreign(response.status()).into_response().extensions_mut().remove() {
                    Some(pending) => pending,
                    None => return response,
                }
            }
            None => return response,
        };
        pending.log();
        let route = path.strip_suffix('/').unwrap_or(path);
        let mut rendered = match self.oauth.iter().any(|oauth| oauth == route) {
            true => pending.render_oauth(lang),
            false => pending.render(lang, path),
        };
        if let Some(allow) = response.headers_mut().remove(ALLOW) {
            rendered.headers_mut().insert(ALLOW, allow);
        }
        rendered
    }
}

/// A path for the log: a part of it with as many digits as a CPF has says nothing, unless it is an id of ours.
fn masked(path: &str) -> String {
    let names_nobody =
        |part: &str| part.bytes().filter(u8::is_ascii_digit).count() < CPF || part.parse::<Uuid>().is_ok();
    let parts = path.split('/').map(|part| if names_nobody(part) { part } else { "***" });
    parts.collect::<Vec<_>>().join("/")
}

/// A page may say more of what it needs; one that says nothing gets nothing, is shown inside no other page, and no page
/// tells where its reader came from: an address of ours may name an order.
fn page(headers: &mut HeaderMap) {
    let nothing = HeaderValue::from_static("default-src 'none'; base-uri 'none'; frame-ancestors 'none'");
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(nothing);
    headers.entry(REFERRER_POLICY).or_insert(HeaderValue::from_static("no-referrer"));
}

/// What may be said before the body: 414 and 431.
fn head(request: &Request, limits: &Limits) -> Result<(), Fail> {
    let uri = request.uri().path_and_query().map_or(0, |uri| uri.as_str().len());
    if uri > limits.url {
        let (pt, en) = (
            format!("O endereço passa do limite de {} bytes.", limits.url),
            format!("The path and query are over the limit of {} bytes.", limits.url),
        );
        return Err(Fail::new(ProblemKind::UriTooLong, pt, en));
    }
    let headers = request.headers();
    // As HTTP/2 counts them (RFC 9113 §6.5.2), without its overhead.
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if headers.len() > limits.headers || bytes > limits.header_bytes {
        let (pt, en) = (
            format!("Os cabeçalhos passam do limite de {} campos ou {} bytes.", limits.headers, limits.header_bytes),
            format!("The header is over the limit of {} fields or {} bytes.", limits.headers, limits.header_bytes),
        );
        return Err(Fail::new(ProblemKind::HeadersTooLarge, pt, en));
    }
    Ok(())
}

/// An error without a body of its own shape: what axum says in plain text, or a bare status.
fn is_bare_error(response: &Response) -> bool {
    let status = response.status();
    let plain = response.headers().get(CONTENT_TYPE).is_none_or(|value| value.as_bytes().starts_with(b"text/plain"));
    (status.is_client_error() || status.is_server_error()) && plain
}

fn foreign(status: StatusCode) -> Fail {
    let (kind, pt, en) = match status.as_u16() {
        400 => (ProblemKind::InvalidJson, "A requisição não pôde ser lida.", "The request could not be read."),
        401 => return Fail::unauthenticated("Bearer"),
        403 => (ProblemKind::Forbidden, "Seu perfil não permite esta ação.", "Your role does not allow this."),
        404 => (ProblemKind::NotFound, "Este endereço não existe.", "There is nothing at this address."),
        405 => (ProblemKind::MethodNotAllowed, "Este endereço não aceita este método.", "Not with this method."),
        409 => (ProblemKind::Conflict, "Isso contradiz o que já existe.", "It contradicts what is there."),
        408 => return Fail::late(),
        413 => (ProblemKind::TooLarge, "O corpo passa do limite.", "The body is over the limit."),
        415 => (ProblemKind::UnsupportedMedia, "Este tipo de conteúdo não é aceito.", "Not with this content type."),
        429 => (ProblemKind::RateLimited, "Muitas tentativas. Aguarde um pouco.", "Too many tries. Wait a little."),
        503 => return Fail::overloaded(),
        status if status < 500 => {
            (ProblemKind::InvalidBody, "A requisição não foi aceita.", "The request was refused.")
        }
        _ => return Fail::internal(format!("answered {status}")),
    };
    Fail::new(kind, pt, en)
}

fn trace(headers: &HeaderMap) -> Trace {
    let given = headers.get(REQUEST_ID).and_then(visible).map(str::to_owned);
    let traceparent = headers.get(TRACEPARENT).and_then(visible).filter(|text| is_traceparent(text));
    Trace {
        request_id: given.unwrap_or_else(|| Uuid::now_v7().to_string()),
        traceparent: traceparent.map(str::to_owned),
    }
}

/// `00-<32 hex>-<16 hex>-<2 hex>` (W3C Trace Context §3.2.2).
fn is_traceparent(text: &str) -> bool {
    let lengths = [2, 32, 16, 2];
    let parts: Vec<&str> = text.split('-').collect();
    parts.len() == lengths.len()
        && parts
            .iter()
            .zip(lengths)
            .all(|(part, length)| part.len() == length && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')))
}

fn language(headers: &HeaderMap) -> Lang {
    let header = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    header.map_or(Lang::Pt, Lang::from_accept_language)
}

/// The words of a panic.
fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&'static str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without words")
}
