use std::sync::Arc;

use axum::http::StatusCode;
use axum::{Extension, Json};
use mercadopago::control::Faults;
use web::{Body, Fail};

use crate::state::State;

/// How often MercadoPago's paths fail now.
#[utoipa::path(get, path = "/sandbox/faults", tag = "sandbox", responses((status = 200, body = Faults)))]
pub(super) async fn get(Extension(state): Extension<Arc<State>>) -> Json<Faults> {
    Json(state.faults())
}

/// Lets MercadoPago's paths fail. What is not named does not happen. Forgotten at the next start.
#[utoipa::path(post, path = "/sandbox/faults", tag = "sandbox", request_body = Faults,
    responses((status = 200, body = Faults), (status = 422, description = "A share that is not from 0 to 1")))]
pub(super) async fn set(
    Extension(state): Extension<Arc<State>>,
    Body(faults): Body<Faults>,
) -> Result<Json<Faults>, Fail> {
    state.set_faults(faults);
    Ok(Json(state.faults()))
}

/// Ends all failures.
#[utoipa::path(delete, path = "/sandbox/faults", tag = "sandbox", responses((status = 204, description = "None left")))]
pub(super) async fn clear(Extension(state): Extension<Arc<State>>) -> StatusCode {
    state.set_faults(Faults::default());
    StatusCode::NO_CONTENT
}
