use std::time::Duration;

use domain::Timestamp;

use super::{Sqlite, WorkTable};
use crate::StoreResult;
use crate::work::{Dead, Work, WorkEntry, WorkQueue};

/// A [`WorkTable`] of one database, for a [`Worker`](crate::Worker).
#[derive(Debug, Clone)]
pub struct SqliteQueue {
    store: Sqlite,
    table: WorkTable,
}

impl SqliteQueue {
    /// The queue that `table` is in `store`.
    pub fn new(store: Sqlite, table: WorkTable) -> Self {
        SqliteQueue { store, table }
    }
}

#[async_trait::async_trait]
impl WorkQueue for SqliteQueue {
    async fn claim(&self, now: Timestamp, lease_for: Duration, limit: usize) -> StoreResult<Vec<Work>> {
        let table = self.table;
        self.store.write(move |c| table.claim(c, now, lease_for, limit)).await
    }

    async fn renew(&self, work: &Work, until: Timestamp) -> StoreResult<bool> {
        let (table, id, lease) = (self.table, work.id, work.lease.clone());
        self.store.write(move |c| table.renew(c, id, &lease, until)).await
    }

    async fn done(&self, work: &Work) -> StoreResult<bool> {
        let (table, id, lease) = (self.table, work.id, work.lease.clone());
        self.store.write(move |c| table.done(c, id, &lease)).await
    }

    async fn retry(&self, work: &Work, due_at: Timestamp, error: &str) -> StoreResult<bool> {
        let (table, id, lease, error) = (self.table, work.id, work.lease.clone(), error.to_owned());
        self.store.write(move |c| table.retry(c, id, &lease, due_at, &error)).await
    }

    async fn bury(&self, work: &Work, error: &str) -> StoreResult<bool> {
        let (table, id, lease, error) = (self.table, work.id, work.lease.clone(), error.to_owned());
        self.store.write(move |c| table.bury(c, id, &lease, &error)).await
    }

    async fn wake_all(&self, kind: Option<&str>, now: Timestamp) -> StoreResult<usize> {
        let (table, kind) = (self.table, kind.map(str::to_owned));
        self.store.write(move |c| table.wake_all(c, kind.as_deref(), now)).await
    }

    async fn dead(&self, limit: usize) -> StoreResult<Vec<WorkEntry>> {
        let table = self.table;
        self.store.read(move |c| table.list_dead(c, limit)).await
    }

    async fn replay(&self, which: &Dead, now: Timestamp) -> StoreResult<usize> {
        let (table, which) = (self.table, which.clone());
        self.store.write(move |c| table.replay(c, &which, now)).await
    }
}
