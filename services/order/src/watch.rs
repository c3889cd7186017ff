//! Notices what another process writes into the same store: the menu and the board follow within a second.

use std::sync::Arc;
use std::time::Duration;

use domain::{OrderId, Timestamp};
use store::StoreResult;
use tokio_util::sync::CancellationToken;

use crate::core::Core;
use crate::order::Order;

/// How often is looked.
const EVERY: Duration = Duration::from_millis(400);
/// Commits come in another order than the times they carry; so far back is read again.
pub(crate) const OVERLAP: Duration = Duration::from_secs(10);
/// Orders read at a time.
pub(crate) const PAGE: u32 = 200;

/// Looks for foreign changes until `shutdown`.
pub(crate) async fn run(core: Arc<Core>, shutdown: CancellationToken) {
    let mut seen = None;
    let mut read_up_to = core.now();
    loop {
        if let Err(error) = look(&core, &mut seen, &mut read_up_to).await {
            tracing::warn!(?error, "changes of others wait for the store");
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

async fn look(core: &Arc<Core>, seen: &mut Option<i64>, read_up_to: &mut Timestamp) -> StoreResult<()> {
    let now = core.now();
    let found = core.store.foreign_writes().await?;
    if seen.is_some_and(|seen| seen != found) {
        core.wall.renew(core.store.as_ref()).await?;
        each_changed(core, read_up_to.minus(OVERLAP), |order| core.board.tell(&order)).await?;
    }
    *seen = Some(found);
    *read_up_to = now;
    Ok(())
}

/// Reads all orders changed at `since` or later, page by page.
async fn each_changed(core: &Core, since: Timestamp, mut tell: impl FnMut(Order)) -> StoreResult<()> {
    let mut from: (Timestamp, Option<OrderId>) = (since, None);
    loop {
        let page = core.store.changed(from.0, from.1, PAGE).await?;
        let full = page.len() == PAGE as usize;
        if let Some(last) = page.last() {
            from = (last.updated_at, Some(last.id));
        }
        page.into_iter().for_each(&mut tell);
        if !full {
            return Ok(());
        }
    }
}
