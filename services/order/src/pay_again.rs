//! The next attempt to pay an order.

use std::sync::Arc;

use api::order::PayAgain;
use domain::OrderId;

use crate::core::{Changed, Core};
use crate::digest;
use crate::order::{NoAttempt, Order, Request, Stepped};
use crate::outbox::LEASE;
use crate::place::wait_for_charge;
use crate::transition::ChangeError;

/// The order, and whether an earlier request with the same key had opened the attempt.
pub(crate) struct PaidAgain {
    pub(crate) order: Order,
    pub(crate) replayed: bool,
}

/// Closes the live charge, opens the next attempt and waits a short while for it. Money that came first wins. With the key
/// of whoever asks, the same body opens one attempt; the order keeps the key as long as it keeps the attempt.
pub(crate) async fn pay_again(
    core: &Arc<Core>,
    id: OrderId,
    body: &PayAgain,
    subject: &str,
    key: Option<String>,
) -> Result<PaidAgain, ChangeError> {
    let now = core.now();
    let request = key.map(|key| Request {
        scope: format!("{subject} POST /orders/{id}/payment"),
        key,
        hash: digest::short(&serde_json::to_vec(body).unwrap_or_default()),
    });
    let waits = !core.peer.is_down(now) && !core.qr_wait.is_zero();
    let Changed { order, leased, value: replayed } = core
        .change(id, waits.then_some(LEASE), |order| {
            if let Some(first) = request.as_ref().and_then(|request| opened_by(order, request)) {
                let same = request.as_ref().is_some_and(|request| request.hash == first.hash);
                return if same { Ok((true, Stepped::Unchanged)) } else { Err(ChangeError::OtherBody) };
            }
            match order.pay_again(body.payment_method, request.clone(), core.expires_after, now) {
                Ok(errands) => Ok((false, Stepped::Changed(errands))),
                Err(NoAttempt::TooMany) => Err(ChangeError::TooManyAttempts(order.now())),
                Err(NoAttempt::Settled) if order.paid_at.is_some() => Err(ChangeError::AlreadyPaid(order.now())),
                Err(NoAttempt::Settled) => Err(ChangeError::Illegal { allowed: Vec::new(), now: order.now() }),
            }
        })
        .await?
        .ok_or(ChangeError::NoOrder)?;
    let order = match leased {
        Some(work) => wait_for_charge(core, order, work, now).await?,
        None => order,
    };
    match order.paid_at {
        Some(_) if !replayed => Err(ChangeError::AlreadyPaid(order.now())),
        _ => Ok(PaidAgain { order, replayed }),
    }
}

/// The request of this scope and key that opened an attempt before.
fn opened_by<'a>(order: &'a Order, request: &Request) -> Option<&'a Request> {
    let mut kept = order.charges.iter().filter_map(|charge| charge.request.as_ref());
    kept.find(|kept| kept.scope == request.scope && kept.key == request.key)
}
