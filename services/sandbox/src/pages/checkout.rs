//! The page of a checkout, `init_point`.

use std::sync::Arc;

use axum::Extension;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::Money;
use serde::Deserialize;
use serde_json::Value;
use store::StoreError;
use url::Url;

use super::html::{Choice, broken, buttons, escape, missing, page, undecided};
use crate::api::COLLECTOR_ID;
use crate::api::body::amount;
use crate::checkout;
use crate::moves;
use crate::notify;
use crate::state::State;
use crate::store::payments::{self, Payment};
use crate::store::preferences::{self, Preference};

#[derive(Deserialize)]
pub(super) struct Which {
    /// Without one there is nothing to show, like with one that we do not know.
    #[serde(default)]
    pref_id: String,
}

#[derive(Deserialize)]
pub(super) struct Answer {
    choice: Choice,
}

/// `GET /checkout/v1/redirect?pref_id=…`
pub(super) async fn show(Extension(state): Extension<Arc<State>>, Query(which): Query<Which>) -> Response {
    let now = state.now();
    let found = state.store.read(move |c| {
        let Some(preference) = preferences::get(c, &which.pref_id)? else { return Ok(None) };
        let paid = payments::is_paid(c, &preference.id)?;
        Ok::<_, StoreError>(Some((checkout::is_open(c, &preference, now)?, paid, preference)))
    });
    match found.await {
        Err(error) => broken(&error),
        Ok(None) => missing(),
        Ok(Some((open, paid, preference))) => page(StatusCode::OK, "Pagamento", &body(&preference, open, paid)),
    }
}

fn body(preference: &Preference, open: bool, paid: bool) -> String {
    let items = preference.body.get("items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let lines: String = items.iter().map(line).collect();
    let end = match (open, paid) {
        (true, _) => buttons(&format!("/checkout/v1/pay?pref_id={}", preference.id)),
        (false, true) => "<p><strong>Pagamento aprovado.</strong> Não há mais nada a pagar.</p>".to_owned(),
        (false, false) => "<p><strong>Este pagamento não está mais disponível.</strong></p>".to_owned(),
    };
    let total = preference.amount.brl();
    format!("<table>{lines}</table><p>Total: <span class=\"total\">{total}</span></p>{end}")
}

fn line(item: &Value) -> String {
    let title = escape(item.get("title").and_then(Value::as_str).unwrap_or_default());
    let quantity = item.get("quantity").and_then(Value::as_u64).unwrap_or(1);
    let price = item.get("unit_price").and_then(amount).unwrap_or(Money::ZERO);
    let sum = u32::try_from(quantity).ok().and_then(|quantity| price.checked_mul(quantity)).unwrap_or(price);
    format!("<tr><td>{quantity} × {title}</td><td>{}</td></tr>", sum.brl())
}

/// `POST /checkout/v1/pay?pref_id=…`: a click. It makes a payment, and goes back to the shop if the shop said where.
pub(super) async fn pay(
    Extension(state): Extension<Arc<State>>,
    Query(which): Query<Which>,
    answer: Result<Form<Answer>, FormRejection>,
) -> Response {
    let Ok(Form(answer)) = answer else { return undecided() };
    let now = state.now();
    let worker = state.clone();
    let job = move |c: &rusqlite::Connection| {
        let Some(preference) = preferences::get(c, &which.pref_id)? else { return Ok(None) };
        if !checkout::is_open(c, &preference, now)? {
            return Ok(Some((preference, None)));
        }
        let mut payment = checkout::attempt(c, &preference, now)?;
        let status = if answer.choice == Choice::Pay { "approved" } else { "rejected" };
        moves::settle(&mut payment, status, now);
        payments::update(c, &payment)?;
        notify::announce(c, &worker, &payment, notify::CREATED, now)?;
        Ok::<_, StoreError>(Some((preference, Some(payment))))
    };
    match state.store.write(job).await {
        Err(error) => broken(&error),
        Ok(None) => missing(),
        Ok(Some((preference, None))) => page(StatusCode::CONFLICT, "Pagamento", &body(&preference, false, false)),
        Ok(Some((preference, Some(payment)))) => {
            state.wake();
            done(&preference, &payment)
        }
    }
}

fn done(preference: &Preference, payment: &Payment) -> Response {
    let approved = payment.status == "approved";
    if let Some(url) = back_url(preference, payment, if approved { "success" } else { "failure" }) {
        return Redirect::to(url.as_str()).into_response();
    }
    let again = format!("/checkout/v1/redirect?pref_id={}", preference.id);
    if approved {
        let text =
            format!("<p>Você pagou <strong>{}</strong>. Acompanhe seu pedido no balcão.</p>", payment.amount.brl());
        return page(StatusCode::OK, "Pagamento aprovado", &text);
    }
    let text = format!("<p>O pagamento foi recusado.</p><p><a href=\"{}\">Tentar de novo</a></p>", escape(&again));
    page(StatusCode::OK, "Pagamento recusado", &text)
}

/// Where the shop wants the browser, with the parameters that MercadoPago adds. They prove nothing.
fn back_url(preference: &Preference, payment: &Payment, which: &str) -> Option<Url> {
    let urls = preference.body.get("back_urls")?;
    let mut url: Url = urls.get(which)?.as_str()?.parse().ok()?;
    let id = payment.id.to_string();
    let reference = payment.external_reference.as_deref().unwrap_or("null");
    let added = [
        ("collection_id", id.as_str()),
        ("collection_status", &payment.status),
        ("payment_id", &id),
        ("status", &payment.status),
        ("external_reference", reference),
        ("payment_type", &payment.method),
        ("merchant_order_id", &id),
        ("preference_id", &preference.id),
        ("site_id", "MLB"),
        ("processing_mode", "aggregator"),
        ("merchant_account_id", &COLLECTOR_ID.to_string()),
    ];
    url.query_pairs_mut().extend_pairs(added);
    Some(url)
}
