use api::payment::PaymentEvent;
use domain::{Page, PaymentId, Timestamp};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, ToSql};
use store::{StoreError, StoreResult};

use crate::payment::Payment;
use crate::store::{Filter, Listed};

/// The payment of a row with `id` and `value`.
pub(super) fn parse(row: &Row<'_>) -> StoreResult<Payment> {
    let value: String = row.get("value")?;
    serde_json::from_str(&value).map_err(|error| {
        let id: String = row.get("id").unwrap_or_default();
        // serde's message may quote a value, which may be a person's; its place is enough.
        StoreError::corrupt(format!("a payment, line {} column {}", error.line(), error.column()), id)
    })
}

/// One that cannot be read is left out, so that the others are found; the log says which.
pub(super) fn readable(read: StoreResult<Payment>) -> Option<StoreResult<Payment>> {
    match read {
        Err(error @ StoreError::Corrupt { .. }) => {
            tracing::error!(?error, "a payment is left out");
            None
        }
        other => Some(other),
    }
}

pub(super) fn payment(c: &Connection, id: PaymentId) -> StoreResult<Option<Payment>> {
    let mut select = c.prepare_cached("SELECT id, value FROM payments WHERE id = ?1")?;
    select.query_and_then([id.to_string()], parse)?.next().transpose()
}

pub(super) fn id(text: &str) -> StoreResult<PaymentId> {
    text.parse().map_err(|_| StoreError::corrupt("a payment's id", text))
}

pub(super) fn owner(c: &Connection, provider_payment_id: &str) -> StoreResult<Option<PaymentId>> {
    let mut select = c.prepare_cached("SELECT payment_id FROM provider_payments WHERE provider_payment_id = ?1")?;
    let owner: Option<String> = select.query_one([provider_payment_id], |row| row.get(0)).optional()?;
    owner.as_deref().map(id).transpose()
}

pub(super) fn any_due(c: &Connection, now: Timestamp) -> StoreResult<bool> {
    Ok(c.prepare_cached("SELECT 1 FROM payments WHERE next_check_at <= ?1 LIMIT 1")?.exists([now.millis()])?)
}

pub(super) fn events(c: &Connection, payment: PaymentId) -> StoreResult<Vec<PaymentEvent>> {
    let mut select = c.prepare_cached("SELECT value FROM events WHERE payment_id = ?1 ORDER BY seq")?;
    let values = select.query_and_then([payment.to_string()], |row| {
        let value: String = row.get(0)?;
        serde_json::from_str(&value).map_err(|_| StoreError::corrupt("the log of a payment", payment))
    })?;
    values.collect()
}

/// Only the conditions that were asked for, so that each has its index.
pub(super) fn list(c: &Connection, filter: &Filter, page: Page) -> StoreResult<Listed> {
    let conditions: Vec<(&str, Value)> = [
        filter.payment_id.map(|id| ("id =", id.to_string().into())),
        filter.order_id.map(|id| ("order_id =", id.to_string().into())),
        filter.customer_id.map(|id| ("customer_id =", id.to_string().into())),
        filter.status.map(|status| ("status =", status.to_string().into())),
        filter.created_after.map(|after| ("created_at >", after.millis().into())),
    ]
    .into_iter()
    .flatten()
    .collect();
    let wheres: String = conditions
        .iter()
        .enumerate()
        .map(|(n, (test, _))| format!(" {} {test} ?{}", if n == 0 { "WHERE" } else { "AND" }, n + 1))
        .collect();
    let values: Vec<&dyn ToSql> = conditions.iter().map(|(_, value)| value as &dyn ToSql).collect();

    let cap = Page::COUNT_CAP + 1;
    let count = format!("SELECT count(*) FROM (SELECT 1 FROM payments{wheres} LIMIT {cap})");
    let total: u32 = c.prepare_cached(&count)?.query_one(values.as_slice(), |row| row.get(0))?;
    let select =
        format!("SELECT id, value FROM payments{wheres} ORDER BY id DESC LIMIT {} OFFSET {}", page.limit, page.skip);
    // Not cached: each page is a statement of its own.
    let mut select = c.prepare(&select)?;
    let rows = select.query_and_then(values.as_slice(), parse)?;
    Ok(Listed { items: rows.filter_map(readable).collect::<StoreResult<_>>()?, total })
}
