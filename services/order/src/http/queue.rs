//! What the kitchen and the pick-up screen ask for all the time: answered from memory, which follows the store.

use std::sync::Arc;

use api::order::{Panel, QueueEntry, Shift};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use web::{Fail, NoParams, Params, Who};

use super::{Cooks, Shifts, error, tag};
use crate::core::Core;
use crate::{follow, shift};

/// Errands that wait or are being done.
const OPEN: HeaderName = HeaderName::from_static("x-outbox-open");
/// Errands that were given up.
const DEAD: HeaderName = HeaderName::from_static("x-outbox-dead");
/// Whether real money moves.
const LIVE: HeaderName = HeaderName::from_static("x-payments-live");

pub(super) fn routes() -> OpenApiRouter<Arc<Core>> {
    OpenApiRouter::new().routes(routes!(queue)).routes(routes!(panel)).routes(routes!(today))
}

/// Shows the kitchen's queue
///
/// Ready first, then preparing, then paid; inside each, prioritised ones first, then the oldest. Every answer also says
/// how much of what orders have to do at the payment service is not done, and whether real money moves there; that is no
/// part of the queue, and its ETag does not change with it.
#[utoipa::path(get, path = "/orders/queue", tag = "kitchen", security(("bearer" = [])), responses(
    (status = 200, body = [QueueEntry], description = "The queue, with ETag", headers(
        ("x-outbox-open" = u64, description = "Errands that wait or are being done; a few seconds old, absent at first"),
        ("x-outbox-dead" = u64, description = "Errands that were given up: `GET /dead-letters`"),
        ("x-payments-live" = bool, description = "Whether real money moves, as the payment service says; absent until it has"),
    )),
    (status = 304, description = "Still the one of If-None-Match, with the same headers"),
))]
async fn queue(
    State(core): State<Arc<Core>>,
    _: Who<Cooks>,
    _: Params<NoParams>,
    headers: HeaderMap,
) -> Result<Response, Fail> {
    let view = follow::view(&core).await.map_err(error::store)?;
    Ok(with_asides(tag::json(&headers, &view.queue_tag, || view.queue.clone()), &core))
}

fn with_asides(mut response: Response, core: &Core) -> Response {
    let headers = response.headers_mut();
    if let Some(counts) = core.unsent.get() {
        headers.insert(OPEN, HeaderValue::from(counts.open));
        headers.insert(DEAD, HeaderValue::from(counts.dead));
    }
    if let Some(live) = core.live.is_live() {
        headers.insert(LIVE, HeaderValue::from_static(if live { "true" } else { "false" }));
    }
    response
}

/// Shows the numbers of the pick-up screen
#[utoipa::path(get, path = "/orders/panel", tag = "kitchen", responses(
    (status = 200, body = Panel, description = "Numbers and nothing else, with ETag"),
    (status = 304, description = "Still the one of If-None-Match"),
))]
async fn panel(State(core): State<Arc<Core>>, _: Params<NoParams>, headers: HeaderMap) -> Result<Response, Fail> {
    let view = follow::view(&core).await.map_err(error::store)?;
    Ok(tag::json(&headers, &view.panel_tag, || view.panel.clone()))
}

/// Shows how today is going
///
/// The orders placed on this business day that were paid and not given up. Preparation counts from the money to ready.
/// At most three seconds old.
#[utoipa::path(get, path = "/orders/shift", tag = "kitchen", security(("bearer" = [])), responses(
    (status = 200, body = Shift, description = "The summary; what nothing is known of yet is null"),
))]
async fn today(State(core): State<Arc<Core>>, _: Who<Shifts>, _: Params<NoParams>) -> Result<Json<Shift>, Fail> {
    Ok(Json(shift::summary(&core).await.map_err(error::store)?))
}
