use std::sync::Arc;

use axum::{Extension, Json};
use mercadopago::control::{Move, Moved, SandboxPayment, Signing};
use web::{Body, Fail, PathId};

use super::reads::shown;
use super::{Refused, closed, no_payment, no_preference, stored};
use crate::checkout;
use crate::moves;
use crate::notify::{self, Plan};
use crate::state::State;
use crate::store::payments::{self, Payment};
use crate::store::preferences;
use crate::store::refunds::{self, Begin};

/// Moves a payment as told, also where MercadoPago would not, and answers when its last notification was answered.
#[utoipa::path(post, path = "/sandbox/payments/{id}/status", tag = "sandbox", request_body = Move,
    params(("id" = String, Path, description = "The payment's id at MercadoPago")),
    responses((status = 200, body = Moved), (status = 404, description = "No such payment"),
        (status = 422, description = "A body that can't be")))]
pub(super) async fn move_payment(
    Extension(state): Extension<Arc<State>>,
    PathId(id): PathId<i64>,
    Body(to): Body<Move>,
) -> Result<Json<Moved>, Fail> {
    let now = state.now();
    let genuine = to.delivery.signing() == Signing::Genuine;
    let (wanted, worker) = (to.clone(), state.clone());
    let job = move |c: &rusqlite::Connection| {
        let mut payment = payments::get(c, id)?.ok_or_else(no_payment)?;
        if genuine {
            set(c, &mut payment, &wanted, now)?;
        }
        Ok::<_, Refused>((shown(c, &payment, &worker)?, payment))
    };
    let (shown, payment) = state.store.write(job).await?;
    announced(&state, &payment, shown, &to, genuine).await
}

/// Pays a checkout with the outcome given and answers when its last notification was answered.
#[utoipa::path(post, path = "/sandbox/preferences/{id}/pay", tag = "sandbox", request_body = Move,
    params(("id" = String, Path, description = "The checkout's id at MercadoPago")),
    responses((status = 200, body = Moved), (status = 404, description = "No such checkout"),
        (status = 409, description = "Closed or paid already, and no force"),
        (status = 422, description = "A body that can't be")))]
pub(super) async fn pay_preference(
    Extension(state): Extension<Arc<State>>,
    PathId(id): PathId<String>,
    Body(to): Body<Move>,
) -> Result<Json<Moved>, Fail> {
    let now = state.now();
    if to.delivery.signing() != Signing::Genuine {
        return Err(no_payment_yet());
    }
    let (wanted, worker) = (to.clone(), state.clone());
    let job = move |c: &rusqlite::Connection| {
        let preference = preferences::get(c, &id)?.ok_or_else(no_preference)?;
        if !wanted.force && !checkout::is_open(c, &preference, now)? {
            return Err(closed().into());
        }
        let mut payment = checkout::attempt(c, &preference, now)?;
        set(c, &mut payment, &wanted, now)?;
        Ok::<_, Refused>((shown(c, &payment, &worker)?, payment))
    };
    let (shown, payment) = state.store.write(job).await?;
    announced(&state, &payment, shown, &to, true).await
}

/// There is nothing yet that a false notification could speak of.
fn no_payment_yet() -> Fail {
    Fail::new(
        api::ProblemKind::Conflict,
        "Ainda não há pagamento nesse checkout: não há o que falsificar.",
        "There is no payment on this checkout yet: nothing to forge.",
    )
}

/// Changes a payment and stores it; `refunded` gives back what is left.
fn set(
    c: &rusqlite::Connection,
    payment: &mut Payment,
    to: &Move,
    now: domain::Timestamp,
) -> Result<(), store::StoreError> {
    let left = payment.left();
    if to.status == "refunded" && left.is_positive() {
        refunds::insert(c, payment.id, left, Begin::Approved, now)?;
        moves::give_back(payment, left, now);
    }
    let usual = moves::usual_detail(&to.status, &payment.method);
    moves::set(payment, &to.status, to.status_detail.as_deref().unwrap_or(usual), now);
    payments::update(c, payment)
}

async fn announced(
    state: &Arc<State>,
    payment: &Payment,
    shown: SandboxPayment,
    to: &Move,
    moved: bool,
) -> Result<Json<Moved>, Fail> {
    let plan = match notify::address(state, payment) {
        Some(url) => {
            let signing = to.delivery.signing();
            let news = notify::about(payment, notify::UPDATED, url.clone(), signing);
            let older = notify::about(payment, notify::CREATED, url, signing);
            Plan::new(news, Some(older), &to.delivery).through(&state.chaos(), &payment.known_as())
        }
        None => Plan::default(),
    };
    let deliveries = notify::deliver(state, plan).await.map_err(stored)?;
    Ok(Json(Moved { payment: shown, moved, deliveries }))
}
