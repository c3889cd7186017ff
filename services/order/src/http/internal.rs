//! What the payment service says.

use std::sync::Arc;

use api::order::{ErasedOrders, NoticeAnswer, PaymentNotice};
use axum::Json;
use axum::extract::State;
use domain::{CustomerId, OrderId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use web::{Fail, PathId, RawBody, Who};

use super::{Services, error};
use crate::core::Core;
use crate::{erase, notice};

pub(super) fn routes() -> OpenApiRouter<Arc<Core>> {
    OpenApiRouter::new().routes(routes!(payment)).routes(routes!(erase_customer))
}

/// Takes in what became of an order's money
#[utoipa::path(post, path = "/internal/orders/{id}/payment", tag = "internal", security(("bearer" = [])),
params(("id" = OrderId, Path)), request_body = PaymentNotice, responses(
    (status = 200, body = NoticeAnswer, description = "What came of it; safe to repeat"),
    (status = 404, description = "No such order"),
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

/// Takes a person out of their orders
///
/// The orders stay, nobody's: no name, e-mail or comment is left, nor anything that people wrote about them or as
/// a key. Again it finds nothing more.
#[utoipa::path(post, path = "/internal/customers/{customer_id}/erase", tag = "internal", security(("bearer" = [])),
params(("customer_id" = CustomerId, Path)), responses(
    (status = 200, body = ErasedOrders, description = "How many orders named the person"),
))]
async fn erase_customer(
    State(core): State<Arc<Core>>,
    _: Who<Services>,
    PathId(customer_id): PathId<CustomerId>,
) -> Result<Json<ErasedOrders>, Fail> {
    let orders = erase::erase(&core, customer_id).await.map_err(error::store)?;
    Ok(Json(ErasedOrders { customer_id, orders, erased_at: core.now() }))
}
