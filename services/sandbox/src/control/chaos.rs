use std::sync::Arc;

use axum::http::StatusCode;
use axum::{Extension, Json};
use mercadopago::control::{Chaos, ChaosReport};
use web::{Body, Fail, Faults};

use crate::state::State;

/// What goes wrong on purpose, and how much of it went wrong since that was set.
#[utoipa::path(get, path = "/sandbox/chaos", tag = "sandbox", responses((status = 200, body = ChaosReport)))]
pub(super) async fn get(Extension(state): Extension<Arc<State>>) -> Json<ChaosReport> {
    Json(state.chaos().report())
}

/// Sets what goes wrong on purpose: notifications, MercadoPago's paths, refunds. What is not named does not happen.
/// Counters begin anew. At the next start the configuration counts again.
#[utoipa::path(post, path = "/sandbox/chaos", tag = "sandbox", request_body = Chaos,
    responses((status = 200, body = ChaosReport), (status = 422, description = "Shares that can't be")))]
pub(super) async fn set(
    Extension(state): Extension<Arc<State>>,
    Body(chaos): Body<Chaos>,
) -> Result<Json<ChaosReport>, Fail> {
    let mut faults = Faults::new();
    if !chaos.adds_up() {
        faults.body("", "as falhas somam mais que 1", "the shares of the faults add up to more than 1");
    }
    faults.check()?;
    Ok(Json(state.set_chaos(chaos).report()))
}

/// Ends all of it.
#[utoipa::path(delete, path = "/sandbox/chaos", tag = "sandbox", responses((status = 204, description = "All is calm")))]
pub(super) async fn clear(Extension(state): Extension<Arc<State>>) -> StatusCode {
    state.set_chaos(Chaos::default());
    StatusCode::NO_CONTENT
}
