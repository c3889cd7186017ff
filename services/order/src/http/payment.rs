//! The next attempt to pay.

use std::sync::Arc;

use api::order::{Order as WireOrder, PayAgain};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::OrderId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use web::{Fail, IdempotencyKey, RawBody};

use super::orders::{as_replayed, one};
use super::seen::Seen;
use super::{Orderers, error};
use crate::core::Core;
use crate::pay_again;

pub(super) fn routes() -> OpenApiRouter<Arc<Core>> {
    OpenApiRouter::new().routes(routes!(pay))
}

/// Opens the next attempt to pay
///
/// Closes the live charge first. Possible while the order is `requested`, for up to 20 attempts. Each can be paid for as long
/// as the first one could, but not beyond four times that time from the order's creation.
#[utoipa::path(post, path = "/orders/{id}/payment", tag = "orders", security(("bearer" = [])),
params(
    ("id" = OrderId, Path),
    ("Idempotency-Key" = Option<String>, Header, description = "The same key and body open one attempt"),
), request_body = PayAgain, responses(
    (status = 200, body = WireOrder, description = "The order with its new charge, or `pending` while that is slow"),
    (status = 404, description = "No such order"),
    (status = 409, description = "`already_paid`: the money came first; `conflict`: there were 20 attempts; \
        `illegal_transition`: the order has ended"),
))]
async fn pay(
    State(core): State<Arc<Core>>,
    Seen { order, caller, .. }: Seen<Orderers>,
    key: Result<IdempotencyKey, Fail>,
    body: RawBody,
) -> Result<Response, Fail> {
    let body = body.read::<PayAgain>().await?;
    let IdempotencyKey(key) = key?;
    let paid = pay_again::pay_again(&core, order.id, &body, &caller.subject, key).await.map_err(error::change)?;
    let response = one(StatusCode::OK, &paid.order);
    Ok(if paid.replayed { as_replayed(response) } else { response })
}
