//! The port on SQLite: a payment is one row with its value as JSON, next to the columns that are searched or unique.

mod read;
pub(crate) mod schema;
mod write;

use std::path::Path;
use std::sync::Arc;

use api::payment::PaymentEvent;
use async_trait::async_trait;
use domain::{Page, PaymentId, Timestamp};
use rusqlite::{Connection, OptionalExtension};
use store::{NewWork, Sqlite, SqliteQueue, StoreError, StoreResult, WorkCounts, WorkQueue, WorkTable};

use super::{Filter, Inserted, Listed, PaymentStore, Saved, Schedule};
use crate::payment::{Payment, Step};

pub(crate) const INBOX: WorkTable = WorkTable::new("inbox");
pub(crate) const OUTBOX: WorkTable = WorkTable::new("outbox");

/// Payments in a SQLite file.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    sqlite: Sqlite,
    schedule: Schedule,
}

impl SqliteStore {
    /// Opens the file, and brings it to the current schema.
    ///
    /// # Errors
    /// As [`Sqlite::open`].
    pub fn open(path: &Path, schedule: Schedule) -> StoreResult<Self> {
        Ok(SqliteStore { sqlite: Sqlite::open(path, schema::migrations())?, schedule })
    }
}

#[async_trait]
impl PaymentStore for SqliteStore {
    async fn insert(&self, payment: &Payment, step: Step, now: Timestamp) -> StoreResult<Inserted> {
        let (payment, schedule) = (payment.clone(), self.schedule);
        self.sqlite.write(move |c| write::insert(c, &payment, step, schedule, now)).await
    }

    async fn save(&self, payment: &Payment, step: Step, now: Timestamp) -> StoreResult<Saved> {
        let (payment, schedule) = (payment.clone(), self.schedule);
        self.sqlite.write(move |c| write::save(c, &payment, step, schedule, now)).await
    }

    async fn payment(&self, id: PaymentId) -> StoreResult<Option<Payment>> {
        self.sqlite.read(move |c| read::payment(c, id)).await
    }

    async fn by_provider(&self, provider_payment_id: &str) -> StoreResult<Option<Payment>> {
        let id = provider_payment_id.to_owned();
        self.sqlite
            .read(move |c| match read::owner(c, &id)? {
                Some(owner) => read::payment(c, owner),
                None => Ok(None),
            })
            .await
    }

    async fn list(&self, filter: Filter, page: Page) -> StoreResult<Listed> {
        self.sqlite.read(move |c| read::list(c, &filter, page)).await
    }

    async fn events(&self, id: PaymentId) -> StoreResult<Vec<PaymentEvent>> {
        self.sqlite.read(move |c| read::events(c, id)).await
    }

    async fn forget_reasons(&self, id: PaymentId) -> StoreResult<()> {
        self.sqlite.write(move |c| write::forget_reasons(c, id)).await
    }

    async fn purge(&self) -> StoreResult<()> {
        self.sqlite.truncate_wal().await
    }

    async fn take_due(&self, now: Timestamp, limit: u32) -> StoreResult<Vec<Payment>> {
        let schedule = self.schedule;
        // Most looks find nothing: those do not bother the writer.
        if !self.sqlite.read(move |c| read::any_due(c, now)).await? {
            return Ok(Vec::new());
        }
        self.sqlite.write(move |c| write::take_due(c, now, limit, schedule)).await
    }

    async fn unanswered(&self, id: PaymentId, now: Timestamp) -> StoreResult<()> {
        let schedule = self.schedule;
        self.sqlite.write(move |c| write::unanswered(c, id, now, schedule)).await
    }

    async fn notified(&self, provider_payment_id: &str, now: Timestamp) -> StoreResult<()> {
        let payload = serde_json::json!({ "provider_payment_id": provider_payment_id });
        let entry = NewWork::new(provider_payment_id, "payment", payload, now);
        self.sqlite.write(move |c| INBOX.put_or_wake(c, entry, now).map(|_| ())).await
    }

    fn inbox(&self) -> Arc<dyn WorkQueue> {
        Arc::new(SqliteQueue::new(self.sqlite.clone(), INBOX))
    }

    fn outbox(&self) -> Arc<dyn WorkQueue> {
        Arc::new(SqliteQueue::new(self.sqlite.clone(), OUTBOX))
    }

    async fn counts(&self) -> StoreResult<(WorkCounts, WorkCounts)> {
        self.sqlite.read(|c| Ok::<_, StoreError>((INBOX.counts(c)?, OUTBOX.counts(c)?))).await
    }

    async fn release_leases(&self) -> StoreResult<()> {
        let release = |c: &Connection| {
            INBOX.release_leases(c)?;
            OUTBOX.release_leases(c).map(|_| ())
        };
        self.sqlite.write(release).await
    }

    async fn keys(&self) -> StoreResult<Option<String>> {
        let keys = |c: &Connection| -> StoreResult<Option<String>> {
            let mut select = c.prepare_cached("SELECT value FROM memory WHERE name = 'keys'")?;
            Ok(select.query_one([], |row| row.get(0)).optional()?)
        };
        self.sqlite.read(keys).await
    }

    async fn keep_keys(&self, keys: &str) -> StoreResult<()> {
        let keys = keys.to_owned();
        let keep = move |c: &Connection| -> StoreResult<()> {
            c.prepare_cached("INSERT OR REPLACE INTO memory (name, value) VALUES ('keys', ?1)")?.execute([keys])?;
            Ok(())
        };
        self.sqlite.write(keep).await
    }

    async fn ping(&self) -> StoreResult<()> {
        self.sqlite.ping().await
    }

    async fn close(&self) {
        self.sqlite.close().await;
    }
}
