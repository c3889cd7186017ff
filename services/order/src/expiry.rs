//! Orders that nobody paid end, where no charge ends them.

use std::sync::Arc;
use std::time::Duration;

use store::{StoreError, StoreResult};
use tokio_util::sync::CancellationToken;

use crate::core::Core;

/// How often is looked.
const EVERY: Duration = Duration::from_secs(2);
/// How many are ended at a time.
const MANY: u32 = 100;

/// Ends what is overdue, until `shutdown`.
pub(crate) async fn run(core: Arc<Core>, shutdown: CancellationToken) {
    loop {
        if let Err(error) = sweep(&core).await {
            tracing::warn!(?error, "overdue orders wait for the store");
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

/// Ends all orders that are overdue now.
pub(crate) async fn sweep(core: &Arc<Core>) -> StoreResult<()> {
    loop {
        let now = core.now();
        let overdue = core.store.overdue(now, MANY).await?;
        for order in &overdue {
            core.change(order.id, None, |order| Ok::<_, StoreError>(((), order.expire(now)))).await?;
        }
        if overdue.len() < MANY as usize {
            return Ok(());
        }
    }
}
