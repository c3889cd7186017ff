use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use domain::PaymentId;
use mercadopago::qr;
use web::{Fail, NoParams, Params};

use super::access::{Readers, Seen};
use super::error;

/// Width of a module in pixels: a screen shows it without scaling.
const SCALE: u32 = 8;

/// Draws the QR code of a payment as a PNG.
#[utoipa::path(
    get,
    path = "/payments/{id}/qr.png",
    tag = "payments",
    security(("bearer" = [])),
    params(("id" = PaymentId, Path, description = "The payment")),
    responses(
        (status = 200, description = "The picture", content_type = "image/png", body = Vec<u8>),
        (status = 404, description = "No such payment, or nothing to draw"),
    )
)]
pub(super) async fn png(seen: Seen<Readers>, _: Params<NoParams>) -> Result<Response, Fail> {
    let text = seen.payment.drawn().ok_or_else(error::no_picture)?;
    Ok(picture("image/png", qr::png(text, SCALE).map_err(Fail::internal)?))
}

/// Draws the QR code of a payment as an SVG.
#[utoipa::path(
    get,
    path = "/payments/{id}/qr.svg",
    tag = "payments",
    security(("bearer" = [])),
    params(("id" = PaymentId, Path, description = "The payment")),
    responses(
        (status = 200, description = "The picture", content_type = "image/svg+xml", body = String),
        (status = 404, description = "No such payment, or nothing to draw"),
    )
)]
pub(super) async fn svg(seen: Seen<Readers>, _: Params<NoParams>) -> Result<Response, Fail> {
    let text = seen.payment.drawn().ok_or_else(error::no_picture)?;
    Ok(picture("image/svg+xml", qr::svg(text).map_err(Fail::internal)?.into_bytes()))
}

fn picture(kind: &'static str, bytes: Vec<u8>) -> Response {
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "private, no-store")], bytes).into_response()
}
