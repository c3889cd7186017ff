//! The next attempt to pay.

use std::sync::Arc;

use api::order::{Order as WireOrder, PayAgain};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::OrderId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use web::{Fail, PathId, RawBody, Who};

use super::orders::{one, visible};
use super::{Orderers, error};
use crate::core::Core;
use crate::pay_again;

pub(super) fn routes() -> OpenApiRouter<Arc<Core>> {
    OpenApiRouter::new().routes(routes!(pay))
}

/// Opens the next attempt to pay
///
/// Closes the live charge first. Possible while the order is `requested`.
#[utoipa::path(post, path = "/orders/{id}/payment", tag = "orders", security(("bearer" = [])),
params(("id" = OrderId, Path)), request_body = PayAgain, responses(
    (status = 200, body = WireOrder, description = "The order with its new charge, or `pending` while that is slow"),
    (status = 404, body = api::Problem, content_type = "application/problem+json", description = "No such order"),
    (status = 409, body = api::Problem, content_type = "application/problem+json", description = "The money came first"),
))]
async fn pay(
    State(core): State<Arc<Core>>,
    caller: Who<Orderers>,
    PathId(id): PathId<OrderId>,
    body: RawBody,
) -> Result<Response, Fail> {
    visible(&core, &caller, id).await?;
    let body = body.read::<PayAgain>().await?;
    let order = pay_again::pay_again(&core, id, body.payment_method).await.map_err(error::change)?;
    Ok(one(StatusCode::OK, &order))
}
