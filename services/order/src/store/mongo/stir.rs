use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use store::mongo::{Docs, watch};
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};

/// A change stream may have been broken for a while: at the latest then somebody looks.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// A number that moves when orders may have changed: with each look, or, where there are change streams, with the
/// changes.
pub(super) struct Stir {
    moved: Arc<AtomicI64>,
    streams: bool,
    end: DropGuard,
}

impl Stir {
    /// Follows the changes of these documents until it is ended or dropped.
    pub(super) fn follow(docs: Docs) -> Self {
        let (moved, shutdown) = (Arc::new(AtomicI64::new(0)), CancellationToken::new());
        let streams = docs.mongo().has_change_streams();
        if streams {
            let wake = Arc::new(Notify::new());
            tokio::spawn(watch(docs, wake.clone(), shutdown.clone()));
            tokio::spawn(count(moved.clone(), wake, shutdown.clone()));
        }
        Stir { moved, streams, end: shutdown.drop_guard() }
    }

    pub(super) fn stamp(&self) -> i64 {
        if self.streams { self.moved.load(Ordering::Acquire) } else { self.moved.fetch_add(1, Ordering::AcqRel) }
    }

    pub(super) fn end(&self) {
        self.end.token().cancel();
    }
}

async fn count(moved: Arc<AtomicI64>, wake: Arc<Notify>, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        tokio::select! {
            _ = timeout(LOOK_EVERY, wake.notified()) => {}
            () = shutdown.cancelled() => {}
        }
        moved.fetch_add(1, Ordering::AcqRel);
    }
}
