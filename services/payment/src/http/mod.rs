//! The routes of this service.

mod access;
mod dead_letters;
mod error;
mod internal;
mod payments;
mod pictures;
mod webhook;

use std::sync::Arc;

use axum::routing::{get, post};
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::desk::Desk;

/// What handlers have at hand.
type Desks = Arc<Desk>;

/// What the document says about the service as a whole.
pub(crate) fn about() -> OpenApi {
    let info = InfoBuilder::new().title("lanchonete: payment").description(Some(
        "Charges, their state at MercadoPago, refunds and notifications. Every path of /payments answers under /payment too.",
    ));
    let tags = web::groups([
        ("payments", "Charges, their state and their refunds"),
        ("webhook", "What MercadoPago says"),
        ("internal", "What our other services say"),
        ("dead letters", "Messages that were given up"),
    ]);
    OpenApiBuilder::new().info(info.build()).tags(Some(tags)).build()
}

/// Every route, documented once.
fn documented() -> OpenApiRouter<Desks> {
    OpenApiRouter::new()
        .routes(routes!(payments::create, payments::list))
        .routes(routes!(payments::show, payments::decide))
        .routes(routes!(payments::refund))
        .routes(routes!(payments::events))
        .routes(routes!(pictures::png))
        .routes(routes!(pictures::svg))
        .routes(routes!(webhook::receive, webhook::receive_by_get))
        .routes(routes!(dead_letters::list))
        .routes(routes!(dead_letters::replay))
        .routes(routes!(internal::counter))
        .routes(routes!(internal::cancel_charge))
        .routes(routes!(internal::erase_customer))
}

/// The routes, with the other prefix of the original system.
pub(crate) fn routes(desk: Desks) -> OpenApiRouter {
    documented()
        .route("/payment", post(payments::create).get(payments::list))
        .route("/payment/{id}", get(payments::show).patch(payments::decide))
        .route("/payment/{id}/refund", post(payments::refund))
        .route("/payment/{id}/events", get(payments::events))
        .route("/payment/{id}/qr.png", get(pictures::png))
        .route("/payment/{id}/qr.svg", get(pictures::svg))
        .route("/payment/webhook", post(webhook::receive).get(webhook::receive_by_get))
        .with_state(desk)
}

/// The document of this service's API, without a service.
pub fn openapi() -> OpenApi {
    web::document(about(), documented().into_openapi())
}
