use std::sync::Arc;

use api::ProblemKind;
use axum::extract::{MatchedPath, Request};
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use tower::ServiceExt;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::edge::{Answered, Context, Edge};
use crate::{Fail, Limits, Metrics, Readiness, Verifier, docs, oauth, probes};

/// What [`shell`] needs to know of a service.
pub struct Shell {
    /// `auth`, `order`, `payment` or `sandbox`.
    pub name: &'static str,
    /// Title, description and tags of the document; the routes add themselves.
    pub openapi: OpenApi,
    /// What `/ready` looks at.
    pub readiness: Arc<dyn Readiness>,
    /// Who checks tokens; a service without callers has none.
    pub verifier: Option<Arc<Verifier>>,
    /// The limits.
    pub limits: Limits,
    /// The measurements.
    pub metrics: Arc<Metrics>,
}

/// Puts around the routes what every service shares.
///
/// Adds `/health`, `/ready`, `/metrics`, `/openapi.json` and `/docs`; answers with and without a trailing slash;
/// takes and returns `x-request-id`; passes `traceparent` on; refuses what is too long, too slow or too much at once;
/// turns every refusal, unknown path, wrong method and panic into problem+json, or into OAuth's error body where the
/// route's document names it; logs and measures each request.
/// No page but the service's own may read its answers in a browser, unless [`crate::open_to`] lets it.
pub fn shell(routes: OpenApiRouter<()>, shell: Shell) -> axum::Router {
    let (routes, mut documented) = routes.split_for_parts();
    let oauth = oauth::paths(&mut documented);
    let document = crate::document(shell.openapi, documented);
    let known = routes
        .merge(probes::routes(shell.name, shell.readiness, shell.metrics.clone()))
        .merge(docs::routes(&document))
        .method_not_allowed_fallback(wrong_method);
    let slashless = known.clone().layer(middleware::from_fn(note_route)).fallback(unknown);
    let context = Context { verifier: shell.verifier, limits: shell.limits };
    let edge = Edge::new(context, shell.metrics, oauth);
    known.fallback(move |request| without_slash(slashless, request)).layer(edge)
}

/// A path that no route has as it stands, tried again without its trailing slash, or with one.
async fn without_slash(routes: axum::Router, mut request: Request) -> Response {
    let Some(uri) = toggled(request.uri()) else { return unknown().await.into_response() };
    *request.uri_mut() = uri;
    match routes.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

fn toggled(uri: &Uri) -> Option<Uri> {
    let path = uri.path();
    let path = match path.strip_suffix('/') {
        Some("") => return None,
        Some(shorter) => shorter.to_owned(),
        None => format!("{path}/"),
    };
    let path_and_query = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path,
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(path_and_query.parse().ok()?);
    Uri::from_parts(parts).ok()
}

/// Tells the layer outside which route answered.
async fn note_route(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).await;
    if let Some(route) = route {
        response.extensions_mut().insert(Answered(route));
    }
    response
}

async fn unknown() -> Fail {
    Fail::not_found("Este endereço não existe.", "There is nothing at this address.")
}

/// The router itself adds `Allow`.
async fn wrong_method(method: Method) -> Response {
    if method == Method::OPTIONS {
        return StatusCode::NO_CONTENT.into_response();
    }
    let pt = format!("Este endereço não aceita {method}.");
    Fail::new(ProblemKind::MethodNotAllowed, pt, format!("This address does not take {method}.")).into_response()
}
