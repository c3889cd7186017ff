use std::sync::Arc;

use axum::{Extension, Json};
use mercadopago::control::{Delivered, RawNotification};
use serde::Deserialize;
use utoipa::IntoParams;
use web::{Body, Fail, Faults, Params};

use super::stored;
use crate::api::body::is_http;
use crate::notify::{self, Plan};
use crate::state::State;
use crate::store::notes::{self, NewNote};
use crate::store::payments;

/// Most entries of the log in one answer.
const MAX_LISTED: u32 = 200;

/// What the log is narrowed to.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct LogFilter {
    /// The payment that they speak of.
    #[param(max_length = 128)]
    data_id: Option<String>,
}

/// The log of notifications, newest first, at most 200.
#[utoipa::path(get, path = "/sandbox/notifications", tag = "sandbox", params(LogFilter),
    responses((status = 200, body = [Delivered]), (status = 422, description = "A bad filter")))]
pub(super) async fn list(
    Extension(state): Extension<Arc<State>>,
    Params(filter): Params<LogFilter>,
) -> Result<Json<Vec<Delivered>>, Fail> {
    let found = state.store.read(move |c| notes::list(c, filter.data_id.as_deref(), MAX_LISTED)).await;
    Ok(Json(found.map_err(stored)?.into_iter().map(notes::Note::shown).collect()))
}

/// Sends a notification about anything, and answers when the last copy was answered.
#[utoipa::path(post, path = "/sandbox/notifications", tag = "sandbox", request_body = RawNotification,
    responses((status = 200, body = [Delivered]), (status = 422, description = "A body that can't be, or no address")))]
pub(super) async fn send(
    Extension(state): Extension<Arc<State>>,
    Body(raw): Body<RawNotification>,
) -> Result<Json<Vec<Delivered>>, Fail> {
    let url = address(&state, &raw).await?;
    let note = |action: &str| NewNote {
        data_id: raw.data_id.clone(),
        body_data_id: raw.body_data_id.clone().unwrap_or_else(|| raw.data_id.clone()),
        topic: raw.topic.clone().unwrap_or_else(|| "payment".to_owned()),
        action: action.to_owned(),
        url: url.clone(),
        signing: raw.delivery.signing(),
    };
    let news = note(raw.action.as_deref().unwrap_or(notify::UPDATED));
    let plan = Plan::new(news, Some(note(notify::CREATED)), &raw.delivery).through(&state.chaos(), &raw.data_id);
    notify::deliver(&state, plan).await.map(Json).map_err(stored)
}

/// The address asked for, or the payment's own, or the sandbox's.
async fn address(state: &State, raw: &RawNotification) -> Result<String, Fail> {
    let mut faults = Faults::new();
    if let Some(url) = &raw.url {
        if !is_http(url) {
            faults.body("/url", "endereço http ou https inválido", "not an http or https address");
        }
        return faults.check().map(|()| url.clone());
    }
    let own = match raw.data_id.parse() {
        Ok(id) => state.store.read(move |c| payments::get(c, id)).await.map_err(stored)?,
        Err(_) => None,
    };
    let default = || state.settings.notification_url.as_ref().map(ToString::to_string);
    match own.and_then(|payment| notify::address(state, &payment)).or_else(default) {
        Some(url) => Ok(url),
        None => {
            faults.body("/url", "diga para onde enviar", "say where to send it");
            faults.check().map(|()| String::new())
        }
    }
}
