//! What the payment service says.

use std::sync::Arc;

use api::order::{NoticeAnswer, PaymentNotice};
use axum::Json;
use axum::extract::State;
use domain::OrderId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use web::{Fail, PathId, RawBody, Who};

use super::{Services, error};
use crate::core::Core;
use crate::notice;

pub(super) fn routes() -> OpenApiRouter<Arc<Core>> {
    OpenApiRouter::new().routes(routes!(payment))
}

/// Takes in what became of an order's money
#[utoipa::path(post, path = "/internal/orders/{id}/payment", tag = "internal", security(("bearer" = [])),
params(("id" = OrderId, Path)), request_body = PaymentNotice, responses(
    (status = 200, body = NoticeAnswer, description = "What came of it; safe to repeat"),
    (status = 404, body = api::Problem, content_type = "application/problem+json", description = "No such order"),
    (status = 422, body = api::Problem, content_type = "application/problem+json", description = "Faults of the body"),
))]
async fn payment(
    State(core): State<Arc<Core>>,
    _: Who<Services>,
    PathId(id): PathId<OrderId>,
    body: RawBody,
) -> Result<Json<NoticeAnswer>, Fail> {
    core.store.order(id).await.map_err(error::store)?.ok_or_else(error::no_order)?;
    let body = body.read::<PaymentNotice>().await?;
    let outcome = notice::take(&core, id, &body).await.map_err(error::notice)?;
    Ok(Json(NoticeAnswer { outcome }))
}
