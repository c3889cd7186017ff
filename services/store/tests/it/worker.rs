use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::{Clock, ManualClock, SystemClock};
use serde_json::json;
use store::{
    Hold, NewWork, Sqlite, SqliteQueue, StoreError, Verdict, Work, WorkCounts, WorkQueue, Worker, WorkerOptions,
    backoff,
};
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::support::{OUTBOX, T0, open, place, until};

/// So seldom that only a wake-up can be the reason that something happens in time.
const NEVER: Duration = Duration::from_secs(3600);

struct Running {
    store: Sqlite,
    wake: Arc<Notify>,
    clock: Arc<dyn Clock>,
    shutdown: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    fn start<F>(
        store: &Sqlite,
        clock: Arc<dyn Clock>,
        options: WorkerOptions,
        handler: impl Fn(Work) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Verdict> + Send + 'static,
    {
        let queue = Arc::new(SqliteQueue::new(store.clone(), OUTBOX));
        let (wake, shutdown) = (Arc::new(Notify::new()), CancellationToken::new());
        let run = Worker::run(queue, handler, wake.clone(), clock.clone(), options, shutdown.clone());
        Running { store: store.clone(), wake, clock, shutdown, task: tokio::spawn(run) }
    }

    async fn put(&self, aggregate: &str, n: u32) {
        let now = self.clock.now();
        let work = NewWork::new(aggregate, "step", json!(n), now);
        self.store.write(move |c| OUTBOX.put(c, work, now)).await.unwrap();
        self.wake.notify_one();
    }

    async fn counts(&self) -> WorkCounts {
        self.store.read(|c| OUTBOX.counts(c)).await.unwrap()
    }

    async fn empty(&self) {
        until("the queue is empty", async || self.counts().await.open == 0).await;
    }

    async fn stop(self) {
        self.shutdown.cancel();
        self.task.await.unwrap();
    }
}

fn down() -> Verdict {
    Verdict::Retry { error: "down".into(), after: None }
}

#[tokio::test]
async fn everything_is_done_in_order_whatever_fails_on_the_way() {
    let (_dir, path) = place();
    let store = open(&path);
    let seen: Arc<Mutex<HashMap<String, Vec<u64>>>> = Arc::default();
    let calls = Arc::new(AtomicUsize::new(0));
    let handler = {
        let seen = seen.clone();
        move |work: Work| {
            let (seen, call) = (seen.clone(), calls.fetch_add(1, Ordering::SeqCst));
            async move {
                match call % 5 {
                    1 => return Verdict::Retry { error: "busy".into(), after: Some(Duration::from_millis(1)) },
                    3 => panic!("on purpose"),
                    _ => {}
                }
                seen.lock().unwrap().entry(work.aggregate).or_default().push(work.payload.as_u64().unwrap());
                Verdict::Done
            }
        }
    };
    // Nobody takes over what a slow machine is still doing.
    let hold = Hold { lease_for: NEVER, ..WorkerOptions::default().hold };
    let options = WorkerOptions { concurrency: 3, hold, ..WorkerOptions::default() };
    let worker = Running::start(&store, Arc::new(SystemClock), options, handler);
    for n in 0..8 {
        for aggregate in ["a", "b", "c", "d"] {
            worker.put(aggregate, n).await;
        }
    }
    worker.empty().await;
    worker.stop().await;
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 4);
    for (aggregate, numbers) in &*seen {
        assert_eq!(*numbers, (0..8).collect::<Vec<_>>(), "{aggregate}");
    }
}

#[tokio::test]
async fn putting_wakes_it_and_a_failure_comes_back_without_a_poll() {
    let (_dir, path) = place();
    let store = open(&path);
    let options = WorkerOptions { poll_every: NEVER, ..WorkerOptions::default() };
    let handler = |work: Work| async move { if work.attempts < 3 { down() } else { Verdict::Done } };
    let worker = Running::start(&store, Arc::new(SystemClock), options, handler);
    worker.put("a", 1).await;
    worker.empty().await;
    worker.stop().await;
}

#[tokio::test]
async fn being_asked_to_come_back_at_once_is_no_hot_loop() {
    let (_dir, path) = place();
    let store = open(&path);
    let clock = Arc::new(ManualClock::new(T0));
    let tries = Arc::new(AtomicUsize::new(0));
    let handler = {
        let tries = tries.clone();
        move |work: Work| {
            let at_once = Verdict::Retry { error: "busy".into(), after: Some(Duration::ZERO) };
            let busy = work.aggregate == "busy" && { tries.fetch_add(1, Ordering::SeqCst) < 9 };
            async move { if busy { at_once } else { Verdict::Done } }
        }
    };
    let worker = Running::start(&store, clock.clone(), WorkerOptions::default(), handler);
    worker.put("busy", 1).await;
    for n in 1..=8 {
        until("it was tried", async || tries.load(Ordering::SeqCst) >= n).await;
        // Whatever else is done meanwhile, no time passes.
        worker.put("other", 1).await;
        until("only it is left", async || worker.counts().await.open == 1).await;
        assert_eq!(tries.load(Ordering::SeqCst), n);
        clock.advance(backoff(u32::MAX, 1.0));
        worker.wake.notify_one();
    }
    worker.stop().await;
}

#[tokio::test]
async fn one_success_brings_back_all_that_failed() {
    let (_dir, path) = place();
    let store = open(&path);
    let up = Arc::new(Semaphore::new(0));
    let handler = {
        let up = up.clone();
        move |_| {
            let up = up.clone();
            async move { if up.available_permits() > 0 { Verdict::Done } else { down() } }
        }
    };
    // The clock stands still: what failed is due again only because something else succeeded.
    let clock = Arc::new(ManualClock::new(T0));
    let options = WorkerOptions { poll_every: NEVER, ..WorkerOptions::default() };
    let worker = Running::start(&store, clock, options, handler);
    for aggregate in ["a", "b", "c"] {
        worker.put(aggregate, 1).await;
    }
    let all_failed = async || {
        let waiting = worker.store.read(|c| OUTBOX.list(c, store::WorkState::Open, 10)).await.unwrap();
        waiting.iter().all(|entry| entry.last_error.as_deref() == Some("down"))
    };
    until("all have failed", all_failed).await;
    up.add_permits(1);
    worker.put("d", 1).await;
    worker.empty().await;
    worker.stop().await;
}

#[tokio::test]
async fn what_cannot_be_done_is_buried_with_its_reason() {
    let (_dir, path) = place();
    let store = open(&path);
    let handler = |_| async { Verdict::Bury { error: "unknown order".into() } };
    let worker = Running::start(&store, Arc::new(SystemClock), WorkerOptions::default(), handler);
    worker.put("a", 1).await;
    until("it is a dead letter", async || worker.counts().await.dead == 1).await;
    let letters = store.read(|c| OUTBOX.list_dead(c, 10)).await.unwrap();
    assert_eq!(letters[0].last_error.as_deref(), Some("unknown order"));
    worker.stop().await;
}

#[tokio::test]
async fn shutdown_finishes_what_is_being_handled_and_begins_nothing() {
    let (_dir, path) = place();
    let store = open(&path);
    let (begun, go_on) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let handler = {
        let (begun, go_on) = (begun.clone(), go_on.clone());
        move |_| {
            let (begun, go_on) = (begun.clone(), go_on.clone());
            async move {
                begun.add_permits(1);
                go_on.acquire().await.unwrap().forget();
                Verdict::Done
            }
        }
    };
    let options = WorkerOptions { concurrency: 1, ..WorkerOptions::default() };
    let worker = Running::start(&store, Arc::new(SystemClock), options, handler);
    worker.put("a", 1).await;
    worker.put("b", 1).await;
    begun.acquire().await.unwrap().forget();
    worker.shutdown.cancel();
    go_on.add_permits(2);
    worker.task.await.unwrap();
    let left = store.read(|c| OUTBOX.counts(c)).await.unwrap();
    assert_eq!((left.open, begun.available_permits()), (1, 0));
}

#[tokio::test]
async fn a_handler_that_hangs_is_cut_off_and_tried_again() {
    let (_dir, path) = place();
    let store = open(&path);
    let hold = Hold { limit: Duration::from_millis(50), ..WorkerOptions::default().hold };
    let options = WorkerOptions { hold, ..WorkerOptions::default() };
    let handler =
        |work: Work| async move { if work.attempts == 1 { std::future::pending().await } else { Verdict::Done } };
    let worker = Running::start(&store, Arc::new(SystemClock), options, handler);
    worker.put("a", 1).await;
    worker.empty().await;
    worker.stop().await;
}

#[tokio::test]
async fn a_handler_keeps_its_entry_as_long_as_it_works_and_stops_when_it_lost_it() {
    let (_dir, path) = place();
    let store = open(&path);
    let clock = Arc::new(ManualClock::new(T0));
    let lease_for = Duration::from_millis(60);
    let hold = Hold { lease_for, ..WorkerOptions::default().hold };
    let options = WorkerOptions { poll_every: NEVER, hold, ..WorkerOptions::default() };
    let (begun, stopped) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    /// Tells when a handler is dropped before it is done.
    struct Stopped(Arc<Semaphore>);
    impl Drop for Stopped {
        fn drop(&mut self) {
            self.0.add_permits(1);
        }
    }
    let handler = {
        let (begun, stopped) = (begun.clone(), stopped.clone());
        move |_| {
            let (begun, stopped) = (begun.clone(), Stopped(stopped.clone()));
            async move {
                begun.add_permits(1);
                let _stopped = stopped;
                std::future::pending::<Verdict>().await
            }
        }
    };
    let worker = Running::start(&store, clock.clone(), options, handler);
    worker.put("a", 1).await;
    begun.acquire().await.unwrap().forget();
    // Far past the first lease by its clock; then the next renewal counts from there.
    let later = T0.plus(Duration::from_secs(3600));
    clock.advance(Duration::from_secs(3600));
    let until = async || {
        let lease: i64 = store
            .read(|c| Ok::<_, StoreError>(c.query_row("SELECT lease_until FROM outbox", [], |row| row.get(0))?))
            .await
            .unwrap();
        lease == later.plus(lease_for).millis()
    };
    crate::support::until("the lease is renewed", until).await;
    let queue = SqliteQueue::new(store.clone(), OUTBOX);
    assert!(queue.claim(later, lease_for, 10).await.unwrap().is_empty());
    let taken = queue.claim(later.plus(Duration::from_secs(3600)), Duration::from_secs(3600), 10).await.unwrap();
    assert_eq!(taken.len(), 1);
    stopped.acquire().await.unwrap().forget();
    assert!(queue.done(&taken[0]).await.unwrap(), "what was lost is not written down");
    worker.stop().await;
}

#[tokio::test]
async fn an_idle_worker_leaves_the_store_alone() {
    let (_dir, path) = place();
    let store = open(&path);
    let options = WorkerOptions { poll_every: NEVER, ..WorkerOptions::default() };
    let worker = Running::start(&store, Arc::new(SystemClock), options, |_| async { Verdict::Done });
    worker.put("a", 1).await;
    worker.empty().await;
    // Start, wake-up, completion and the look after it, and the put itself.
    store.write(|_| Ok::<_, StoreError>(())).await.unwrap();
    assert!(store.stats().jobs <= 8, "{:?}", store.stats());
    worker.stop().await;
}

#[test]
fn backoff_doubles_within_its_bounds() {
    let millis = |attempts, jitter| backoff(attempts, jitter).as_millis();
    assert_eq!([0, 1, 2, 3, 4, 5, 50].map(|n| millis(n, 0.0)), [200, 200, 400, 800, 1600, 2500, 2500]);
    assert_eq!([1, 2, 5, u32::MAX].map(|n| millis(n, 1.0)), [400, 800, 5000, 5000]);
    for jitter in [-1.0, f64::NAN, 7.0, f64::INFINITY] {
        assert!((200..=400).contains(&millis(1, jitter)), "{jitter}");
    }
}
