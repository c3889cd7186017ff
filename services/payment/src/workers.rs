//! What goes on beside the requests.

use std::sync::Arc;
use std::time::Duration;

use store::{Worker, WorkerOptions};
use tokio_util::sync::CancellationToken;

use crate::desk::Desk;
use crate::metrics::Queues;
use crate::reconcile;
use crate::service::Service;

/// Pieces of work of one queue at the same time: enough for a few calls that hang until they time out and all others.
const AT_ONCE: usize = 32;
/// How often the queues are counted.
const COUNT_EVERY: Duration = Duration::from_secs(5);

/// Works until `shutdown`, then lets what has begun finish.
pub(crate) async fn run(service: &Service, shutdown: CancellationToken) {
    let desk = &service.desk;
    let keys = service.remote_keys.clone();
    let keys_end = shutdown.clone();
    let keys = async move {
        if let Some(keys) = keys {
            keys.run(keys_end).await;
        }
    };
    tokio::join!(
        inbox(desk.clone(), shutdown.clone()),
        outbox(desk.clone(), shutdown.clone()),
        reconcile::run(desk.clone(), shutdown.clone()),
        counter(desk.clone(), service.queues.clone(), shutdown),
        keys,
    );
}

fn options(desk: &Desk) -> WorkerOptions {
    let defaults = WorkerOptions::default();
    WorkerOptions { hold: desk.timings.hold(), poll_every: desk.timings.poll_every, concurrency: AT_ONCE, ..defaults }
}

async fn inbox(desk: Arc<Desk>, shutdown: CancellationToken) {
    let (queue, wake, clock, options) =
        (desk.inbox.clone(), desk.inbox_wake.clone(), desk.clock.clone(), options(&desk));
    let handler = move |work| {
        let desk = desk.clone();
        async move { desk.look_into(&work).await }
    };
    Worker::run(queue, handler, wake, clock, options, shutdown).await;
}

async fn outbox(desk: Arc<Desk>, shutdown: CancellationToken) {
    let (queue, wake, clock, options) =
        (desk.outbox.clone(), desk.outbox_wake.clone(), desk.clock.clone(), options(&desk));
    let handler = move |work| {
        let desk = desk.clone();
        async move { desk.handle(&work).await }
    };
    Worker::run(queue, handler, wake, clock, options, shutdown).await;
}

async fn counter(desk: Arc<Desk>, queues: Queues, shutdown: CancellationToken) {
    loop {
        if let Ok((inbox, outbox)) = desk.store.counts().await {
            queues.set("inbox", inbox, desk.now());
            queues.set("outbox", outbox, desk.now());
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(COUNT_EVERY) => {}
        }
    }
}
