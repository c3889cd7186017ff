use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use store::StoreError;

const STYLE: &str = "body{font:18px/1.5 system-ui,sans-serif;max-width:30rem;margin:2rem auto;padding:0 1rem;color:#222}\
header{background:#fff159;padding:.5rem 1rem;border-radius:.5rem;font-size:.85rem}\
table{width:100%;border-collapse:collapse}td{padding:.25rem 0}td:last-child{text-align:right;white-space:nowrap}\
.total{font-size:1.6rem;font-weight:700}svg{width:100%;max-width:20rem;height:auto;display:block;margin:1rem auto}\
code{display:block;overflow-wrap:anywhere;background:#f3f3f3;padding:.75rem;border-radius:.5rem;font-size:.8rem}\
button{font:inherit;padding:.75rem 1.5rem;border-radius:.5rem;border:1px solid #888;background:#fff;cursor:pointer}\
.pay{background:#009ee3;color:#fff;border-color:#009ee3}form{display:flex;gap:1rem;margin:1.5rem 0}";

/// What the person clicked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Choice {
    Pay,
    Refuse,
}

/// A text as it may stand in HTML, in attributes too.
pub(super) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

/// A whole page; `body` is HTML, `title` is text.
pub(super) fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let title = escape(title);
    let html = format!(
        "<!doctype html><html lang=\"pt-BR\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>{title}</title>\
         <style>{STYLE}</style></head><body><header>Sandbox local: nenhum dinheiro de verdade muda de mãos.</header>\
         <h1>{title}</h1>{body}</body></html>"
    );
    let mut answer = (status, html).into_response();
    let policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";
    let fixed: [(HeaderName, &'static str); 3] =
        [(CONTENT_TYPE, "text/html; charset=utf-8"), (CONTENT_SECURITY_POLICY, policy), (CACHE_CONTROL, "no-store")];
    for (name, value) in fixed {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}

/// The two buttons, posting to `action`.
pub(super) fn buttons(action: &str) -> String {
    format!(
        "<form method=\"post\" action=\"{}\"><button class=\"pay\" name=\"choice\" value=\"pay\">Pagar</button>\
         <button name=\"choice\" value=\"refuse\">Recusar</button></form>",
        escape(action)
    )
}

/// 404 for a person.
pub(super) fn missing() -> Response {
    page(StatusCode::NOT_FOUND, "Não encontrado", "<p>Este pagamento não existe.</p>")
}

/// 422 for a person: neither button was clicked.
pub(super) fn undecided() -> Response {
    page(StatusCode::UNPROCESSABLE_ENTITY, "Pagamento", "<p>Volte e escolha entre pagar e recusar.</p>")
}

/// 500 for a person; the cause is in the log.
pub(super) fn broken(error: &StoreError) -> Response {
    tracing::error!(?error, "the sandbox's store");
    page(StatusCode::INTERNAL_SERVER_ERROR, "Erro", "<p>Algo deu errado. Tente de novo.</p>")
}
