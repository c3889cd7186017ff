use std::path::Path;

use api::payment::PaymentEvent;
use async_trait::async_trait;
use domain::{OrderId, PaymentStatus, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Row};
use store::{Sqlite, StoreError, StoreResult, WorkEntry, WorkState};

use super::{Audit, Beside, Owner, Stored, Unreadable, Waiting};
use crate::payment::Payment;
use crate::store::sqlite::schema::migrations;
use crate::store::sqlite::{INBOX, OUTBOX};

/// What is read of a payment; what it has to do comes from the index by aggregate.
const PAYMENTS: &str = "SELECT id, order_id, status, live, version, value,
    (SELECT value FROM events WHERE payment_id = payments.id ORDER BY seq DESC LIMIT 1) AS event,
    (SELECT min(created_at) FROM outbox WHERE aggregate IN (payments.id, 'notice/' || payments.id)
       AND state = 'open') AS since,
    (SELECT count(*) FROM outbox WHERE aggregate IN (payments.id, 'notice/' || payments.id)
       AND state = 'dead') AS dead
  FROM payments WHERE order_id = ?1 ORDER BY id";

/// The file of a payment service.
pub(super) struct SqliteAudit(Sqlite);

impl SqliteAudit {
    pub(super) fn open(path: &Path) -> StoreResult<Self> {
        Sqlite::open_read_only_as(path, &migrations()).map(SqliteAudit)
    }
}

fn stored(c: &Connection, row: &Row<'_>) -> StoreResult<Stored> {
    let (id, order_id, status): (String, String, String) = (row.get("id")?, row.get("order_id")?, row.get("status")?);
    let beside =
        Beside { id: &id, order_id: &order_id, status: &status, live: row.get("live")?, version: row.get("version")? };
    let value: String = row.get("value")?;
    let event: Option<String> = row.get("event")?;
    let event = event.and_then(|event| serde_json::from_str::<PaymentEvent>(&event).ok());
    let since: Option<i64> = row.get("since")?;
    let dead: i64 = row.get("dead")?;
    let work = Waiting { since: since.map(Timestamp::from_millis), dead: dead > 0 };
    let (facts, differing, strangers) = match serde_json::from_str::<Payment>(&value) {
        Ok(payment) => (Ok(payment.facts()), beside.differing(&payment), strangers(c, &payment)?),
        Err(error) => {
            let place = format!("line {} column {}", error.line(), error.column());
            let why = Unreadable::of(&serde_json::from_str(&value).unwrap_or_default(), &place);
            (Err(why), Vec::new(), Vec::new())
        }
    };
    let log_ends: Option<PaymentStatus> = event.map(|event| event.status);
    Ok(Stored { id, of: order_id, facts, differing, log_ends, strangers, work })
}

/// What of MercadoPago's is noted as another payment's, or as nobody's.
fn strangers(c: &Connection, payment: &Payment) -> StoreResult<Vec<(String, Option<String>)>> {
    let mut owner = c.prepare_cached("SELECT payment_id FROM provider_payments WHERE provider_payment_id = ?1")?;
    let (own, mut strangers) = (payment.id.to_string(), Vec::new());
    for provider in payment.provider_payments() {
        let owner: Option<String> = owner.query_row([provider], |row| row.get(0)).optional()?;
        if owner.as_ref() != Some(&own) {
            strangers.push((provider.to_owned(), owner));
        }
    }
    Ok(strangers)
}

fn payments_of(c: &Connection, orders: &[OrderId]) -> StoreResult<Vec<Stored>> {
    let mut select = c.prepare_cached(PAYMENTS)?;
    let mut found = Vec::with_capacity(orders.len());
    for order in orders {
        for payment in select.query_and_then([order.to_string()], |row| stored(c, row))? {
            found.push(payment?);
        }
    }
    Ok(found)
}

fn owner(row: &Row<'_>) -> rusqlite::Result<Owner> {
    Ok(Owner { id: row.get("id")?, order_id: row.get("order_id")? })
}

fn owners(c: &Connection, after: &str, limit: u32) -> StoreResult<Vec<Owner>> {
    let sql = "SELECT id, order_id FROM payments WHERE id > ?1 ORDER BY id LIMIT ?2";
    Ok(c.prepare_cached(sql)?.query_map((after, limit), owner)?.collect::<Result<_, _>>()?)
}

fn owners_of(c: &Connection, payments: &[String]) -> StoreResult<Vec<Owner>> {
    let mut select = c.prepare_cached("SELECT id, order_id FROM payments WHERE id = ?1")?;
    let mut found = Vec::new();
    for payment in payments {
        found.extend(select.query_row([payment], owner).optional()?);
    }
    Ok(found)
}

fn entries(c: &Connection, state: WorkState, limit: usize) -> StoreResult<Vec<(&'static str, WorkEntry)>> {
    let named = |name: &'static str, entries: Vec<WorkEntry>| entries.into_iter().map(move |entry| (name, entry));
    let mut all: Vec<_> = named("inbox", INBOX.list(c, state, limit)?).collect();
    all.extend(named("outbox", OUTBOX.list(c, state, limit)?));
    Ok(all)
}

#[async_trait]
impl Audit for SqliteAudit {
    async fn count(&self) -> StoreResult<u64> {
        let count = |c: &Connection| -> StoreResult<u64> {
            let many: i64 = c.query_row("SELECT count(*) FROM payments", [], |row| row.get(0))?;
            Ok(u64::try_from(many).unwrap_or(0))
        };
        self.0.read(count).await
    }

    async fn payments_of(&self, orders: &[OrderId]) -> StoreResult<Vec<Stored>> {
        let orders = orders.to_vec();
        self.0.read(move |c| payments_of(c, &orders)).await
    }

    async fn owners_of(&self, payments: Vec<String>) -> StoreResult<Vec<Owner>> {
        self.0.read(move |c| owners_of(c, &payments)).await
    }

    async fn owners(&self, after: &str, limit: u32) -> StoreResult<Vec<Owner>> {
        let after = after.to_owned();
        self.0.read(move |c| owners(c, &after, limit)).await
    }

    async fn entries(&self, state: WorkState, limit: usize) -> StoreResult<Vec<(&'static str, WorkEntry)>> {
        self.0.read::<_, StoreError>(move |c| entries(c, state, limit)).await
    }

    async fn close(&self) {
        self.0.close().await;
    }
}
