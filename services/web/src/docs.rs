//! The page that shows a service's document without the internet.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::Config;

use crate::Fail;

/// Only what the page brings itself: nothing from elsewhere, nothing inline but styles.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'";

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
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers
}
