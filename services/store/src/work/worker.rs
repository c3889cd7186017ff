use std::collections::HashSet;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::{Clock, EntryId, Timestamp};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::backoff::wait;
use super::hold::{Hold, held};
use super::{Work, WorkQueue, backoff};

/// How often completion is tried while the store does not answer; after that, the lease runs out by itself.
const SETTLE_ATTEMPTS: u32 = 4;
/// At most this often, one success makes the entries due that failed.
const WAKE_GAP: Duration = Duration::from_secs(1);

/// What a handler says of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is done.
    Done,
    /// It failed; try again.
    Retry {
        /// Why, for the person who looks at the queue. No secret, nothing about people.
        error: String,
        /// How long to wait at least; [`backoff`] may make it longer.
        after: Option<Duration>,
    },
    /// It cannot be done.
    Bury {
        /// Why, for the person who looks at the queue. No secret, nothing about people.
        error: String,
    },
}

/// How a [`Worker`] works.
#[derive(Debug, Clone, Copy)]
pub struct WorkerOptions {
    /// Entries handled at once.
    pub concurrency: usize,
    /// How often an idle worker looks, should nobody have woken it.
    pub poll_every: Duration,
    /// How entries are held while they are handled.
    pub hold: Hold,
    /// How long running handlers may go on after shutdown.
    pub drain_for: Duration,
}

impl Default for WorkerOptions {
    fn default() -> Self {
        WorkerOptions {
            concurrency: 8,
            poll_every: Duration::from_millis(500),
            hold: Hold { lease_for: Duration::from_secs(10), limit: Duration::from_secs(60) },
            drain_for: Duration::from_secs(8),
        }
    }
}

/// Empties a queue of work: every entry is handled at least once, in order within its aggregate.
pub struct Worker<H> {
    queue: Arc<dyn WorkQueue>,
    handler: H,
    clock: Arc<dyn Clock>,
    options: WorkerOptions,
    failing: Mutex<Failing>,
}

/// Kinds whose last attempt failed, and when entries were last woken for a success.
#[derive(Default)]
struct Failing {
    kinds: HashSet<String>,
    woken_at: Option<Timestamp>,
}

impl Worker<()> {
    /// Works until `shutdown`, then lets running handlers finish, within bounds. Whoever puts an entry calls
    /// `wake.notify_one()` after its commit, so that the worker looks at once. An idle worker asks the queue once per
    /// `poll_every`.
    ///
    /// A handler that panics or takes too long has failed like any other. It may see an entry again that it has done, when
    /// the process ended or the store failed before that was written down.
    pub async fn run<H, F>(
        queue: Arc<dyn WorkQueue>,
        handler: H,
        wake: Arc<Notify>,
        clock: Arc<dyn Clock>,
        options: WorkerOptions,
        shutdown: CancellationToken,
    ) where
        H: Fn(Work) -> F + Send + Sync + 'static,
        F: Future<Output = Verdict> + Send + 'static,
    {
        let worker = Arc::new(Worker { queue, handler, clock, options, failing: Mutex::default() });
        worker.work(&wake, &shutdown).await;
    }
}

impl<H, F> Worker<H>
where
    H: Fn(Work) -> F + Send + Sync + 'static,
    F: Future<Output = Verdict> + Send + 'static,
{
    async fn work(self: Arc<Self>, wake: &Notify, shutdown: &CancellationToken) {
        let mut running = JoinSet::new();
        // The next moment at which an entry is known to be due again, should it come before the next look.
        let mut soon: Option<Instant> = None;
        while !shutdown.is_cancelled() {
            let free = self.options.concurrency.max(1) - running.len();
            let listens = match self.claim(free).await {
                Some(works) => {
                    for work in works {
                        running.spawn(self.clone().handle(work));
                    }
                    // Nobody needs to wake a worker whose hands are full.
                    running.len() < self.options.concurrency.max(1)
                }
                // The store did not answer: ask again at the next look, however many entries are put.
                None => false,
            };
            let look = Instant::now() + self.options.poll_every;
            let look = soon.map_or(look, |soon| look.min(soon));
            tokio::select! {
                () = shutdown.cancelled() => break,
                Some(first) = running.join_next() => {
                    soon = earliest(soon, first.ok().flatten());
                    while let Some(next) = running.try_join_next() {
                        soon = earliest(soon, next.ok().flatten());
                    }
                }
                () = wake.notified(), if listens => {}
                () = sleep_until(look) => {}
            }
            soon = soon.filter(|soon| *soon > Instant::now());
        }
        let drained = timeout(self.options.drain_for, async { while running.join_next().await.is_some() {} }).await;
        if drained.is_err() {
            tracing::warn!(left = running.len(), "handlers cut off at shutdown; their entries will be handled again");
        }
    }

    async fn claim(&self, free: usize) -> Option<Vec<Work>> {
        if free == 0 {
            return Some(Vec::new());
        }
        match self.queue.claim(self.clock.now(), self.options.hold.lease_for, free).await {
            Ok(works) => Some(works),
            Err(error) => {
                tracing::warn!(?error, "the queue of work cannot be read");
                None
            }
        }
    }

    /// Handles one entry; says when it will be due again if that is known.
    async fn handle(self: Arc<Self>, work: Work) -> Option<Instant> {
        let verdict = self.verdict(work.clone()).await?;
        for attempt in 1..=SETTLE_ATTEMPTS {
            match self.settle(&work, &verdict).await {
                Ok(again) => return again.map(|after| Instant::now() + after),
                Err(error) => {
                    tracing::warn!(entry = %work.id, kind = %work.kind, ?error, "a result is not written down yet");
                    sleep(backoff(attempt, jitter())).await;
                }
            }
        }
        None
    }

    async fn verdict(&self, work: Work) -> Option<Verdict> {
        let lease = work.clone();
        // The closure runs inside, so that a panic before its first await is caught as well.
        let doing = async { (self.handler)(work).await };
        held(self.queue.as_ref(), self.clock.as_ref(), &lease, self.options.hold, doing).await
    }

    async fn settle(&self, work: &Work, verdict: &Verdict) -> crate::StoreResult<Option<Duration>> {
        let (ours, again) = match verdict {
            Verdict::Done => {
                let ours = self.queue.done(work).await?;
                self.recovered(&work.kind).await;
                (ours, None)
            }
            Verdict::Retry { error, after } => {
                let wait = wait(*after, work.attempts, jitter());
                tracing::debug!(entry = %work.id, kind = %work.kind, attempts = work.attempts, %error, "will be tried again");
                // Whoever names a time has an answer from the other side: it is not down. Noted first, so that no success
                // falls between.
                if after.is_none() {
                    self.failing().kinds.insert(work.kind.clone());
                }
                let ours = self.queue.retry(work, self.clock.now().plus(wait), error).await?;
                (ours, Some(wait))
            }
            Verdict::Bury { error } => {
                tracing::error!(entry = %work.id, kind = %work.kind, attempts = work.attempts, %error, "dead letter");
                (self.queue.bury(work, error).await?, None)
            }
        };
        if !ours {
            tracing::warn!(entry = %work.id, kind = %work.kind, "the lease had run out; somebody else has the entry");
        }
        Ok(again)
    }

    /// After a success where there were failures, all that waits because of them is due.
    async fn recovered(&self, kind: &str) {
        let now = self.clock.now();
        {
            let mut failing = self.failing();
            let rested = failing.woken_at.is_none_or(|at| now.since(at) >= WAKE_GAP);
            if !rested || !failing.kinds.remove(kind) {
                return;
            }
            failing.woken_at = Some(now);
        }
        if let Err(error) = self.queue.wake_all(None, now).await {
            tracing::warn!(?error, "entries that failed keep their time");
        }
    }

    fn failing(&self) -> std::sync::MutexGuard<'_, Failing> {
        self.failing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn earliest(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// From 0 to 1, from the random bits of a new id (RFC 9562 §5.7).
fn jitter() -> f64 {
    let random = EntryId::new().uuid().as_u128() as u32;
    f64::from(random) / f64::from(u32::MAX)
}
