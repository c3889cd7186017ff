//! Who may do what, and which payment somebody may see.

use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::{CustomerId, PaymentId, Role, Timestamp};
use web::{Caller, Fail, PathId, Permit, Who};

use super::{Desks, error};
use crate::payment::{Actor, Payment};

web::permit! {
    /// Who asks for money, or for its return.
    pub(super) Chargers => [Service, Admin];
    /// Who reads payments; a customer only their own.
    pub(super) Readers => [Service, Admin, Cashier, Customer];
    /// Who decides by hand, and reads the log.
    pub(super) Admins => [Admin];
    /// Our own services.
    pub(super) Services => [Service];
}

/// The caller as the log of a payment names them.
pub(super) fn actor(caller: &Caller) -> Actor {
    Actor::Person { role: caller.role, id: caller.subject.clone() }
}

/// Whose payments the caller may see.
pub(super) enum Sight {
    All,
    /// Their own, if they were asked for later than this.
    Own(CustomerId, Option<Timestamp>),
    Nothing,
}

impl Sight {
    pub(super) fn of(caller: &Caller, now: Timestamp) -> Sight {
        match (caller.role, caller.subject.parse()) {
            (Role::Customer, Ok(id)) => Sight::Own(id, caller.horizon(now)),
            (Role::Customer, Err(_)) => Sight::Nothing,
            _ => Sight::All,
        }
    }

    fn covers(&self, payment: &Payment) -> bool {
        match self {
            Sight::All => true,
            Sight::Own(id, after) => {
                payment.customer_id == Some(*id) && after.is_none_or(|after| payment.created_at > after)
            }
            Sight::Nothing => false,
        }
    }
}

/// The payment of the path and who asks for it: 401, 403 for another role than those of `P`, and 404 where there is none
/// that this caller may know of. What the arguments after it refuse is refused about a payment that is there.
pub(super) struct Seen<P> {
    pub(super) payment: Payment,
    pub(super) caller: Caller,
    permit: PhantomData<P>,
}

impl<P: Permit> FromRequestParts<Desks> for Seen<P> {
    type Rejection = Fail;

    async fn from_request_parts(parts: &mut Parts, desk: &Desks) -> Result<Self, Fail> {
        let Who(caller, permit) = Who::<P>::from_request_parts(parts, desk).await?;
        let PathId(id) = PathId::<PaymentId>::from_request_parts(parts, desk).await?;
        let found = desk.store.payment(id).await.map_err(error::store)?;
        let sight = Sight::of(&caller, desk.now());
        let payment = found.filter(|payment| sight.covers(payment)).ok_or_else(error::no_payment)?;
        Ok(Seen { payment, caller, permit })
    }
}
