//! Placing an order.

use std::sync::Arc;
use std::time::Duration;

use api::order::{NewOrder, TrackingActor};
use domain::{CustomerId, OrderId, Timestamp};
use store::{StoreError, Work};

use crate::core::Core;
use crate::digest;
use crate::order::{Errand, Order, PlaceFault, Placing, Request};
use crate::outbox::{self, LEASE};
use crate::store::Inserted;

/// How long the repeat of a request is recognised.
const REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60);

/// Who places an order, and for whom.
pub(crate) struct Placer {
    pub(crate) customer_id: Option<CustomerId>,
    pub(crate) actor: TrackingActor,
    pub(crate) key: Option<String>,
}

/// The order, and whether an earlier request with the same key had made it.
#[derive(Debug)]
pub(crate) struct Placed {
    pub(crate) order: Order,
    pub(crate) replayed: bool,
}

/// Why no order was placed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlaceError {
    /// Everything that is wrong with the body.
    #[error("the order can't be placed like this")]
    Faults(Vec<PlaceFault>),
    /// The key was used for another body.
    #[error("the idempotency key was used with another body")]
    Mismatch,
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Places an order, and waits a short while for its charge.
pub(crate) async fn place(core: &Arc<Core>, body: &NewOrder, placer: Placer) -> Result<Placed, PlaceError> {
    let now = core.now();
    let request = placer.key.map(|key| Request {
        scope: format!("{} POST /orders", placer.actor.id),
        key,
        hash: digest::short(&serde_json::to_vec(body).unwrap_or_default()),
    });
    if let Some(request) = &request
        && let Some(before) = core.store.made_by(request, now.minus(REMEMBERED)).await?
    {
        return replay(before, request);
    }
    let at = Placing {
        customer_id: placer.customer_id,
        actor: placer.actor,
        now,
        day: core.day.day_of(now).to_string(),
        expires_after: core.expires_after,
        request: request.clone(),
    };
    let (order, errand) = priced(core, body, at).await?;
    // Who can't wait needs no lease: the sender takes the entry in turn.
    let waits = !core.peer.is_down(now) && !core.qr_wait.is_zero();
    let work = match errand {
        None => None,
        Some(errand) => {
            let entry = Core::entry(order.id, &errand, now)?;
            Some(if waits { entry.leased_for(LEASE) } else { entry })
        }
    };
    match (core.insert(order, work).await?, request) {
        (Inserted::New(order, None), _) => Ok(Placed { order: *order, replayed: false }),
        (Inserted::New(order, Some(work)), _) => {
            Ok(Placed { order: wait_for_charge(core, *order, work, now).await?, replayed: false })
        }
        (Inserted::Seen(before), Some(request)) => replay(*before, &request),
        (Inserted::Seen(_), None) => Err(StoreError::internal("a request without a key was seen before").into()),
        (Inserted::NoProduct(gone), _) => {
            let lines = body.order_items.iter().enumerate().filter(|(_, line)| gone.contains(&line.product_id));
            Err(PlaceError::Faults(lines.map(|(n, _)| PlaceFault::UnknownProduct(n)).collect()))
        }
    }
}

/// An order at the prices of the menu. Where a product seems to be missing, the menu is read again first: another process
/// may have added it a moment ago.
async fn priced(core: &Core, body: &NewOrder, at: Placing) -> Result<(Order, Option<Errand>), PlaceError> {
    let missing = |fault: &PlaceFault| matches!(fault, PlaceFault::UnknownProduct(_) | PlaceFault::DisabledProduct(_));
    match Order::place(body, &core.wall.read().menu, at.clone()) {
        Err(faults) if faults.iter().any(missing) => {}
        placed => return placed.map_err(PlaceError::Faults),
    }
    core.wall.renew(core.store.as_ref()).await?;
    Order::place(body, &core.wall.read().menu, at).map_err(PlaceError::Faults)
}

fn replay(before: Order, request: &Request) -> Result<Placed, PlaceError> {
    match &before.request {
        Some(first) if first.hash == request.hash => Ok(Placed { order: before, replayed: true }),
        _ => Err(PlaceError::Mismatch),
    }
}

/// Sends the errand at once and waits for it as long as is left of the patience; it goes on by itself after that.
pub(crate) async fn wait_for_charge(
    core: &Arc<Core>,
    order: Order,
    work: Work,
    since: Timestamp,
) -> Result<Order, StoreError> {
    let left = core.qr_wait.saturating_sub(core.now().since(since));
    let sent = outbox::send_now(core.clone(), work);
    if tokio::time::timeout(left, sent).await.is_err() {
        return Ok(order);
    }
    Ok(fresh(core, order.id).await?.unwrap_or(order))
}

async fn fresh(core: &Core, id: OrderId) -> Result<Option<Order>, StoreError> {
    core.store.order(id).await
}
