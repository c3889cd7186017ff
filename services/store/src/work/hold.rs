use std::panic::AssertUnwindSafe;
use std::time::Duration;

use domain::Clock;
use futures_util::FutureExt as _;
use tokio::time::sleep;

use super::backoff::wait;
use super::{Verdict, Work, WorkQueue};

/// How work is held while it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    /// How long a lease holds if nobody renews it: what a process that was killed had begun is another's after this.
    pub lease_for: Duration,
    /// How long doing it may take; it is cut off then.
    pub limit: Duration,
}

/// Does work whose lease the caller has, renewing the lease meanwhile. What panics or takes too long has failed; `None` when
/// the lease was lost, so that nothing is to be written down.
pub(super) async fn held(
    queue: &dyn WorkQueue,
    clock: &dyn Clock,
    work: &Work,
    hold: Hold,
    doing: impl Future<Output = Verdict>,
) -> Option<Verdict> {
    let failed = |error: &str| Some(Verdict::Retry { error: error.to_owned(), after: None });
    tokio::select! {
        done = AssertUnwindSafe(doing).catch_unwind() => match done {
            Ok(verdict) => Some(verdict),
            Err(_) => failed("the handler panicked"),
        },
        () = renewed_until_lost(queue, clock, work, hold.lease_for) => None,
        () = sleep(hold.limit) => failed("the handler took too long"),
    }
}

/// Renews a lease three times in its life, and ends when it is somebody else's.
async fn renewed_until_lost(queue: &dyn WorkQueue, clock: &dyn Clock, work: &Work, lease_for: Duration) {
    loop {
        sleep(lease_for / 3).await;
        match queue.renew(work, clock.now().plus(lease_for)).await {
            Ok(true) => {}
            Ok(false) => {
                tracing::warn!(entry = %work.id, kind = %work.kind, "the lease had run out; somebody else has the entry");
                return;
            }
            Err(error) => tracing::warn!(entry = %work.id, kind = %work.kind, ?error, "a lease is not renewed"),
        }
    }
}

/// Does work whose lease the caller has, and writes down what came of it. Should that fail, the lease runs out, and a worker
/// does it again.
pub async fn finish(
    queue: &dyn WorkQueue,
    clock: &dyn Clock,
    work: &Work,
    hold: Hold,
    doing: impl Future<Output = Verdict>,
) {
    let Some(verdict) = held(queue, clock, work, hold, doing).await else { return };
    let settled = match verdict {
        Verdict::Done => queue.done(work).await,
        Verdict::Retry { error, after } => {
            let wait = wait(after, work.attempts, 0.5);
            queue.retry(work, clock.now().plus(wait), &error).await
        }
        Verdict::Bury { error } => {
            tracing::error!(entry = %work.id, kind = %work.kind, %error, "dead letter");
            queue.bury(work, &error).await
        }
    };
    if let Err(error) = settled {
        tracing::warn!(entry = %work.id, kind = %work.kind, ?error, "a result is not written down; the entry will be handled again");
    }
}
