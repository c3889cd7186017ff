use std::time::Duration;

use domain::{EntryId, Timestamp};

use super::{Work, WorkEntry};
use crate::StoreResult;

/// Which dead letters are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dead {
    /// All of them.
    All,
    /// This one.
    Entry(EntryId),
    /// Those of one aggregate.
    About(String),
}

/// A queue of work as the [`Worker`](super::Worker) needs it. Completion answers `false` when the lease is no longer the
/// worker's: somebody else has the entry now.
#[async_trait::async_trait]
pub trait WorkQueue: Send + Sync + 'static {
    /// Leases up to `limit` due entries, at most one of each aggregate: its oldest.
    async fn claim(&self, now: Timestamp, lease_for: Duration, limit: usize) -> StoreResult<Vec<Work>>;
    /// Holds it until `until` instead, for whoever is not done with it yet.
    async fn renew(&self, work: &Work, until: Timestamp) -> StoreResult<bool>;
    /// It is done and leaves the queue.
    async fn done(&self, work: &Work) -> StoreResult<bool>;
    /// It failed and is due again at `due_at`.
    async fn retry(&self, work: &Work, due_at: Timestamp, error: &str) -> StoreResult<bool>;
    /// It cannot be done: a dead letter.
    async fn bury(&self, work: &Work, error: &str) -> StoreResult<bool>;
    /// Makes entries that wait only because they failed due now; returns how many.
    async fn wake_all(&self, kind: Option<&str>, now: Timestamp) -> StoreResult<usize>;
    /// Up to `limit` dead letters, oldest first.
    async fn dead(&self, limit: usize) -> StoreResult<Vec<WorkEntry>>;
    /// Opens dead letters, due now and with no attempt counted; returns how many.
    async fn replay(&self, which: &Dead, now: Timestamp) -> StoreResult<usize>;
}
