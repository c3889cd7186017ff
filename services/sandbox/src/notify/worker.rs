//! Empties the outbox of notifications.

use std::sync::Arc;
use std::time::Duration;

use store::{SqliteQueue, StoreError, Verdict, Work, Worker, WorkerOptions};
use tokio_util::sync::CancellationToken;

use super::{attempt, put_behind, schedule};
use crate::state::State;
use crate::store::{OUTBOX, notes};

/// Sends what is due until `shutdown`.
pub(crate) async fn run(state: Arc<State>, shutdown: CancellationToken) {
    let options = WorkerOptions {
        // A receiver that never answers holds a place for 22 seconds.
        concurrency: 32,
        drain_for: Duration::from_secs(2),
        ..WorkerOptions::default()
    };
    let queue = Arc::new(SqliteQueue::new(state.store.clone(), OUTBOX));
    let (wake, clock) = (state.work.clone(), state.settings.clock.clone());
    Worker::run(queue, move |work| handle(state.clone(), work), wake, clock, options, shutdown).await;
}

async fn handle(state: Arc<State>, work: Work) -> Verdict {
    match send(&state, &work).await {
        Ok(verdict) => verdict,
        Err(error) => Verdict::Retry { error: error.to_string(), after: None },
    }
}

async fn send(state: &State, work: &Work) -> Result<Verdict, StoreError> {
    let id: i64 = work.aggregate.parse().map_err(StoreError::internal)?;
    let note = state.store.read(move |c| notes::get(c, id)).await?;
    let Some(note) = note.filter(|note| note.state == "waiting") else { return Ok(Verdict::Done) };
    let note = attempt::send(state, note).await;
    let (attempts, waits, status) = (note.attempts, note.state == "waiting", note.http_status);
    let (behind, now) = (work.payload.clone(), state.now());
    let record = move |c: &rusqlite::Connection| {
        notes::record(c, &note)?;
        Ok::<_, StoreError>(attempts == 1 && put_behind(c, &behind, now)?)
    };
    if state.store.write(record).await? {
        state.wake();
    }
    Ok(match schedule::wait(attempts, state.settings.retry_scale).filter(|_| waits) {
        Some(wait) => Verdict::Retry { error: format!("answered {status:?}"), after: Some(wait) },
        None => Verdict::Done,
    })
}
