//! The order that a request is about, as an argument of its handler.

use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::{CustomerId, OrderId, Role};
use web::{Caller, Fail, PathId, Permit, Who};

use super::error;
use crate::core::Core;
use crate::order::Order;

/// The order of the path and who asks for it: 401, 403 for another role than those of `P`, and 404 where there is none that
/// the caller may see. What the arguments after it refuse is refused about an order that is there.
pub(super) struct Seen<P> {
    pub(super) order: Order,
    pub(super) caller: Caller,
    permit: PhantomData<P>,
}

impl<P: Permit> FromRequestParts<Arc<Core>> for Seen<P> {
    type Rejection = Fail;

    async fn from_request_parts(parts: &mut Parts, core: &Arc<Core>) -> Result<Self, Fail> {
        let Who(caller, permit) = Who::<P>::from_request_parts(parts, core).await?;
        let PathId(id) = PathId::<OrderId>::from_request_parts(parts, core).await?;
        let order = core.store.order(id).await.map_err(error::store)?.ok_or_else(error::no_order)?;
        if sees(core, &caller, &order)? { Ok(Seen { order, caller, permit }) } else { Err(error::no_order()) }
    }
}

/// Customers see their own orders, as far back as their token reaches; everybody else sees all.
fn sees(core: &Core, caller: &Caller, order: &Order) -> Result<bool, Fail> {
    if caller.role != Role::Customer {
        return Ok(true);
    }
    let recent = caller.horizon(core.now()).is_none_or(|from| order.created_at > from);
    Ok(recent && order.customer_id == Some(customer(caller)?))
}

/// The customer that a token of this role speaks for.
pub(super) fn customer(caller: &Caller) -> Result<CustomerId, Fail> {
    caller.subject.parse().map_err(|_| error::forbidden())
}
