//! The control panel, `/sandbox/…`: what tests and `webhook simulate` use. It asks for no token and is therefore served
//! on loopback only.

mod chaos;
mod guard;
mod moves;
mod notifications;
mod reads;
mod refunds;

use std::sync::Arc;

use api::ProblemKind;
use axum::Extension;
use axum::middleware::from_fn;
use store::StoreError;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use web::Fail;

use crate::state::State;

/// Every path of the panel, with its documents.
pub(crate) fn router(state: &Arc<State>) -> OpenApiRouter {
    routes().layer(Extension(state.clone())).layer(from_fn(guard::local_only))
}

/// The same without the running sandbox, for the document.
pub(crate) fn routes() -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(reads::payments))
        .routes(routes!(reads::preferences))
        .routes(routes!(moves::move_payment))
        .routes(routes!(moves::pay_preference))
        .routes(routes!(refunds::finish))
        .routes(routes!(notifications::list, notifications::send))
        .routes(routes!(chaos::get, chaos::set, chaos::clear))
}

/// What a store's error means to the one who asked.
fn stored(error: StoreError) -> Fail {
    if error.is_unavailable() { Fail::unavailable(error) } else { Fail::internal(error) }
}

fn no_payment() -> Fail {
    Fail::not_found("O sandbox não tem esse pagamento.", "The sandbox has no such payment.")
}

fn no_preference() -> Fail {
    Fail::not_found("O sandbox não tem esse checkout.", "The sandbox has no such checkout.")
}

fn closed() -> Fail {
    Fail::new(
        ProblemKind::Conflict,
        "Esse checkout está fechado ou já foi pago; use \"force\": true para pagar assim mesmo.",
        "This checkout is closed or paid already; use \"force\": true to pay it all the same.",
    )
}

/// A refusal inside a job of the store, which has its own errors as well.
enum Refused {
    Store(StoreError),
    Fail(Fail),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Refused::Store(error)
    }
}

impl From<Fail> for Refused {
    fn from(fail: Fail) -> Self {
        Refused::Fail(fail)
    }
}

impl From<Refused> for Fail {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Store(error) => stored(error),
            Refused::Fail(fail) => fail,
        }
    }
}
