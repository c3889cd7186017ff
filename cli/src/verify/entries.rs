//! Invariant 5: work is done in time, or somebody is told.

use std::time::Duration;

use store::{StoreResult, WorkEntry, WorkState};

use super::violation::{Kind, Violation};
use super::{Report, Stores, now};

/// Entries that are read of each queue.
const MOST: usize = 10_000;

pub(super) async fn check(stores: &Stores, limit: Duration, report: &mut Report) -> StoreResult<()> {
    for state in [WorkState::Dead, WorkState::Open] {
        let orders = stores.orders.outbox(state, MOST).await?.into_iter().map(|entry| ("order", "outbox", entry));
        let payments = stores.payments.entries(state, MOST).await?;
        let payments = payments.into_iter().map(|(queue, entry)| ("payment", queue, entry));
        for (service, queue, entry) in orders.chain(payments) {
            report.extend(violation(service, queue, &entry, limit));
        }
    }
    Ok(())
}

fn violation(service: &str, queue: &str, entry: &WorkEntry, limit: Duration) -> Option<Violation> {
    let age = now().since(entry.created_at);
    let kind = match entry.state {
        WorkState::Dead => Kind::DeadLetter,
        WorkState::Open if age > limit => Kind::EntryOverdue,
        WorkState::Open => return None,
    };
    let why = entry.last_error.as_deref().unwrap_or("no error");
    let detail =
        format!("{service} {queue}, {}, {} tries, {} min old: {why}", entry.kind, entry.attempts, age.as_secs() / 60);
    let mut violation = Violation::new(kind, detail);
    violation.entry_id = Some(entry.id.to_string());
    let about = entry.aggregate.strip_prefix("notice/").unwrap_or(&entry.aggregate).to_owned();
    match (service, queue) {
        ("order", _) => violation.order_id = Some(about),
        (_, "inbox") => violation.provider_payment_id = Some(about),
        _ => violation.payment_id = Some(about),
    }
    Some(violation)
}
