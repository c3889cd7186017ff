use std::time::Duration;

use domain::{OrderId, OrderStatus, Page, ProductId, Timestamp};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _, Row, named_params, params_from_iter};
use store::{NewWork, StoreError, StoreResult, Work};

use super::super::{Inserted, Listed, OrderFilter, Replaced};
use super::schema::OUTBOX;
use crate::order::{Errand, Order, Request};

/// How long the repeat of a request is recognised.
const REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60);

fn read(row: &Row<'_>) -> StoreResult<Order> {
    let body: String = row.get("body")?;
    serde_json::from_str(&body).map_err(|error| {
        let id: String = row.get("id").unwrap_or_default();
        // serde's message may quote a value, which may be a person's; its place is enough.
        StoreError::corrupt(format!("an order, line {} column {}", error.line(), error.column()), id)
    })
}

fn written(order: &Order) -> StoreResult<String> {
    serde_json::to_string(order).map_err(StoreError::internal)
}

/// One that cannot be read is left out, so that the others are found; the log says which.
fn readable(read: StoreResult<Order>) -> Option<StoreResult<Order>> {
    match read {
        Err(error @ StoreError::Corrupt { .. }) => {
            tracing::error!(?error, "an order is left out");
            None
        }
        other => Some(other),
    }
}

/// SQLite counts no further than this, and no order is changed that often.
fn number(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}

fn all(c: &Connection, sql: &str, params: impl rusqlite::Params) -> StoreResult<Vec<Order>> {
    c.prepare_cached(sql)?.query_and_then(params, read)?.filter_map(readable).collect()
}

pub(super) fn by_id(c: &Connection, id: OrderId) -> StoreResult<Option<Order>> {
    let sql = "SELECT id, body FROM orders WHERE id = ?1";
    c.prepare_cached(sql)?.query_and_then([id.to_string()], read)?.next().transpose()
}

pub(super) fn by_ids(c: &Connection, ids: &[OrderId]) -> StoreResult<Vec<Order>> {
    ids.iter().filter_map(|id| by_id(c, *id).transpose()).filter_map(readable).collect()
}

pub(super) fn made_by(c: &Connection, request: &Request) -> StoreResult<Option<Order>> {
    let sql = "SELECT id, body FROM orders WHERE scope = ?1 AND request_key = ?2";
    c.prepare_cached(sql)?.query_and_then([&request.scope, &request.key], read)?.next().transpose()
}

pub(super) fn insert(c: &Connection, mut order: Order, work: Option<NewWork>) -> StoreResult<Inserted> {
    if let Some(request) = &order.request
        && let Some(before) = made_by(c, request)?
    {
        if before.created_at > order.created_at.minus(REMEMBERED) {
            return Ok(Inserted::Seen(Box::new(before)));
        }
        forget_request(c, before)?;
    }
    let gone = mark_sold(c, &order)?;
    if !gone.is_empty() {
        return Ok(Inserted::NoProduct(gone));
    }
    order.number = next_number(c, &order.day)?;
    let sql = "INSERT INTO orders (id, version, body) VALUES (:id, :version, :body)";
    c.prepare_cached(sql)?.execute(named_params! {
        ":id": order.id.to_string(),
        ":version": number(order.version),
        ":body": written(&order)?,
    })?;
    let leased = put(c, work.into_iter().collect(), order.created_at)?;
    Ok(Inserted::New(Box::new(order), leased))
}

/// The key has served its day and may be used again.
fn forget_request(c: &Connection, mut order: Order) -> StoreResult<()> {
    order.request = None;
    let sql = "UPDATE orders SET body = ?2 WHERE id = ?1";
    c.prepare_cached(sql)?.execute([order.id.to_string(), written(&order)?])?;
    Ok(())
}

/// What was sold stays known for good; says which products are gone.
fn mark_sold(c: &Connection, order: &Order) -> StoreResult<Vec<ProductId>> {
    let mut known = c.prepare_cached("SELECT sold FROM products WHERE id = ?1 AND NOT retired")?;
    let mut mark = c.prepare_cached("UPDATE products SET sold = 1 WHERE id = ?1")?;
    let mut gone = Vec::new();
    for line in &order.lines {
        let id = line.product_id.to_string();
        match known.query_row([&id], |row| row.get::<_, bool>(0)).optional()? {
            None => gone.push(line.product_id),
            Some(false) => {
                mark.execute([&id])?;
            }
            Some(true) => {}
        }
    }
    Ok(gone)
}

fn next_number(c: &Connection, day: &str) -> StoreResult<u32> {
    let sql = "INSERT INTO days VALUES (?1, 1) ON CONFLICT DO UPDATE SET last = last + 1 RETURNING last";
    Ok(c.prepare_cached(sql)?.query_row([day], |row| row.get(0))?)
}

/// Puts the entries; gives back the first with its lease, if it got one.
fn put(c: &Connection, work: Vec<NewWork>, now: Timestamp) -> StoreResult<Option<Work>> {
    let mut first = None;
    for (n, new) in work.into_iter().enumerate() {
        let entry = new.clone();
        let Some(lease) = OUTBOX.put(c, new, now)? else { continue };
        if n == 0 {
            first = Some(Work {
                id: entry.id,
                aggregate: entry.aggregate,
                kind: entry.kind,
                payload: entry.payload,
                attempts: 1,
                created_at: now,
                lease,
            });
        }
    }
    Ok(first)
}

pub(super) fn replace(
    c: &Connection,
    order: &Order,
    expected: u64,
    work: Vec<NewWork>,
) -> StoreResult<(Replaced, Option<Work>)> {
    let sql = "UPDATE orders SET version = :version, body = :body WHERE id = :id AND version = :expected";
    let changed = c.prepare_cached(sql)?.execute(named_params! {
        ":id": order.id.to_string(),
        ":version": number(order.version),
        ":body": written(order)?,
        ":expected": number(expected),
    })?;
    if changed == 0 {
        return Ok((Replaced::Conflict, None));
    }
    Ok((Replaced::Stored, put(c, work, order.updated_at)?))
}

pub(super) fn forget(c: &Connection, order: &Order, expected: u64) -> StoreResult<Replaced> {
    let (replaced, _) = replace(c, order, expected, Vec::new())?;
    if replaced == Replaced::Stored {
        let mut errands = c.prepare_cached("SELECT seq, payload FROM outbox WHERE aggregate = ?1")?;
        let found = errands.query_map([order.id.to_string()], |row| Ok((row.get(0)?, row.get(1)?)))?;
        for (seq, payload) in found.collect::<Result<Vec<(i64, String)>, _>>()? {
            if let Some(shorter) = Errand::read(&payload)?.without_reason() {
                c.execute("UPDATE outbox SET payload = ?2 WHERE seq = ?1", (seq, shorter.written()?))?;
            }
        }
    }
    Ok(replaced)
}

pub(super) fn list(c: &Connection, filter: &OrderFilter, page: Page) -> StoreResult<Listed> {
    let (condition, values) = condition(filter);
    let count = format!("SELECT count(*) FROM (SELECT 1 FROM orders {condition} LIMIT {})", Page::COUNT_CAP + 1);
    let total = c.prepare_cached(&count)?.query_row(params_from_iter(&values), |row| row.get(0))?;
    let sql = format!(
        "SELECT id, body FROM orders {condition} ORDER BY created_at DESC, id DESC LIMIT {} OFFSET {}",
        page.limit, page.skip
    );
    Ok(Listed { orders: all(c, &sql, params_from_iter(&values))?, total })
}

/// The filters that are set, as a condition with its values.
fn condition(filter: &OrderFilter) -> (String, Vec<Value>) {
    let time = |at: Option<Timestamp>| at.map(|at| at.to_string());
    let set = [
        ("id =", filter.id.map(|id| id.to_string())),
        ("customer_id =", filter.customer_id.map(|id| id.to_string())),
        ("status =", filter.status.map(|status| status.to_string())),
        ("created_at >", time(filter.created_after)),
        ("created_at <", time(filter.created_before)),
        ("updated_at >", time(filter.updated_after)),
    ];
    let (mut words, mut values) = (Vec::new(), Vec::new());
    for (test, value) in set {
        if let Some(value) = value {
            values.push(Value::Text(value));
            words.push(format!("{test} ?{}", values.len()));
        }
    }
    let condition = if words.is_empty() { String::new() } else { format!("WHERE {}", words.join(" AND ")) };
    (condition, values)
}

pub(super) fn queued(c: &Connection) -> StoreResult<Vec<Order>> {
    let [first, second, third] = OrderStatus::QUEUE.map(OrderStatus::as_str);
    all(c, "SELECT id, body FROM orders WHERE status IN (?1, ?2, ?3)", [first, second, third])
}

/// A page is full although some of it may be unreadable: otherwise it would look like the last.
pub(super) fn changed(c: &Connection, since: Timestamp, after: Option<OrderId>, limit: u32) -> StoreResult<Vec<Order>> {
    let sql = "SELECT id, body FROM orders WHERE (updated_at, id) > (:since, :after) ORDER BY updated_at, id";
    // No id sorts before the empty text.
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    let mut found = c.prepare_cached(sql)?;
    let found = found.query_and_then(named_params! { ":since": since.to_string(), ":after": after }, read)?;
    found.filter_map(readable).take(limit as usize).collect()
}

pub(super) fn changed_versions(c: &Connection, since: Timestamp) -> StoreResult<Vec<(OrderId, u64)>> {
    let sql = "SELECT id, version FROM orders WHERE updated_at >= ?1 ORDER BY updated_at, id";
    let known = |row: &Row<'_>| -> StoreResult<(OrderId, u64)> {
        let (id, version): (String, i64) = (row.get("id")?, row.get("version")?);
        let known = id.parse().ok().zip(u64::try_from(version).ok());
        known.ok_or_else(|| StoreError::corrupt("an order", id))
    };
    c.prepare_cached(sql)?.query_and_then([since.to_string()], known)?.collect()
}

pub(super) fn overdue(c: &Connection, now: Timestamp, limit: u32) -> StoreResult<Vec<Order>> {
    let sql = "SELECT id, body FROM orders WHERE ends_at <= :now ORDER BY ends_at LIMIT :limit";
    all(c, sql, named_params! { ":now": now.to_string(), ":limit": limit })
}

pub(super) fn count_open(c: &Connection) -> StoreResult<u64> {
    let open = "'requested', 'paid', 'preparing', 'ready_for_pickup', 'out_for_delivery'";
    let sql = format!("SELECT count(*) FROM orders WHERE status IN ({open})");
    let many: i64 = c.prepare_cached(&sql)?.query_row([], |row| row.get(0))?;
    Ok(u64::try_from(many).unwrap_or(0))
}
