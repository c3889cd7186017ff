use std::path::Path;

use async_trait::async_trait;
use domain::{OrderId, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Row};
use store::{Sqlite, StoreError, StoreResult, WorkEntry, WorkState};

use super::{Audit, Number, Stored, Unreadable, Waiting};
use crate::store::sqlite::schema::{OUTBOX, migrations};

/// What is read of an order; the two sums come from the index by aggregate.
const FIELDS: &str = "id, version, body,
  (SELECT min(created_at) FROM outbox WHERE aggregate = orders.id AND state = 'open') AS since,
  (SELECT count(*) FROM outbox WHERE aggregate = orders.id AND state = 'dead') AS dead";

/// The file of an order service.
pub(super) struct SqliteAudit(Sqlite);

impl SqliteAudit {
    pub(super) fn open(path: &Path) -> StoreResult<Self> {
        Sqlite::open_read_only_as(path, &migrations()).map(SqliteAudit)
    }
}

fn stored(row: &Row<'_>) -> StoreResult<Stored> {
    let body: String = row.get("body")?;
    let order = serde_json::from_str(&body).map_err(|error: serde_json::Error| {
        // serde's message may quote a value, which may be a person's; its place is enough.
        let place = format!("line {} column {}", error.line(), error.column());
        Unreadable::of(&serde_json::from_str(&body).unwrap_or_default(), &place)
    });
    let since: Option<i64> = row.get("since")?;
    let dead: i64 = row.get("dead")?;
    let work = Waiting { since: since.map(Timestamp::from_millis), dead: dead > 0 };
    Ok(Stored { id: row.get("id")?, version: row.get("version")?, order, work })
}

fn page(c: &Connection, after: &str, until: &str, limit: u32) -> StoreResult<Vec<Stored>> {
    let sql = format!("SELECT {FIELDS} FROM orders WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT ?3");
    c.prepare_cached(&sql)?.query_and_then((after, until, limit), stored)?.collect()
}

fn of(c: &Connection, ids: &[OrderId]) -> StoreResult<Vec<Stored>> {
    let mut select = c.prepare_cached(&format!("SELECT {FIELDS} FROM orders WHERE id = ?1"))?;
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        found.extend(select.query_and_then([id.to_string()], stored)?.next().transpose()?);
    }
    Ok(found)
}

fn missing(c: &Connection, ids: Vec<OrderId>) -> StoreResult<Vec<OrderId>> {
    let mut select = c.prepare_cached("SELECT 1 FROM orders WHERE id = ?1")?;
    let mut missing = Vec::new();
    for id in ids {
        if !select.exists([id.to_string()])? {
            missing.push(id);
        }
    }
    Ok(missing)
}

fn numbers(c: &Connection, after: &Number, limit: u32) -> StoreResult<Vec<Number>> {
    let sql = "SELECT day, number, id FROM orders WHERE (day, number, id) > (?1, ?2, ?3)
               ORDER BY day, number, id LIMIT ?4";
    let number = |row: &Row<'_>| -> StoreResult<Number> {
        Ok(Number { day: row.get("day")?, number: row.get("number")?, id: row.get("id")? })
    };
    c.prepare_cached(sql)?.query_and_then((&after.day, after.number, &after.id, limit), number)?.collect()
}

#[async_trait]
impl Audit for SqliteAudit {
    async fn count(&self) -> StoreResult<u64> {
        let count = |c: &Connection| -> StoreResult<u64> {
            let many: i64 = c.query_row("SELECT count(*) FROM orders", [], |row| row.get(0))?;
            Ok(u64::try_from(many).unwrap_or(0))
        };
        self.0.read(count).await
    }

    async fn last_id(&self) -> StoreResult<Option<String>> {
        let last = |c: &Connection| -> StoreResult<Option<String>> {
            Ok(c.query_row("SELECT id FROM orders ORDER BY id DESC LIMIT 1", [], |row| row.get(0)).optional()?)
        };
        self.0.read(last).await
    }

    async fn orders(&self, after: &str, until: &str, limit: u32) -> StoreResult<Vec<Stored>> {
        let (after, until) = (after.to_owned(), until.to_owned());
        self.0.read(move |c| page(c, &after, &until, limit)).await
    }

    async fn orders_of(&self, ids: &[OrderId]) -> StoreResult<Vec<Stored>> {
        let ids = ids.to_vec();
        self.0.read(move |c| of(c, &ids)).await
    }

    async fn missing(&self, ids: Vec<OrderId>) -> StoreResult<Vec<OrderId>> {
        self.0.read(move |c| missing(c, ids)).await
    }

    async fn numbers(&self, after: &Number, limit: u32) -> StoreResult<Vec<Number>> {
        let after = after.clone();
        self.0.read(move |c| numbers(c, &after, limit)).await
    }

    async fn outbox(&self, state: WorkState, limit: usize) -> StoreResult<Vec<WorkEntry>> {
        self.0.read::<_, StoreError>(move |c| OUTBOX.list(c, state, limit)).await
    }

    async fn close(&self) {
        self.0.close().await;
    }
}
