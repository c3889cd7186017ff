use std::sync::Arc;

use axum::{Extension, Json};
use mercadopago::control::{SandboxPayment, SandboxPreference};
use rusqlite::Connection;
use serde::Deserialize;
use store::StoreResult;
use utoipa::IntoParams;
use web::{Fail, Faults, Params};

use super::stored;
use crate::api::render::init_point;
use crate::notify;
use crate::state::State;
use crate::store::payments::{self, Payment};
use crate::store::preferences::{self, Preference};
use crate::store::refunds;

/// How many entries a list has if nobody says.
const DEFAULT_LISTED: u32 = 100;

/// What a list of payments or checkouts is narrowed to: those of one reference, newest first, or, with `after`, all in
/// the order of their ids.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Listing {
    /// The shop's own id.
    #[param(max_length = 256)]
    external_reference: Option<String>,
    /// Walks through all: the last id of the page before, or 0 to begin.
    #[param(max_length = 128)]
    after: Option<String>,
    /// How many at most; 100 when left out.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

impl Listing {
    fn check(&self) -> Result<u32, Fail> {
        let mut faults = Faults::new();
        if self.after.is_some() && self.external_reference.is_some() {
            let (pt, en) = ("não combina com external_reference", "does not go with external_reference");
            faults.parameter("after", pt, en);
        }
        faults.check()?;
        Ok(self.limit.unwrap_or(DEFAULT_LISTED))
    }

    /// The same, for payments, whose ids are numbers.
    fn after_number(&self) -> Result<Option<i64>, Fail> {
        let Some(text) = &self.after else { return Ok(None) };
        let mut faults = Faults::new();
        let number = text.parse().ok();
        if number.is_none() {
            faults.parameter("after", "o id de um pagamento é um número", "the id of a payment is a number");
        }
        faults.check()?;
        Ok(number)
    }
}

/// A payment in short.
pub(super) fn shown(c: &Connection, payment: &Payment, state: &State) -> StoreResult<SandboxPayment> {
    let refunds = refunds::counts(c, payment.id)?;
    Ok(SandboxPayment {
        id: payment.id.to_string(),
        status: payment.status.clone(),
        status_detail: payment.status_detail.clone(),
        method: payment.method.clone(),
        amount: payment.amount,
        refunded: payment.refunded,
        refunds: refunds.approved,
        refunds_in_process: refunds.in_process,
        external_reference: payment.external_reference.clone(),
        preference_id: payment.preference_id.clone(),
        notification_url: notify::address(state, payment),
        updated_at: payment.updated_at,
    })
}

/// The payments: of one reference or the newest, newest first; with `after`, all of them page by page, in the order of
/// their ids.
#[utoipa::path(get, path = "/sandbox/payments", tag = "sandbox", params(Listing),
    responses((status = 200, body = [SandboxPayment]), (status = 422, description = "A bad filter")))]
pub(super) async fn payments(
    Extension(state): Extension<Arc<State>>,
    Params(listing): Params<Listing>,
) -> Result<Json<Vec<SandboxPayment>>, Fail> {
    let (limit, after) = (listing.check()?, listing.after_number()?);
    let reader = state.clone();
    let listed = state.store.read(move |c| {
        let found = match after {
            Some(id) => payments::after(c, id, limit)?,
            None => payments::newest(c, listing.external_reference.as_deref(), limit)?,
        };
        found.iter().map(|payment| shown(c, payment, &reader)).collect()
    });
    listed.await.map(Json).map_err(stored)
}

/// The checkouts: of one reference or the newest, newest first; with `after`, all of them page by page, in the order of
/// their ids.
#[utoipa::path(get, path = "/sandbox/preferences", tag = "sandbox", params(Listing),
    responses((status = 200, body = [SandboxPreference]), (status = 422, description = "A bad filter")))]
pub(super) async fn preferences(
    Extension(state): Extension<Arc<State>>,
    Params(listing): Params<Listing>,
) -> Result<Json<Vec<SandboxPreference>>, Fail> {
    let limit = listing.check()?;
    let (now, public) = (state.now(), state.settings.public_url.clone());
    let listed = state.store.read(move |c| {
        let found = match &listing.after {
            Some(id) => preferences::after(c, id, limit)?,
            None => preferences::newest(c, listing.external_reference.as_deref(), limit)?,
        };
        let shown = |one: &Preference| {
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
