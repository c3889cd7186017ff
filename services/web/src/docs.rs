//! The OpenAPI document of a service and the page that shows it without the internet.

use std::sync::Arc;

use api::{Fault, Health, OAuthError, Problem};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use utoipa::openapi::path::{HttpMethod, Operation, OperationBuilder, PathItem};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, ContentBuilder, OpenApi, Ref, RefOr, ResponseBuilder};
use utoipa::{PartialSchema, ToSchema};
use utoipa_swagger_ui::Config;

use crate::{Fail, schema};

/// Only what the page brings itself: nothing from elsewhere, nothing inline but styles.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'";

/// Completes a service's document: its base (title, description, tags) with the routes, and what all services share:
/// the probes, the `bearer` security scheme, and problem+json as the `default` answer of every operation.
pub fn document(base: OpenApi, routes: OpenApi) -> OpenApi {
    let mut document = base;
    document.merge(routes);
    document.info.version = env!("CARGO_PKG_VERSION").to_owned();
    document.servers = None;
    for (path, summary) in [
        ("/health", "Says that the service answers"),
        ("/ready", "Looks at everything that a request needs: 503 when something is missing"),
        ("/metrics", "Measurements, as Prometheus text"),
    ] {
        document
            .paths
            .paths
            .entry(path.to_owned())
            .or_insert_with(|| PathItem::new(HttpMethod::Get, probe(path, summary)));
    }
    for item in document.paths.paths.values_mut() {
        operations(item).for_each(complete);
    }
    let mut shared = shared();
    if let Some(own) = document.components.take() {
        shared.schemas.extend(own.schemas);
        shared.responses.extend(own.responses);
        shared.security_schemes.extend(own.security_schemes);
    }
    document.components = Some(shared);
    document
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [
        &mut item.get,
        &mut item.put,
        &mut item.post,
        &mut item.delete,
        &mut item.options,
        &mut item.head,
        &mut item.patch,
        &mut item.trace,
    ]
    .into_iter()
    .filter_map(Option::as_mut)
}

fn complete(operation: &mut Operation) {
    operation.responses.responses.entry("default".to_owned()).or_insert_with(|| {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let problem = ResponseBuilder::new()
            .description("A refusal (RFC 9457); `code` tells which.")
            .content("application/problem+json", content);
        RefOr::T(problem.build())
    });
}

fn probe(path: &str, summary: &str) -> Operation {
    let json = |name: &str| ContentBuilder::new().schema(Some(Ref::from_schema_name(name))).build();
    let answer = |text: &str| match path {
        "/health" => ResponseBuilder::new().description(text).content("application/json", json("Health")).build(),
        "/ready" => ResponseBuilder::new().description(text).content("application/json", json("Readiness")).build(),
        _ => ResponseBuilder::new().description(text).content("text/plain", ContentBuilder::new().build()).build(),
    };
    let operation = OperationBuilder::new().summary(Some(summary)).tag("service").response("200", answer("It does."));
    if path == "/ready" {
        operation.response("503", answer("Something is missing.")).build()
    } else {
        operation.build()
    }
}

fn shared() -> utoipa::openapi::Components {
    let mut schemas = schema::vocabulary();
    fn add<T: ToSchema + PartialSchema>(schemas: &mut Vec<(String, RefOr<utoipa::openapi::Schema>)>) {
        T::schemas(schemas);
        schemas.push((T::name().into_owned(), T::schema()));
    }
    add::<Problem>(&mut schemas);
    add::<Fault>(&mut schemas);
    add::<Health>(&mut schemas);
    add::<api::Readiness>(&mut schemas);
    add::<OAuthError>(&mut schemas);
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("A token of the auth service: `Authorization: Bearer …`."));
    ComponentsBuilder::new()
        .schemas_from_iter(schemas)
        .security_scheme("bearer", SecurityScheme::Http(bearer.build()))
        .build()
}

#[derive(Clone)]
struct Docs {
    document: Bytes,
    config: Arc<Config<'static>>,
}

pub(crate) fn routes(document: &OpenApi) -> Router {
    let document = serde_json::to_vec(document).map(Bytes::from).unwrap_or_default();
    // Relative to the page, so that it also works behind a prefix.
    let config = Arc::new(Config::from("../openapi.json").try_it_out_enabled(true).validator_url("none"));
    Router::new()
        .route("/openapi.json", get(openapi))
        .route("/docs", get(page))
        .route("/docs/", get(|state| asset(state, Path(String::new()))))
        .route("/docs/{*file}", get(asset))
        .with_state(Docs { document, config })
}

async fn openapi(State(docs): State<Docs>) -> Response {
    ([(CONTENT_TYPE, "application/json")], docs.document).into_response()
}

/// Without the slash the page's relative links would miss their folder.
async fn page(State(docs): State<Docs>) -> Result<Response, Fail> {
    let file = file(&docs, "")?;
    let html = String::from_utf8_lossy(&file.bytes).replacen("<head>", "<head>\n    <base href=\"docs/\" />", 1);
    Ok((page_headers("text/html; charset=utf-8"), html).into_response())
}

async fn asset(State(docs): State<Docs>, Path(name): Path<String>) -> Result<Response, Fail> {
    let file = file(&docs, &name)?;
    let mut headers = page_headers(&file.content_type);
    if file.gzpipped {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok((headers, file.bytes.into_owned()).into_response())
}

fn file(docs: &Docs, name: &str) -> Result<utoipa_swagger_ui::SwaggerFile<'static>, Fail> {
    utoipa_swagger_ui::serve(name, docs.config.clone())
        .map_err(|error| Fail::internal(error.to_string()))?
        .ok_or_else(|| Fail::not_found("Este endereço não existe.", "There is nothing at this address."))
}

fn page_headers(content_type: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let content_type = HeaderValue::from_str(content_type);
    headers.insert(CONTENT_TYPE, content_type.unwrap_or(HeaderValue::from_static("application/octet-stream")));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers
}
