//! The board follows the store where other processes write into it too.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use domain::{OrderId, Timestamp};
use store::StoreResult;
use tokio::time::Instant;

use crate::board::View;
use crate::core::Core;

/// How old the queue of an answer may be.
const FRESH: Duration = Duration::from_millis(250);
/// Orders read at a time.
const PAGE: usize = 200;

/// How a comparison of the board with the store's queue ended, and when.
pub(crate) type Compared = (Instant, StoreResult<()>);

/// The queue as the store has it, or had it a moment ago: the same on every instance.
pub(crate) async fn view(core: &Core) -> StoreResult<Arc<View>> {
    let mut last = core.compared.lock().await;
    match &*last {
        // Who waited for an answer that did not come need not wait for the next.
        Some((at, result)) if at.elapsed() < FRESH => result.clone()?,
        _ => {
            let begun = Instant::now();
            let result = compare(core).await;
            let at = if result.is_ok() { begun } else { Instant::now() };
            *last = Some((at, result.clone()));
            result?;
        }
    }
    drop(last);
    Ok(core.board.view())
}

async fn compare(core: &Core) -> StoreResult<()> {
    let Some(queue) = core.store.queue_versions().await? else { return Ok(()) };
    let astray = core.board.astray(&queue);
    let versions: HashMap<OrderId, u64> = queue.into_iter().collect();
    bring(core, astray, |id| versions.get(&id).copied().or_else(|| core.board.version(id))).await
}

/// Tells the board what changed at `since` or later and is new to it.
pub(crate) async fn catch_up(core: &Core, since: Timestamp) -> StoreResult<()> {
    let changed = core.store.changed_versions(since).await?;
    let unknown = core.board.unknown(&changed);
    if unknown.is_empty() {
        return Ok(());
    }
    let versions: HashMap<OrderId, u64> = changed.into_iter().collect();
    bring(core, unknown, |id| versions.get(&id).copied()).await
}

/// Reads these orders and tells the board. What cannot be read is not asked for again until it changes.
async fn bring(core: &Core, ids: Vec<OrderId>, version: impl Fn(OrderId) -> Option<u64>) -> StoreResult<()> {
    for ids in ids.chunks(PAGE) {
        let mut found = core.store.orders_of(ids.to_vec()).await?;
        found.sort_by_key(|order| (order.updated_at, order.id));
        found.iter().for_each(|order| core.board.tell(order));
        for id in ids.iter().filter(|id| !found.iter().any(|order| order.id == **id)) {
            core.board.lose(*id, version(*id).unwrap_or(0), core.now());
        }
    }
    Ok(())
}
