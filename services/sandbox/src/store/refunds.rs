//! Refunds.

use domain::{Money, Timestamp};
use rusqlite::{Connection, Row};
use store::StoreResult;

use super::{moment, money, next_id};

/// It went back.
pub(crate) const APPROVED: &str = "approved";
/// It is on its way.
pub(crate) const IN_PROCESS: &str = "in_process";
/// It could not go back.
pub(crate) const REJECTED: &str = "rejected";

/// A refund as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct Refund {
    pub(crate) id: i64,
    pub(crate) payment_id: i64,
    pub(crate) amount: Money,
    /// One of the three above.
    pub(crate) status: String,
    pub(crate) created_at: Timestamp,
}

/// How a new refund begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begin {
    /// Done at once.
    Approved,
    /// In process until this moment, or until somebody says.
    InProcess(Option<Timestamp>),
}

/// How many refunds a payment has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) approved: u32,
    pub(crate) in_process: u32,
}

fn row(row: &Row<'_>) -> rusqlite::Result<Refund> {
    Ok(Refund {
        id: row.get("id")?,
        payment_id: row.get("payment_id")?,
        amount: money(row, "amount")?,
        status: row.get("status")?,
        created_at: moment(row, "created_at")?,
    })
}

/// Stores a refund.
pub(crate) fn insert(
    c: &Connection,
    payment_id: i64,
    amount: Money,
    begin: Begin,
    now: Timestamp,
) -> StoreResult<Refund> {
    let id = next_id(c, "refund", now)?;
    let (status, settles_at) = match begin {
        Begin::Approved => (APPROVED, None),
        Begin::InProcess(until) => (IN_PROCESS, until),
    };
    let sql = "INSERT INTO refund (id, payment_id, amount, status, settles_at, created_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let settles_at = settles_at.map(Timestamp::millis);
    c.prepare_cached(sql)?.execute((id, payment_id, amount.centavos(), status, settles_at, now.millis()))?;
    Ok(Refund { id, payment_id, amount, status: status.to_owned(), created_at: now })
}

/// Ends a refund that was in process.
pub(crate) fn finish(c: &Connection, refund: &mut Refund, status: &str) -> StoreResult<()> {
    c.prepare_cached("UPDATE refund SET status = ?2 WHERE id = ?1")?.execute((refund.id, status))?;
    refund.status = status.to_owned();
    Ok(())
}

/// The refunds of a payment, oldest first.
pub(crate) fn of(c: &Connection, payment_id: i64) -> StoreResult<Vec<Refund>> {
    let mut statement = c.prepare_cached("SELECT * FROM refund WHERE payment_id = ?1 ORDER BY id")?;
    Ok(statement.query_map([payment_id], row)?.collect::<rusqlite::Result<_>>()?)
}

/// Those of a payment that are in process, oldest first.
pub(crate) fn in_process(c: &Connection, payment_id: i64) -> StoreResult<Vec<Refund>> {
    let mut found = of(c, payment_id)?;
    found.retain(|refund| refund.status == IN_PROCESS);
    Ok(found)
}

/// Those in process whose time is over.
pub(crate) fn settling(c: &Connection, now: Timestamp, limit: u32) -> StoreResult<Vec<Refund>> {
    let sql = "SELECT * FROM refund WHERE status = 'in_process' AND settles_at IS NOT NULL AND settles_at <= ?1
               ORDER BY settles_at LIMIT ?2";
    let mut statement = c.prepare_cached(sql)?;
    Ok(statement.query_map((now.millis(), limit), row)?.collect::<rusqlite::Result<_>>()?)
}

/// How many refunds a payment has.
pub(crate) fn counts(c: &Connection, payment_id: i64) -> StoreResult<Counts> {
    let sql = "SELECT count(*) FILTER (WHERE status = 'approved'), count(*) FILTER (WHERE status = 'in_process')
               FROM refund WHERE payment_id = ?1";
    let counts = |row: &Row<'_>| Ok(Counts { approved: row.get(0)?, in_process: row.get(1)? });
    Ok(c.prepare_cached(sql)?.query_row([payment_id], counts)?)
}
