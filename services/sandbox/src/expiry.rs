//! What time does: a Pix that nobody paid expires, a slow refund arrives, old keys and old log entries go.

use std::sync::Arc;
use std::time::Duration;

use store::StoreResult;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::moves;
use crate::notify;
use crate::refunding;
use crate::state::State;
use crate::store::{keys, notes, payments, refunds};

/// How often the clock is looked at.
const LOOK: Duration = Duration::from_millis(500);
/// Most payments that expire, or refunds that arrive, in one step.
const BATCH: u32 = 100;
/// How many looks lie between two cleanings.
const CLEAN_EVERY: u32 = 7200;

/// Looks at the clock until `shutdown`.
pub(crate) async fn run(state: Arc<State>, shutdown: CancellationToken) {
    let mut ticks = interval(LOOK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut looks = 0;
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = ticks.tick() => {}
        }
        if let Err(error) = look(&state, looks % CLEAN_EVERY == 0).await {
            tracing::warn!(?error, "payments expire later");
        }
        looks = looks.wrapping_add(1);
    }
}

async fn look(state: &Arc<State>, clean: bool) -> StoreResult<()> {
    let now = state.now();
    if clean {
        state.store.write(move |c| keys::forget_old(c, now).and(notes::forget_old(c, now))).await?;
    }
    // Nearly always there is nothing, and the writer is left alone.
    while !state.store.read(move |c| payments::expired(c, now, 1)).await?.is_empty() {
        let worker = state.clone();
        let job = move |c: &rusqlite::Connection| {
            for mut payment in payments::expired(c, now, BATCH)? {
                moves::set(&mut payment, "cancelled", "expired", now);
                payments::update(c, &payment)?;
                notify::announce(c, &worker, &payment, notify::UPDATED, now)?;
            }
            Ok::<_, store::StoreError>(())
        };
        state.store.write(job).await?;
        state.wake();
    }
    while !state.store.read(move |c| refunds::settling(c, now, 1)).await?.is_empty() {
        let worker = state.clone();
        let job = move |c: &rusqlite::Connection| {
            refunding::finish(c, &worker, &mut refunds::settling(c, now, BATCH)?, true, now)
        };
        state.store.write(job).await?;
        state.wake();
    }
    Ok(())
}
