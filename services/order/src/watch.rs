//! Notices what another process writes into the same store: the menu and the board follow within a second.

use std::sync::Arc;
use std::time::Duration;

use domain::Timestamp;
use store::StoreResult;
use tokio_util::sync::CancellationToken;

use crate::core::Core;
use crate::follow;
use crate::store::Stamps;

/// How often is looked.
const EVERY: Duration = Duration::from_millis(400);
/// Commits come in another order than the times they carry; so far back is read again.
pub(crate) const OVERLAP: Duration = Duration::from_secs(10);

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

async fn look(core: &Core, seen: &mut Option<Stamps>, read_up_to: &mut Timestamp) -> StoreResult<()> {
    let now = core.now();
    let found = core.store.foreign_writes().await?;
    if seen.is_none_or(|seen| seen.menu != found.menu) {
        core.wall.renew(core.store.as_ref()).await?;
    }
    if seen.is_none_or(|seen| seen.orders != found.orders) {
        follow::catch_up(core, read_up_to.minus(OVERLAP)).await?;
    }
    *seen = Some(found);
    *read_up_to = now;
    Ok(())
}
