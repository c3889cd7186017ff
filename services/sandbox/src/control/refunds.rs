use std::sync::Arc;

use axum::{Extension, Json};
use mercadopago::control::{FinishRefunds, RefundEnd, SandboxRefund};
use rusqlite::Connection;
use web::{Body, Fail, PathId};

use super::{Refused, no_payment};
use crate::refunding;
use crate::state::State;
use crate::store::payments;
use crate::store::refunds::{self, Refund};

fn shown(refund: &Refund) -> SandboxRefund {
    SandboxRefund {
        id: refund.id.to_string(),
        payment_id: refund.payment_id.to_string(),
        amount: refund.amount,
        status: refund.status.clone(),
    }
}

/// Ends the refunds of a payment that are in process, and notifies. An approved one for which too little is left, because
/// the money went back another way, is rejected.
#[utoipa::path(post, path = "/sandbox/payments/{id}/refunds", tag = "sandbox", request_body = FinishRefunds,
    params(("id" = String, Path, description = "The payment's id at MercadoPago")),
    responses((status = 200, body = [SandboxRefund]), (status = 404, description = "No such payment"),
        (status = 409, description = "No refund of it is in process"),
        (status = 422, description = "A body that can't be")))]
pub(super) async fn finish(
    Extension(state): Extension<Arc<State>>,
    PathId(id): PathId<i64>,
    Body(wanted): Body<FinishRefunds>,
) -> Result<Json<Vec<SandboxRefund>>, Fail> {
    let now = state.now();
    let worker = state.clone();
    let job = move |c: &Connection| {
        payments::get(c, id)?.ok_or_else(no_payment)?;
        let mut ending = refunds::in_process(c, id)?;
        if ending.is_empty() {
            return Err(Refused::Fail(nothing_under_way()));
        }
        refunding::finish(c, &worker, &mut ending, wanted.status == RefundEnd::Approved, now)?;
        Ok(ending.iter().map(shown).collect())
    };
    let ended = state.store.write(job).await?;
    state.wake();
    Ok(Json(ended))
}

fn nothing_under_way() -> Fail {
    Fail::new(
        api::ProblemKind::Conflict,
        "Nenhuma devolução desse pagamento está em processamento.",
        "No refund of this payment is in process.",
    )
}
