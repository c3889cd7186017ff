//! The routes. Each handler takes what it needs in the order in which refusals are told: who, which object, the body.

mod dead_letters;
mod error;
mod events;
mod internal;
mod menu;
mod orders;
mod payment;
mod queue;
mod seen;
mod tag;

use std::sync::Arc;

use api::order::TrackingActor;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use web::{Caller, Metrics, Readiness, Shell, Verifier};

use crate::core::Core;

#[derive(OpenApi)]
#[openapi(
    info(title = "Lanchonete: pedidos", description = "Menu, orders and the kitchen's queue."),
    tags(
        (name = "menu", description = "What hangs on the wall"),
        (name = "orders", description = "What people order"),
        (name = "kitchen", description = "What is to be cooked and picked up"),
        (name = "dead letters", description = "Work that was given up, for an administrator"),
        (name = "internal", description = "What our other services say"),
    )
)]
struct Document;

web::permit! {
    /// Who changes the menu.
    pub(crate) MenuKeepers => [Admin];
    /// Who orders, and pays.
    pub(crate) Orderers => [Customer, Kiosk, Cashier, Admin];
    /// Who reads orders.
    pub(crate) Readers => [Customer, Kitchen, Kiosk, Cashier, Admin];
    /// Who changes an order.
    pub(crate) Movers => [Customer, Kitchen, Cashier, Admin];
    /// Who looks into what went wrong.
    pub(crate) Admins => [Admin];
    /// Who cooks.
    pub(crate) Cooks => [Kitchen, Admin];
    /// Who runs the shift.
    pub(crate) Shifts => [Kitchen, Cashier, Admin];
    /// Our other services.
    pub(crate) Services => [Service];
}

fn routes() -> OpenApiRouter<Arc<Core>> {
    OpenApiRouter::new()
        .merge(menu::routes())
        .merge(queue::routes())
        .merge(events::routes())
        .merge(orders::routes())
        .merge(payment::routes())
        .merge(internal::routes())
        .merge(dead_letters::routes())
}

/// The document of the service, without opening anything.
pub fn openapi() -> utoipa::openapi::OpenApi {
    web::document(Document::openapi(), routes().into_openapi())
}

pub(crate) fn router(
    core: Arc<Core>,
    verifier: Arc<Verifier>,
    readiness: Arc<dyn Readiness>,
    metrics: Arc<Metrics>,
) -> axum::Router {
    let shell = Shell {
        name: "order",
        openapi: Document::openapi(),
        readiness,
        verifier: Some(verifier),
        limits: core.limits.clone(),
        metrics,
    };
    let counted = middleware::from_fn_with_state(core.clone(), count);
    web::shell(routes().with_state(core), shell).layer(counted)
}

/// Shutdown waits for what is counted here.
async fn count(State(core): State<Arc<Core>>, request: Request, next: Next) -> Response {
    let _counted = core.requests.token();
    next.run(request).await
}

/// How a caller is written into the history.
fn actor(caller: &Caller) -> TrackingActor {
    TrackingActor { name: caller.name.clone(), ..TrackingActor::new(caller.role, &caller.subject) }
}
