use domain::{OrderId, PaymentId, Timestamp};
use rusqlite::{Connection, OptionalExtension, named_params};
use store::{StoreError, StoreResult, Work};

use super::{OUTBOX, read};
use crate::idempotency::Key;
use crate::payment::{Payment, Step, without_reason};
use crate::store::{Inserted, Saved, Schedule};
use crate::task::Task;

pub(super) fn insert(
    c: &Connection,
    payment: &Payment,
    step: Step,
    schedule: Schedule,
    now: Timestamp,
) -> StoreResult<Inserted> {
    if let Some(key) = &payment.key
        && let Some(seen) = with_key(c, key, now)?
    {
        let same = seen.key.as_ref().is_some_and(|first| key.repeats(first));
        return Ok(if same { Inserted::Replayed(Box::new(seen)) } else { Inserted::KeyReused });
    }
    if payment.is_open()
        && let Some(live) = live_of(c, payment.order_id)?
    {
        return Ok(Inserted::ChargeExists(live));
    }
    c.prepare_cached(
        "INSERT INTO payments
           (id, order_id, customer_id, status, live, version, created_at, next_check_at, key_scope, value)
         VALUES (:id, :order, :customer, :status, :live, :version, :created, :next, :key, :value)",
    )?
    .execute(named_params! {
        ":id": payment.id.to_string(),
        ":order": payment.order_id.to_string(),
        ":customer": payment.customer_id.map(|id| id.to_string()),
        ":status": payment.status().as_str(),
        ":live": payment.is_open(),
        ":version": version(payment.version)?,
        ":created": payment.created_at.millis(),
        ":next": payment.next_check(schedule.first, now).map(Timestamp::millis),
        ":key": payment.key.as_ref().map(|key| &key.scope),
        ":value": value(payment)?,
    })?;
    Ok(Inserted::New(write_step(c, payment.id, step, now)?))
}

/// The payment that holds this key. One that is older than a day gives it up.
fn with_key(c: &Connection, key: &Key, now: Timestamp) -> StoreResult<Option<Payment>> {
    let mut select = c.prepare_cached("SELECT id, value FROM payments WHERE key_scope = ?1")?;
    let Some(seen) = select.query_and_then([&key.scope], read::parse)?.next().transpose()? else { return Ok(None) };
    if now.since(seen.created_at) < Key::LIFE {
        return Ok(Some(seen));
    }
    c.prepare_cached("UPDATE payments SET key_scope = NULL WHERE key_scope = ?1")?.execute([&key.scope])?;
    Ok(None)
}

fn live_of(c: &Connection, order: OrderId) -> StoreResult<Option<PaymentId>> {
    let mut select = c.prepare_cached("SELECT id FROM payments WHERE order_id = ?1 AND live = 1")?;
    let live: Option<String> = select.query_one([order.to_string()], |row| row.get(0)).optional()?;
    live.as_deref().map(read::id).transpose()
}

pub(super) fn save(
    c: &Connection,
    payment: &Payment,
    step: Step,
    schedule: Schedule,
    now: Timestamp,
) -> StoreResult<Saved> {
    for provider in payment.provider_payments() {
        if read::owner(c, provider)?.is_some_and(|owner| owner != payment.id) {
            return Ok(Saved::Taken);
        }
    }
    let changed = c
        .prepare_cached(
            "UPDATE payments SET customer_id = :customer, status = :status, live = :live, version = :version,
               next_check_at = iif(:next IS NULL, NULL, coalesce(next_check_at, :next)),
               key_scope = iif(:keyed, key_scope, NULL), value = :value
             WHERE id = :id AND version = :version - 1",
        )?
        .execute(named_params! {
            ":id": payment.id.to_string(),
            ":customer": payment.customer_id.map(|id| id.to_string()),
            ":status": payment.status().as_str(),
            ":live": payment.is_open(),
            ":version": version(payment.version)?,
            ":next": payment.next_check(schedule.first, now).map(Timestamp::millis),
            ":keyed": payment.key.is_some(),
            ":value": value(payment)?,
        })?;
    if changed == 0 {
        return Ok(Saved::Stale);
    }
    for provider in payment.provider_payments() {
        c.prepare_cached("INSERT OR IGNORE INTO provider_payments (provider_payment_id, payment_id) VALUES (?1, ?2)")?
            .execute([provider, &payment.id.to_string()])?;
    }
    Ok(Saved::Done(write_step(c, payment.id, step, now)?))
}

/// The log, the work and the notice to the order service; returns the work that whoever asked now holds.
fn write_step(c: &Connection, payment: PaymentId, step: Step, now: Timestamp) -> StoreResult<Vec<Work>> {
    for event in &step.events {
        let value = serde_json::to_string(event).map_err(StoreError::internal)?;
        c.prepare_cached("INSERT INTO events (payment_id, value) VALUES (?1, ?2)")?
            .execute([&payment.to_string(), &value])?;
    }
    let mut held = Vec::new();
    for new in step.work {
        let entry = new.clone();
        if let Some(lease) = OUTBOX.put(c, new, now)? {
            held.push(Work {
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
    if step.notify {
        OUTBOX.put_or_wake(c, Task::notice(payment, now), now)?;
    }
    Ok(held)
}

pub(super) fn take_due(c: &Connection, now: Timestamp, limit: u32, schedule: Schedule) -> StoreResult<Vec<Payment>> {
    let sql = "SELECT id, checks, value FROM payments WHERE next_check_at <= ?1 ORDER BY next_check_at LIMIT ?2";
    let due: Vec<(String, u32, Option<Payment>)> = c
        .prepare_cached(sql)?
        .query_and_then((now.millis(), limit), |row| {
            Ok((row.get("id")?, row.get("checks")?, read::readable(read::parse(row)).transpose()?))
        })?
        .collect::<StoreResult<_>>()?;
    let mut again = c.prepare_cached("UPDATE payments SET next_check_at = ?2, checks = checks + 1 WHERE id = ?1")?;
    let mut payments = Vec::with_capacity(due.len());
    for (id, checks, payment) in due {
        let wait = schedule.after(checks.saturating_add(1));
        // Also one that is due for the last time must leave the index.
        let next = match &payment {
            Some(payment) => payment.next_check(wait, now).map(|next| next.max(now.plus(schedule.first))),
            None => Some(now.plus(schedule.longest())),
        };
        again.execute((id, next.map(Timestamp::millis)))?;
        payments.extend(payment);
    }
    Ok(payments)
}

pub(super) fn unanswered(c: &Connection, id: PaymentId, now: Timestamp, schedule: Schedule) -> StoreResult<()> {
    let sql = "SELECT checks FROM payments WHERE id = ?1 AND next_check_at IS NOT NULL";
    let checks: Option<u32> = c.prepare_cached(sql)?.query_one([id.to_string()], |row| row.get(0)).optional()?;
    let Some(checks) = checks.and_then(|checks| checks.checked_sub(1)) else { return Ok(()) };
    let again = now.plus(schedule.after(checks)).millis();
    c.prepare_cached("UPDATE payments SET checks = ?2, next_check_at = min(next_check_at, ?3) WHERE id = ?1")?
        .execute((id.to_string(), checks, again))?;
    Ok(())
}

/// The trigger that keeps the log as it is steps aside for this one change, which is undone with it if anything fails.
pub(super) fn forget_reasons(c: &Connection, id: PaymentId) -> StoreResult<()> {
    let mut rows = c.prepare_cached("SELECT seq, value FROM events WHERE payment_id = ?1")?;
    let rows = rows.query_map([id.to_string()], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?;
    let mut shorter = Vec::new();
    for row in rows {
        let (seq, value) = row?;
        let event = serde_json::from_str(&value).map_err(|_| StoreError::corrupt("the log of a payment", id))?;
        if let Some(event) = without_reason(&event) {
            shorter.push((serde_json::to_string(&event).map_err(StoreError::internal)?, seq));
        }
    }
    if shorter.is_empty() {
        return Ok(());
    }
    let guard = "SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND name = 'events_stay'";
    let guard: String = c.query_row(guard, [], |row| row.get(0))?;
    c.execute_batch("DROP TRIGGER events_stay")?;
    for row in shorter {
        c.execute("UPDATE events SET value = ?1 WHERE seq = ?2", row)?;
    }
    Ok(c.execute_batch(&guard)?)
}

fn value(payment: &Payment) -> StoreResult<String> {
    serde_json::to_string(payment).map_err(StoreError::internal)
}

fn version(version: u64) -> StoreResult<i64> {
    i64::try_from(version).map_err(StoreError::internal)
}
