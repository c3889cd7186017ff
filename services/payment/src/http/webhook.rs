use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use mercadopago::signature::{Parts, verify};
use web::{Fail, RawBody};

use super::{Desks, error};
use crate::desk::Desk;
use crate::webhook::{Hint, Notification};

/// Takes in a notification of MercadoPago's. It is a hint, not the truth: MercadoPago is asked later.
///
/// A notification of type `payment` or `order` must be signed. Others, such as the older IPN, can't be checked; they are
/// answered with 200, and looked into only when they name a payment that is known.
#[utoipa::path(
    post,
    path = "/payments/webhook",
    tag = "webhook",
    params(
        ("data.id" = Option<String>, Query, description = "MercadoPago's id of the payment; part of what is signed"),
        ("type" = Option<String>, Query, description = "`payment`, `order`, or another topic"),
        ("topic" = Option<String>, Query, description = "The topic of an IPN"),
        ("id" = Option<String>, Query, description = "The id of an IPN"),
        ("x-signature" = Option<String>, Header, description = "`ts=…,v1=…`"),
    ),
    responses(
        (status = 200, description = "Taken in, or nothing to us"),
        (status = 401, description = "The signature is missing, wrong, or too old"),
        (status = 408, description = "The body did not arrive in time"),
        (status = 413, description = "The body is over the limit"),
    )
)]
pub(super) async fn receive(
    State(desk): State<Desks>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: RawBody,
) -> Result<StatusCode, Fail> {
    let body = body.bytes().await?;
    take(&desk, &Notification::read(query.as_deref().unwrap_or_default(), &body), &headers).await
}

/// Takes in a notification without a body: MercadoPago's older IPN may come by GET. What it says and what is checked is
/// the same.
#[utoipa::path(
    get,
    path = "/payments/webhook",
    tag = "webhook",
    params(
        ("topic" = Option<String>, Query, description = "The topic of an IPN"),
        ("id" = Option<String>, Query, description = "The id of an IPN"),
        ("data.id" = Option<String>, Query, description = "As in the POST"),
        ("type" = Option<String>, Query, description = "As in the POST"),
        ("x-signature" = Option<String>, Header, description = "`ts=…,v1=…`"),
    ),
    responses(
        (status = 200, description = "Taken in, or nothing to us"),
        (status = 401, description = "The signature is missing, wrong, or too old"),
    )
)]
pub(super) async fn receive_by_get(
    State(desk): State<Desks>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<StatusCode, Fail> {
    take(&desk, &Notification::read(query.as_deref().unwrap_or_default(), &[]), &headers).await
}

async fn take(desk: &Desk, notification: &Notification, headers: &HeaderMap) -> Result<StatusCode, Fail> {
    if notification.must_be_signed() {
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let parts = Parts {
            signature: header("x-signature"),
            request_id: header("x-request-id"),
            data_id: notification.signed_id(),
        };
        let matched = verify(&parts, &desk.webhook_secrets, desk.now(), desk.timings.webhook_window);
        let matched = matched.inspect_err(|why| tracing::warn!(%why, "a notification was refused"));
        let matched = matched.map_err(error::unsigned)?;
        if matched.secret > 0 {
            tracing::info!("a notification is signed with the previous secret");
        }
    }
    let told = match notification.hint() {
        Hint::Look(id) => Some(id),
        Hint::LookIfKnown(id) if desk.store.by_provider(id).await.map_err(error::store)?.is_some() => Some(id),
        Hint::LookIfKnown(_) | Hint::Nothing => None,
    };
    if let Some(id) = told {
        desk.store.notified(id, desk.now()).await.map_err(error::store)?;
        desk.inbox_wake.notify_one();
    }
    Ok(StatusCode::OK)
}
