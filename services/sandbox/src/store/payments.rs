//! Payments.

use domain::{Money, Timestamp};
use rusqlite::{Connection, Row, ToSql, named_params};
use serde_json::Value;
use store::StoreResult;

use super::{json, moment, money, next_id, optional_moment};

/// A payment as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct Payment {
    pub(crate) id: i64,
    pub(crate) preference_id: Option<String>,
    pub(crate) external_reference: Option<String>,
    /// `pix` or `account_money`.
    pub(crate) method: String,
    pub(crate) status: String,
    pub(crate) status_detail: String,
    pub(crate) amount: Money,
    pub(crate) refunded: Money,
    pub(crate) notification_url: Option<String>,
    pub(crate) qr_code: Option<String>,
    /// What was sent and is only given back: description, metadata, statement descriptor, callback address.
    pub(crate) extra: Value,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) approved_at: Option<Timestamp>,
    pub(crate) expires_at: Option<Timestamp>,
}

impl Payment {
    /// What the chaos about it is known by: the shop's own id, which is the same in every run.
    pub(crate) fn known_as(&self) -> String {
        self.external_reference.clone().unwrap_or_else(|| self.id.to_string())
    }

    /// What did not go back yet.
    pub(crate) fn left(&self) -> Money {
        self.amount.checked_sub(self.refunded).unwrap_or(Money::ZERO)
    }

    /// Notes a change: its time is later than that of any change before, because that time orders the reports.
    pub(crate) fn touch(&mut self, now: Timestamp) {
        self.updated_at = now.max(self.updated_at.plus(std::time::Duration::from_millis(1)));
    }
}

fn row(row: &Row<'_>) -> StoreResult<Payment> {
    let id = row.get("id")?;
    Ok(Payment {
        id,
        preference_id: row.get("preference_id")?,
        external_reference: row.get("external_reference")?,
        method: row.get("method")?,
        status: row.get("status")?,
        status_detail: row.get("status_detail")?,
        amount: money(row, "amount")?,
        refunded: money(row, "refunded")?,
        notification_url: row.get("notification_url")?,
        qr_code: row.get("qr_code")?,
        extra: json(row, "extra", &id)?,
        created_at: moment(row, "created_at")?,
        updated_at: moment(row, "updated_at")?,
        approved_at: optional_moment(row, "approved_at")?,
        expires_at: optional_moment(row, "expires_at")?,
    })
}

/// The id that the next payment will have; its BR Code names it.
pub(crate) fn new_id(c: &Connection, now: Timestamp) -> StoreResult<i64> {
    next_id(c, "payment", now)
}

/// Stores a new payment.
pub(crate) fn insert(c: &Connection, payment: &Payment) -> StoreResult<()> {
    let sql = "INSERT INTO payment (id, preference_id, external_reference, method, status, status_detail, amount,
                 refunded, notification_url, qr_code, extra, created_at, updated_at, approved_at, expires_at)
               VALUES (:id, :preference_id, :external_reference, :method, :status, :status_detail, :amount, :refunded,
                 :notification_url, :qr_code, :extra, :created_at, :updated_at, :approved_at, :expires_at)";
    c.prepare_cached(sql)?.execute(named_params! {
        ":id": payment.id,
        ":preference_id": payment.preference_id,
        ":external_reference": payment.external_reference,
        ":method": payment.method,
        ":status": payment.status,
        ":status_detail": payment.status_detail,
        ":amount": payment.amount.centavos(),
        ":refunded": payment.refunded.centavos(),
        ":notification_url": payment.notification_url,
        ":qr_code": payment.qr_code,
        ":extra": payment.extra.to_string(),
        ":created_at": payment.created_at.millis(),
        ":updated_at": payment.updated_at.millis(),
        ":approved_at": payment.approved_at.map(Timestamp::millis),
        ":expires_at": payment.expires_at.map(Timestamp::millis),
    })?;
    Ok(())
}

/// Stores what can change of a payment.
pub(crate) fn update(c: &Connection, payment: &Payment) -> StoreResult<()> {
    let sql = "UPDATE payment SET status = :status, status_detail = :status_detail, amount = :amount,
                 refunded = :refunded, extra = :extra, updated_at = :updated_at, approved_at = :approved_at,
                 expires_at = :expires_at WHERE id = :id";
    c.prepare_cached(sql)?.execute(named_params! {
        ":id": payment.id,
        ":status": payment.status,
        ":status_detail": payment.status_detail,
        ":amount": payment.amount.centavos(),
        ":refunded": payment.refunded.centavos(),
        ":extra": payment.extra.to_string(),
        ":updated_at": payment.updated_at.millis(),
        ":approved_at": payment.approved_at.map(Timestamp::millis),
        ":expires_at": payment.expires_at.map(Timestamp::millis),
    })?;
    Ok(())
}

/// The payment of this id.
pub(crate) fn get(c: &Connection, id: i64) -> StoreResult<Option<Payment>> {
    let mut statement = c.prepare_cached("SELECT * FROM payment WHERE id = ?1")?;
    statement.query_and_then([id], row)?.next().transpose()
}

/// Payments in the order of their ids, behind one of them.
pub(crate) fn after(c: &Connection, id: i64, limit: u32) -> StoreResult<Vec<Payment>> {
    c.prepare_cached("SELECT * FROM payment WHERE id > ?1 ORDER BY id LIMIT ?2")?
        .query_and_then((id, limit), row)?
        .collect()
}

/// The newest payments, of this reference or of all.
pub(crate) fn newest(c: &Connection, external_reference: Option<&str>, limit: u32) -> StoreResult<Vec<Payment>> {
    let newest = "ORDER BY created_at DESC, id DESC LIMIT ?1";
    match external_reference {
        None => c.prepare_cached(&format!("SELECT * FROM payment {newest}"))?.query_and_then([limit], row)?.collect(),
        Some(reference) => {
            let sql = format!("SELECT * FROM payment WHERE external_reference = ?2 {newest}");
            c.prepare_cached(&sql)?.query_and_then((limit, reference), row)?.collect()
        }
    }
}

/// Pending payments whose time is over.
pub(crate) fn expired(c: &Connection, now: Timestamp, limit: u32) -> StoreResult<Vec<Payment>> {
    let sql = "SELECT * FROM payment WHERE status = 'pending' AND expires_at IS NOT NULL AND expires_at <= ?1
               ORDER BY expires_at LIMIT ?2";
    c.prepare_cached(sql)?.query_and_then((now.millis(), limit), row)?.collect()
}

/// Whether a checkout has a payment that was approved at some time.
pub(crate) fn is_paid(c: &Connection, preference_id: &str) -> StoreResult<bool> {
    let sql = "SELECT 1 FROM payment WHERE preference_id = ?1 AND approved_at IS NOT NULL";
    Ok(c.prepare_cached(sql)?.exists([preference_id])?)
}

/// By which date a search orders or limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DateColumn {
    Created,
    Updated,
    Approved,
}

impl DateColumn {
    fn sql(self) -> &'static str {
        match self {
            DateColumn::Created => "created_at",
            DateColumn::Updated => "updated_at",
            DateColumn::Approved => "approved_at",
        }
    }
}

/// What a search looks for.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    pub(crate) external_reference: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) range: DateColumn,
    pub(crate) begin: Option<Timestamp>,
    pub(crate) end: Option<Timestamp>,
    pub(crate) sort: DateColumn,
    pub(crate) descending: bool,
    pub(crate) limit: u32,
    pub(crate) offset: u32,
}

/// The payments found, and how many there are in all.
pub(crate) fn search(c: &Connection, filter: &Filter) -> StoreResult<(Vec<Payment>, u64)> {
    let (mut clauses, mut values): (Vec<String>, Vec<Box<dyn ToSql>>) = (Vec::new(), Vec::new());
    let mut with = |clause: String, value: Box<dyn ToSql>| {
        values.push(value);
        clauses.push(format!("{clause} ?{}", values.len()));
    };
    if let Some(reference) = &filter.external_reference {
        with("external_reference =".to_owned(), Box::new(reference.clone()));
    }
    if let Some(status) = &filter.status {
        with("status =".to_owned(), Box::new(status.clone()));
    }
    if let Some(begin) = filter.begin {
        with(format!("{} >=", filter.range.sql()), Box::new(begin.millis()));
    }
    if let Some(end) = filter.end {
        with(format!("{} <=", filter.range.sql()), Box::new(end.millis()));
    }
    let clauses = if clauses.is_empty() { "1".to_owned() } else { clauses.join(" AND ") };
    let values: Vec<&dyn ToSql> = values.iter().map(AsRef::as_ref).collect();
    let total: i64 = c
        .prepare_cached(&format!("SELECT count(*) FROM payment WHERE {clauses}"))?
        .query_row(values.as_slice(), |row| row.get(0))?;
    let way = if filter.descending { "DESC" } else { "ASC" };
    let (sort, limit, offset) = (filter.sort.sql(), filter.limit, filter.offset);
    let sql =
        format!("SELECT * FROM payment WHERE {clauses} ORDER BY {sort} {way}, id {way} LIMIT {limit} OFFSET {offset}");
    let found = c.prepare_cached(&sql)?.query_and_then(values.as_slice(), row)?.collect::<StoreResult<_>>()?;
    Ok((found, u64::try_from(total).unwrap_or(0)))
}
