//! What a queue of work means, as one small case per fact, on SQLite and on both kinds of MongoDB server.

mod back_ends;
mod inbox;
mod model;
mod outbox;

use std::time::Duration;

use async_trait::async_trait;
use domain::Timestamp;
use store::{Lease, NewWork, Raised, Work, WorkCounts, WorkEntry, WorkQueue, WorkState};

pub(crate) const LEASE: Duration = Duration::from_secs(30);
pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// A queue with all that the tests do to it.
#[async_trait]
pub(crate) trait Queue: WorkQueue {
    /// Puts an entry behind those of its aggregate.
    async fn put(&self, work: NewWork, now: Timestamp) -> Option<Lease>;
    /// Notifies an aggregate.
    async fn raise(&self, work: NewWork, now: Timestamp) -> Raised;
    async fn counts(&self) -> WorkCounts;
    async fn list(&self, state: WorkState) -> Vec<WorkEntry>;
    /// Spoils the oldest entry of an aggregate by hand.
    async fn damage(&self, aggregate: &str);
}

/// Each case as a test on each back end.
macro_rules! on_every_queue {
    ($shape:ident: $($case:ident,)*) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $case() {
                super::$case(crate::queue::back_ends::sqlite()).await;
            })*
        }
        mod mongo_standalone {
            $(#[tokio::test]
            async fn $case() {
                crate::queue::back_ends::$shape(crate::mongo::server::Kind::Standalone, super::$case).await;
            })*
        }
        mod mongo_replica_set {
            $(#[tokio::test]
            async fn $case() {
                crate::queue::back_ends::$shape(crate::mongo::server::Kind::ReplicaSet, super::$case).await;
            })*
        }
    };
}
pub(crate) use on_every_queue;

pub(crate) async fn claim(queue: &dyn Queue, now: Timestamp) -> Vec<Work> {
    queue.claim(now, LEASE, 10).await.unwrap()
}

pub(crate) async fn claim_one(queue: &dyn Queue, now: Timestamp) -> Work {
    let mut works = claim(queue, now).await;
    assert_eq!(works.len(), 1);
    works.remove(0)
}

pub(crate) async fn done(queue: &dyn Queue, work: &Work) -> bool {
    queue.done(work).await.unwrap()
}
