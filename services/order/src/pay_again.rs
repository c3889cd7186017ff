//! The next attempt to pay an order.

use std::sync::Arc;

use domain::{OrderId, PaymentMethod};

use crate::core::Core;
use crate::order::{Order, Stepped};
use crate::outbox::LEASE;
use crate::place::wait_for_charge;
use crate::transition::ChangeError;

/// Closes the live charge, opens the next attempt and waits a short while for it. Money that came first wins.
pub(crate) async fn pay_again(core: &Arc<Core>, id: OrderId, method: PaymentMethod) -> Result<Order, ChangeError> {
    let now = core.now();
    let waits = !core.peer.is_down(now) && !core.qr_wait.is_zero();
    let changed = core
        .change(id, waits.then_some(LEASE), |order| match order.pay_again(method, now.plus(core.expires_after), now) {
            Some(errands) => Ok(((), Stepped::Changed(errands))),
            None if order.paid_at.is_some() => Err(ChangeError::AlreadyPaid),
            None => Err(domain::order::Refused::Illegal { allowed: Vec::new() }.into()),
        })
        .await?
        .ok_or(ChangeError::NoOrder)?;
    let order = match changed.leased {
        Some(work) => wait_for_charge(core, changed.order, work, now).await?,
        None => changed.order,
    };
    if order.paid_at.is_some() { Err(ChangeError::AlreadyPaid) } else { Ok(order) }
}
