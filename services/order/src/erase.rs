//! Taking a person out of their orders (LGPD, Lei 13.709/2018, art. 18, VI). The orders stay, nobody's.

use std::sync::Arc;

use domain::{CustomerId, OrderId, Page};
use store::{StoreError, StoreResult};

use crate::core::{Core, TRIES, outlive};
use crate::order::Stepped;
use crate::store::{OrderFilter, Replaced};

/// Orders of one look.
const AT_ONCE: u32 = 100;

/// Takes a person out of every order; how many named them. Safe to repeat.
pub(crate) async fn erase(core: &Arc<Core>, customer: CustomerId) -> StoreResult<u32> {
    let theirs = OrderFilter { customer_id: Some(customer), ..OrderFilter::default() };
    let mut erased = 0;
    loop {
        let found = core.store.orders(theirs.clone(), Page { skip: 0, limit: AT_ONCE }).await?;
        if found.orders.is_empty() {
            if found.total > 0 {
                return Err(StoreError::internal("an order of the person cannot be read, and so not be erased"));
            }
            break;
        }
        for order in found.orders {
            erased += u32::from(one(core, order.id, customer).await?);
        }
    }
    core.store.purge().await?;
    Ok(erased)
}

/// Whether the order named the person until now.
async fn one(core: &Arc<Core>, id: OrderId, customer: CustomerId) -> StoreResult<bool> {
    for _ in 0..TRIES {
        let Some(mut order) = core.store.order(id).await? else { return Ok(false) };
        let expected = order.version;
        if order.forget_customer(customer, core.now()) == Stepped::Unchanged {
            return Ok(false);
        }
        let core = core.clone();
        let replaced = outlive(async move {
            let replaced = core.store.forget(order.clone(), expected).await?;
            if replaced == Replaced::Stored {
                core.board.tell(&order);
            }
            Ok(replaced)
        });
        if replaced.await? == Replaced::Stored {
            return Ok(true);
        }
    }
    Err(StoreError::unavailable("the order changes too fast"))
}
