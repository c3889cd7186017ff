//! Checkouts.

use domain::{Money, Timestamp};
use rusqlite::{Connection, Row, named_params};
use serde_json::{Map, Value};
use store::{StoreError, StoreResult};

use super::{json, moment, money, optional_moment};

/// A checkout as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct Preference {
    pub(crate) id: String,
    pub(crate) external_reference: Option<String>,
    /// What was sent, without the payer.
    pub(crate) body: Map<String, Value>,
    pub(crate) amount: Money,
    /// The window in which it can be paid, when it has one.
    pub(crate) expires_from: Option<Timestamp>,
    pub(crate) expires_to: Option<Timestamp>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

impl Preference {
    /// Whether now lies in the window in which it can be paid.
    pub(crate) fn is_current(&self, now: Timestamp) -> bool {
        self.expires_from.is_none_or(|from| from <= now) && self.expires_to.is_none_or(|to| now < to)
    }

    /// A text of what was sent; the empty one is none.
    pub(crate) fn text(&self, field: &str) -> Option<&str> {
        self.body.get(field).and_then(Value::as_str).filter(|text| !text.is_empty())
    }
}

fn row(row: &Row<'_>) -> StoreResult<Preference> {
    let id: String = row.get("id")?;
    let body = match json(row, "body", &id)? {
        Value::Object(body) => body,
        _ => return Err(StoreError::corrupt("the body of a preference", id)),
    };
    Ok(Preference {
        id,
        external_reference: row.get("external_reference")?,
        body,
        amount: money(row, "amount")?,
        expires_from: optional_moment(row, "expires_from")?,
        expires_to: optional_moment(row, "expires_to")?,
        created_at: moment(row, "created_at")?,
        updated_at: moment(row, "updated_at")?,
    })
}

/// Stores a checkout, new or changed.
pub(crate) fn put(c: &Connection, preference: &Preference) -> StoreResult<()> {
    let sql = "INSERT INTO preference (id, external_reference, body, amount, expires_from, expires_to, created_at,
                 updated_at)
               VALUES (:id, :external_reference, :body, :amount, :expires_from, :expires_to, :created_at, :updated_at)
               ON CONFLICT (id) DO UPDATE SET external_reference = :external_reference, body = :body, amount = :amount,
                 expires_from = :expires_from, expires_to = :expires_to, updated_at = :updated_at";
    c.prepare_cached(sql)?.execute(named_params! {
        ":id": preference.id,
        ":external_reference": preference.external_reference,
        ":body": Value::Object(preference.body.clone()).to_string(),
        ":amount": preference.amount.centavos(),
        ":expires_from": preference.expires_from.map(Timestamp::millis),
        ":expires_to": preference.expires_to.map(Timestamp::millis),
        ":created_at": preference.created_at.millis(),
        ":updated_at": preference.updated_at.millis(),
    })?;
    Ok(())
}

/// The checkout of this id.
pub(crate) fn get(c: &Connection, id: &str) -> StoreResult<Option<Preference>> {
    c.prepare_cached("SELECT * FROM preference WHERE id = ?1")?.query_and_then([id], row)?.next().transpose()
}

/// A clause of its own for each case: `?1 IS NULL OR …` would keep the index from being used.
fn of(external_reference: Option<&str>) -> &'static str {
    match external_reference {
        Some(_) => "FROM preference WHERE external_reference = ?1",
        None => "FROM preference WHERE ?1 IS NULL",
    }
}

/// Checkouts with this reference, or all, newest first.
pub(crate) fn newest(c: &Connection, external_reference: Option<&str>, limit: u32) -> StoreResult<Vec<Preference>> {
    page(c, external_reference, limit, 0)
}

fn page(c: &Connection, external_reference: Option<&str>, limit: u32, offset: u32) -> StoreResult<Vec<Preference>> {
    let with = of(external_reference);
    c.prepare_cached(&format!("SELECT * {with} ORDER BY created_at DESC, id DESC LIMIT ?2 OFFSET ?3"))?
        .query_and_then((external_reference, limit, offset), row)?
        .collect()
}

/// Checkouts with this reference, or all, newest first, and how many there are.
pub(crate) fn search(
    c: &Connection,
    external_reference: Option<&str>,
    limit: u32,
    offset: u32,
) -> StoreResult<(Vec<Preference>, u64)> {
    let sql = format!("SELECT count(*) {}", of(external_reference));
    let total: i64 = c.prepare_cached(&sql)?.query_row([external_reference], |row| row.get(0))?;
    Ok((page(c, external_reference, limit, offset)?, u64::try_from(total).unwrap_or(0)))
}

/// Checkouts in the order of their ids, behind one of them.
pub(crate) fn after(c: &Connection, id: &str, limit: u32) -> StoreResult<Vec<Preference>> {
    c.prepare_cached("SELECT * FROM preference WHERE id > ?1 ORDER BY id LIMIT ?2")?
        .query_and_then((id, limit), row)?
        .collect()
}
