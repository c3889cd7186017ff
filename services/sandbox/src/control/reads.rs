use std::sync::Arc;

use axum::{Extension, Json};
use mercadopago::control::{SandboxPayment, SandboxPreference};
use serde::Deserialize;
use utoipa::IntoParams;
use web::{Fail, Params};

use super::stored;
use crate::api::render::init_point;
use crate::notify;
use crate::state::State;
use crate::store::payments::{self, Filter, Payment};
use crate::store::preferences;

/// Most entries of a list.
const MAX_LISTED: u32 = 100;

/// What a list of payments or checkouts is narrowed to.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ReferenceFilter {
    /// The shop's own id.
    #[param(max_length = 256)]
    external_reference: Option<String>,
}

/// A payment in short.
pub(super) fn shown(payment: &Payment, state: &State) -> SandboxPayment {
    SandboxPayment {
        id: payment.id.to_string(),
        status: payment.status.clone(),
        status_detail: payment.status_detail.clone(),
        method: payment.method.clone(),
        amount: payment.amount,
        refunded: payment.refunded,
        external_reference: payment.external_reference.clone(),
        preference_id: payment.preference_id.clone(),
        notification_url: notify::address(state, payment),
        updated_at: payment.updated_at,
    }
}

/// The payments, newest first, at most 100.
#[utoipa::path(get, path = "/sandbox/payments", tag = "sandbox", params(ReferenceFilter),
    responses((status = 200, body = [SandboxPayment]), (status = 422, description = "A bad filter")))]
pub(super) async fn payments(
    Extension(state): Extension<Arc<State>>,
    Params(filter): Params<ReferenceFilter>,
) -> Result<Json<Vec<SandboxPayment>>, Fail> {
    let filter = Filter::newest(filter.external_reference, MAX_LISTED);
    let found = state.store.read(move |c| payments::search(c, &filter)).await.map_err(stored)?;
    Ok(Json(found.0.iter().map(|payment| shown(payment, &state)).collect()))
}

/// The checkouts, newest first, at most 100.
#[utoipa::path(get, path = "/sandbox/preferences", tag = "sandbox", params(ReferenceFilter),
    responses((status = 200, body = [SandboxPreference]), (status = 422, description = "A bad filter")))]
pub(super) async fn preferences(
    Extension(state): Extension<Arc<State>>,
    Params(filter): Params<ReferenceFilter>,
) -> Result<Json<Vec<SandboxPreference>>, Fail> {
    let (now, public) = (state.now(), state.settings.public_url.clone());
    let listed = state.store.read(move |c| {
        let (found, _) = preferences::search(c, filter.external_reference.as_deref(), MAX_LISTED, 0)?;
        let shown = |one: &preferences::Preference| {
            Ok(SandboxPreference {
                id: one.id.clone(),
                amount: one.amount,
                external_reference: one.external_reference.clone(),
                open: one.is_current(now) && !payments::is_paid(c, &one.id)?,
                init_point: init_point(&public, &one.id),
            })
        };
        found.iter().map(shown).collect()
    });
    listed.await.map(Json).map_err(stored)
}
