//! Who may do what, and which payment somebody may see.

use domain::{CustomerId, PaymentId, Role};
use web::{Caller, Fail};

use super::error;
use crate::desk::Desk;
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

/// Whose payments the caller may see: `None` for everybody's.
pub(super) enum Sight {
    All,
    Own(CustomerId),
    Nothing,
}

impl Sight {
    pub(super) fn of(caller: &Caller) -> Sight {
        match (caller.role, caller.subject.parse()) {
            (Role::Customer, Ok(id)) => Sight::Own(id),
            (Role::Customer, Err(_)) => Sight::Nothing,
            _ => Sight::All,
        }
    }

    fn covers(&self, payment: &Payment) -> bool {
        match self {
            Sight::All => true,
            Sight::Own(id) => payment.customer_id == Some(*id),
            Sight::Nothing => false,
        }
    }
}

/// The payment, or 404 where there is none that this caller may know of.
pub(super) async fn load(desk: &Desk, caller: &Caller, id: PaymentId) -> Result<Payment, Fail> {
    let found = desk.store.payment(id).await.map_err(error::store)?;
    found.filter(|payment| Sight::of(caller).covers(payment)).ok_or_else(error::no_payment)
}
