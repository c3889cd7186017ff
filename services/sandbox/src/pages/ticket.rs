//! The page of a Pix, `ticket_url`.

use std::sync::Arc;

use axum::Extension;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use store::StoreError;

use super::html::{Choice, broken, buttons, escape, missing, page, undecided};
use crate::moves;
use crate::notify;
use crate::state::State;
use crate::store::payments::{self, Payment};

#[derive(Deserialize)]
pub(super) struct Answer {
    choice: Choice,
}

/// `GET /payments/{id}/ticket`
pub(super) async fn show(Extension(state): Extension<Arc<State>>, Path(id): Path<String>) -> Response {
    let Ok(id) = id.parse() else { return missing() };
    match state.store.read(move |c| payments::get(c, id)).await {
        Err(error) => broken(&error),
        Ok(None) => missing(),
        Ok(Some(payment)) => page(StatusCode::OK, "Pix", &body(&payment, state.now())),
    }
}

fn body(payment: &Payment, now: domain::Timestamp) -> String {
    let description = payment.extra.get("description").and_then(|text| text.as_str()).unwrap_or("Compra");
    let head = format!("<table><tr><td>{}</td><td>{}</td></tr></table>", escape(description), payment.amount.brl());
    let late = payment.expires_at.is_some_and(|at| at <= now);
    let rest = match (&*payment.status, &payment.qr_code) {
        ("pending", Some(code)) if !late => {
            let drawn = mercadopago::qr::svg(code).unwrap_or_default();
            // The drawing begins with an XML declaration, which HTML does not have.
            let drawn = drawn.find("<svg").map_or("", |at| &drawn[at..]);
            let action = buttons(&format!("/payments/{}/ticket", payment.id));
            format!("{drawn}<p>Pix copia e cola:</p><code>{}</code>{action}", escape(code))
        }
        ("approved", _) => "<p><strong>Pagamento aprovado.</strong></p>".to_owned(),
        ("rejected", _) => "<p><strong>Pagamento recusado.</strong></p>".to_owned(),
        ("refunded", _) => "<p><strong>Pagamento devolvido.</strong></p>".to_owned(),
        _ => "<p><strong>Este pagamento não está mais disponível.</strong></p>".to_owned(),
    };
    head + &rest
}

/// `POST /payments/{id}/ticket`: a click; only a pending payment moves.
pub(super) async fn pay(
    Extension(state): Extension<Arc<State>>,
    Path(id): Path<String>,
    answer: Result<Form<Answer>, FormRejection>,
) -> Response {
    let Ok(Form(answer)) = answer else { return undecided() };
    let Ok(id) = id.parse::<i64>() else { return missing() };
    let now = state.now();
    let worker = state.clone();
    let job = move |c: &rusqlite::Connection| {
        let Some(mut payment) = payments::get(c, id)? else { return Ok(false) };
        let late = payment.expires_at.is_some_and(|at| at <= now);
        if payment.status == "pending" && !late {
            let status = if answer.choice == Choice::Pay { "approved" } else { "rejected" };
            moves::settle(&mut payment, status, now);
            payments::update(c, &payment)?;
            notify::announce(c, &worker, &payment, notify::UPDATED, now)?;
        }
        Ok::<_, StoreError>(true)
    };
    match state.store.write(job).await {
        Err(error) => broken(&error),
        Ok(false) => missing(),
        Ok(true) => {
            state.wake();
            Redirect::to(&format!("/payments/{id}/ticket")).into_response()
        }
    }
}
