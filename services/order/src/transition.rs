//! What people do to an order: move it, pull it to the front, strike its lines.

use std::sync::Arc;

use api::OrderNow;
use api::order::TrackingActor;
use domain::order::Refused;
use domain::{OrderId, OrderStatus};
use store::StoreError;

use crate::core::Core;
use crate::order::{Order, Stepped, StrikeFault, Wish};

/// Why an order was not changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChangeError {
    /// There is no such order.
    #[error("no such order")]
    NoOrder,
    /// The order has no such line.
    #[error("no such line")]
    NoLine,
    /// The caller has seen another version than the one there is.
    #[error("the order has changed since")]
    OtherVersion(OrderNow),
    /// No such change from where the order is.
    #[error("illegal transition")]
    Illegal {
        /// What this caller may do now.
        allowed: Vec<OrderStatus>,
        /// Where it is.
        now: OrderNow,
    },
    /// Legal, but for somebody else.
    #[error("not for this role")]
    NotForRole,
    /// It has to say why.
    #[error("a reason is required")]
    ReasonMissing,
    /// The caller can do nothing before the money comes.
    #[error("the order is not paid yet")]
    Unpaid(OrderNow),
    /// The money came first.
    #[error("the order is paid already")]
    AlreadyPaid(OrderNow),
    /// It was tried to be paid as often as an order may be.
    #[error("there were too many attempts to pay")]
    TooManyAttempts(OrderNow),
    /// The idempotency key was used with another body.
    #[error("the idempotency key was used with another body")]
    OtherBody,
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why the state machine says no to this order.
fn refused(order: &Order, refused: Refused) -> ChangeError {
    match refused {
        Refused::Illegal { allowed } if allowed.is_empty() && order.status == OrderStatus::Requested => {
            ChangeError::Unpaid(order.now())
        }
        Refused::Illegal { allowed } => ChangeError::Illegal { allowed, now: order.now() },
        Refused::NotForRole => ChangeError::NotForRole,
        Refused::ReasonMissing => ChangeError::ReasonMissing,
    }
}

/// Moves an order or pulls it to the front. With `if_match`, only the version that the caller has seen; what holds
/// already needs no match, because a repeated request would have to fail otherwise (RFC 9110 §13.1.1).
pub(crate) async fn transition(
    core: &Arc<Core>,
    id: OrderId,
    wish: &Wish,
    actor: &TrackingActor,
    if_match: Option<u64>,
) -> Result<Order, ChangeError> {
    let now = core.now();
    let changed = core
        .change(id, None, |order| {
            let seen = order.now();
            let result = order.wish(wish, actor.clone(), now);
            let matters = !matches!(result, Ok(Stepped::Unchanged) | Err(Refused::NotForRole | Refused::ReasonMissing));
            match if_match {
                Some(version) if matters && version != seen.version => Err(ChangeError::OtherVersion(seen)),
                _ => result.map(|stepped| ((), stepped)).map_err(|why| refused(order, why)),
            }
        })
        .await?;
    changed.map(|changed| changed.order).ok_or(ChangeError::NoOrder)
}

/// Strikes a line (from 1), or takes the strike back.
pub(crate) async fn strike(
    core: &Arc<Core>,
    id: OrderId,
    line: u32,
    struck: bool,
    actor: &TrackingActor,
    if_match: Option<u64>,
) -> Result<Order, ChangeError> {
    let now = core.now();
    let changed = core
        .change(id, None, |order| {
            let seen = order.now();
            let result = order.strike(line, struck, actor.clone(), now);
            let matters =
                matches!(result, Ok(Stepped::Changed(_)) | Err(StrikeFault::Refused(Refused::Illegal { .. })));
            match (if_match, result) {
                (Some(version), _) if matters && version != seen.version => Err(ChangeError::OtherVersion(seen)),
                (_, Ok(stepped)) => Ok(((), stepped)),
                (_, Err(StrikeFault::NoLine)) => Err(ChangeError::NoLine),
                (_, Err(StrikeFault::Refused(why))) => Err(refused(order, why)),
            }
        })
        .await?;
    changed.map(|changed| changed.order).ok_or(ChangeError::NoOrder)
}
