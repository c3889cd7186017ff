//! Refunds.

use domain::{Money, Timestamp};
use rusqlite::{Connection, Row};
use store::StoreResult;

use super::{moment, money, next_id};

/// A refund as it is kept; the sandbox grants each at once.
#[derive(Debug, Clone)]
pub(crate) struct Refund {
    pub(crate) id: i64,
    pub(crate) payment_id: i64,
    pub(crate) amount: Money,
    pub(crate) created_at: Timestamp,
}

fn row(row: &Row<'_>) -> rusqlite::Result<Refund> {
    Ok(Refund {
        id: row.get("id")?,
        payment_id: row.get("payment_id")?,
        amount: money(row, "amount")?,
        created_at: moment(row, "created_at")?,
    })
}

/// Stores a refund.
pub(crate) fn insert(c: &Connection, payment_id: i64, amount: Money, now: Timestamp) -> StoreResult<Refund> {
    let id = next_id(c, "refund", now)?;
    let sql = "INSERT INTO refund (id, payment_id, amount, created_at) VALUES (?1, ?2, ?3, ?4)";
    c.prepare_cached(sql)?.execute((id, payment_id, amount.centavos(), now.millis()))?;
    Ok(Refund { id, payment_id, amount, created_at: now })
}

/// The refunds of a payment, oldest first.
pub(crate) fn of(c: &Connection, payment_id: i64) -> StoreResult<Vec<Refund>> {
    let mut statement = c.prepare_cached("SELECT * FROM refund WHERE payment_id = ?1 ORDER BY id")?;
    Ok(statement.query_map([payment_id], row)?.collect::<rusqlite::Result<_>>()?)
}
