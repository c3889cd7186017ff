//! Placing, reading and changing orders.

use std::sync::Arc;

use api::order::{NewOrder, Order as WireOrder, PatchOrder, StrikeItem, TrackingRow};
use axum::Json;
use axum::extract::State;
use axum::http::header::{ETAG, LOCATION};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::{
    CustomerId, MAX_LINES, MAX_REASON, OrderId, OrderStatus, ProductId, Role, TextError, Timestamp, clean_line,
};
use serde::Deserialize;
use serde_json::Value;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use web::{Caller, Fail, Faults, IdempotencyKey, IfMatch, NoParams, Paged, Params, PathIds, RawBody, Who, listed};

use super::seen::{Seen, customer};
use super::{Movers, Orderers, Readers, actor, error};
use crate::core::Core;
use crate::order::{Order, PlaceFault, Wish};
use crate::place::{self, Placer};
use crate::store::OrderFilter;
use crate::transition;

type Shared = State<Arc<Core>>;

pub(super) fn routes() -> OpenApiRouter<Arc<Core>> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, patch))
        .routes(routes!(tracking))
        .routes(routes!(strike))
}

/// Which orders.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct OrderQuery {
    /// Only this one.
    order_id: Option<OrderId>,
    /// Only this customer's.
    customer_id: Option<CustomerId>,
    /// Only in this status.
    status: Option<OrderStatus>,
    /// Only placed later than this.
    created_after: Option<Timestamp>,
    /// Only placed earlier than this.
    created_before: Option<Timestamp>,
    /// Only changed later than this.
    updated_after: Option<Timestamp>,
}

/// One order with its QR code and its version as the tag.
pub(super) fn one(status: StatusCode, order: &Order) -> Response {
    let mut response = (status, Json(order.to_wire_with_qr())).into_response();
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", order.version)) {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}

/// The answer to a request that was made before.
pub(super) fn as_replayed(mut response: Response) -> Response {
    response.headers_mut().insert("idempotent-replayed", HeaderValue::from_static("true"));
    response
}

/// Names the products that can't be had, in a body that has other faults as well.
fn off_the_menu(core: &Core, body: &Value, faults: &mut Faults) {
    let hung = core.wall.read();
    let lines = body.get("order_items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for (n, line) in lines.iter().enumerate().take(MAX_LINES) {
        let id: Option<ProductId> = line.get("product_id").and_then(Value::as_str).and_then(|id| id.parse().ok());
        match id.map(|id| hung.menu.product(id)) {
            Some(None) => error::place_fault(faults, PlaceFault::UnknownProduct(n)),
            Some(Some(product)) if !product.enabled => error::place_fault(faults, PlaceFault::DisabledProduct(n)),
            _ => {}
        }
    }
}

/// For whom an order is placed: customers order for themselves, everybody else for whom they name.
fn orderer(caller: &Caller, body: &NewOrder) -> Result<Option<CustomerId>, Fail> {
    if caller.role != Role::Customer {
        return Ok(body.customer_id);
    }
    let own = customer(caller)?;
    if body.customer_id.is_some_and(|named| named != own) {
        let (pt, en) = ("só é possível pedir para si", "you can order for yourself only");
        return Err(error::faulty(|faults| faults.body("/customer_id", pt, en)));
    }
    Ok(Some(own))
}

/// Places an order
///
/// Answers 201 at once or after a short wait for the QR code. While the payment service does not answer,
/// `payment_status` is `pending` and the QR code appears on a later read.
#[utoipa::path(post, path = "/orders", tag = "orders", security(("bearer" = [])), request_body = NewOrder,
params(("Idempotency-Key" = Option<String>, Header, description = "The same key and body make one order in 24 hours")),
responses(
    (status = 201, body = WireOrder, description = "Placed; with Idempotent-Replayed: true if it was placed before"),
))]
async fn create(
    State(core): Shared,
    caller: Who<Orderers>,
    key: Result<IdempotencyKey, Fail>,
    body: RawBody,
) -> Result<Response, Fail> {
    let body = body.read_with::<NewOrder>(|body, faults| off_the_menu(&core, body, faults)).await?;
    let IdempotencyKey(key) = key?;
    let customer_id = orderer(&caller, &body)?;
    let placer = Placer { customer_id, actor: actor(&caller), key };
    let placed = place::place(&core, &body, placer).await.map_err(error::place)?;
    let mut response = one(StatusCode::CREATED, &placed.order);
    if let Ok(location) = HeaderValue::from_str(&format!("/orders/{}", placed.order.id)) {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(if placed.replayed { as_replayed(response) } else { response })
}

/// Lists orders, newest first
#[utoipa::path(get, path = "/orders", tag = "orders", security(("bearer" = [])), params(OrderQuery, web::PageParams),
responses(
    (status = 200, body = [WireOrder], description = "A page, with X-Total-Count"),
))]
async fn list(
    State(core): Shared,
    caller: Who<Readers>,
    query: Result<Paged<OrderQuery>, Fail>,
) -> Result<Response, Fail> {
    let Paged { filter, page } = query?;
    let mut wanted = OrderFilter {
        id: filter.order_id,
        customer_id: filter.customer_id,
        status: filter.status,
        created_after: filter.created_after,
        created_before: filter.created_before,
        updated_after: filter.updated_after,
    };
    if caller.role == Role::Customer {
        let own = customer(&caller)?;
        if wanted.customer_id.is_some_and(|named| named != own) {
            return Ok(listed::<WireOrder>(Vec::new(), 0));
        }
        wanted.customer_id = Some(own);
        wanted.created_after = wanted.created_after.max(caller.horizon(core.now()));
    }
    let found = core.store.orders(wanted, page).await.map_err(error::store)?;
    Ok(listed(found.orders.iter().map(Order::to_wire).collect(), u64::from(found.total)))
}

/// Shows one order
#[utoipa::path(get, path = "/orders/{id}", tag = "orders", security(("bearer" = [])), params(("id" = OrderId, Path)),
responses(
    (status = 200, body = WireOrder, description = "The order, with its QR code; ETag is its version"),
    (status = 404, description = "No such order"),
))]
async fn show(seen: Seen<Readers>, _: Params<NoParams>) -> Response {
    one(StatusCode::OK, &seen.order)
}

/// Shows the history of an order
#[utoipa::path(get, path = "/orders/{id}/tracking", tag = "orders", security(("bearer" = [])),
params(("id" = OrderId, Path)), responses(
    (status = 200, body = [TrackingRow], description = "Every step, oldest first"),
    (status = 404, description = "No such order"),
))]
async fn tracking(seen: Seen<Readers>, _: Params<NoParams>) -> Json<Vec<TrackingRow>> {
    Json(seen.order.tracking)
}

/// What a body asks for, with every fault at once.
fn wish(body: PatchOrder, role: Role) -> Result<Wish, Fail> {
    if body.status.is_none() && body.prioritized.is_none() {
        let (pt, en) = ("informe status ou prioritized", "name a status or prioritized");
        return Err(error::faulty(|faults| faults.body("", pt, en)));
    }
    if body.prioritized.is_some() && !matches!(role, Role::Kitchen | Role::Admin) {
        return Err(error::forbidden());
    }
    let reason = match body.reason.as_deref().map(|text| clean_line(text, MAX_REASON)) {
        None | Some(Err(TextError::Empty)) => None,
        Some(Ok(reason)) => Some(reason),
        Some(Err(fault)) => return Err(error::faulty(|faults| error::text(faults, "/reason", fault))),
    };
    Ok(Wish { status: body.status, reason, prioritized: body.prioritized })
}

/// Moves an order, or pulls it to the front
#[utoipa::path(patch, path = "/orders/{id}", tag = "orders", security(("bearer" = [])), request_body = PatchOrder,
params(("id" = OrderId, Path), ("If-Match" = Option<String>, Header, description = "The version last seen")),
responses(
    (status = 200, body = WireOrder, description = "The order as it is now; also when that held already"),
    (status = 404, description = "No such order"),
    (status = 409, description = "Not from here"),
    (status = 412, description = "Another version"),
))]
async fn patch(
    State(core): Shared,
    Seen { order, caller, .. }: Seen<Movers>,
    if_match: Result<IfMatch, Fail>,
    body: RawBody,
) -> Result<Response, Fail> {
    let wish = wish(body.read::<PatchOrder>().await?, caller.role)?;
    let IfMatch(version) = if_match?;
    let order =
        transition::transition(&core, order.id, &wish, &actor(&caller), version).await.map_err(error::change)?;
    Ok(one(StatusCode::OK, &order))
}

/// Strikes a line out, or takes the strike back
///
/// The first strike starts a paid order; the last one makes it ready.
#[utoipa::path(patch, path = "/orders/{id}/items/{line}", tag = "kitchen", security(("bearer" = [])),
request_body = StrikeItem, params(
    ("id" = OrderId, Path),
    ("line" = u32, Path, description = "From 1"),
    ("If-Match" = Option<String>, Header, description = "The version last seen"),
),
responses(
    (status = 200, body = WireOrder, description = "The order as it is now"),
    (status = 404, description = "No such line"),
    (status = 409, description = "Not being cooked"),
    (status = 412, description = "Another version"),
))]
async fn strike(
    State(core): Shared,
    Seen { order, caller, .. }: Seen<super::Cooks>,
    path: PathIds<OrderId, u32>,
    if_match: Result<IfMatch, Fail>,
    body: RawBody,
) -> Result<Response, Fail> {
    let PathIds(_, line) = path;
    if line == 0 || line as usize > order.lines.len() {
        return Err(error::change(transition::ChangeError::NoLine));
    }
    let body = body.read::<StrikeItem>().await?;
    let IfMatch(version) = if_match?;
    let struck = transition::strike(&core, order.id, line, body.struck, &actor(&caller), version).await;
    Ok(one(StatusCode::OK, &struck.map_err(error::change)?))
}
