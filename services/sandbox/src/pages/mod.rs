//! The pages on which a person pays: plain HTML in Portuguese, without a script and without anything from elsewhere.

mod checkout;
mod html;
mod ticket;

use std::sync::Arc;

use axum::Extension;
use axum::Router;
use axum::routing::{get, post};

use crate::state::State;

/// Every page.
pub(crate) fn router(state: &Arc<State>) -> Router {
    Router::new()
        .route("/checkout/v1/redirect", get(checkout::show))
        .route("/checkout/v1/pay", post(checkout::pay))
        .route("/payments/{id}/ticket", get(ticket::show).post(ticket::pay))
        .layer(Extension(state.clone()))
}
