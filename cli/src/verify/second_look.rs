//! Looking again at what differed between the stores: it may have been a change on its way.

use std::collections::HashMap;
use std::time::Duration;

use domain::OrderId;
use store::StoreResult;

use super::case::Case;
use super::violation::{Kind, Violation};
use super::{Progress, Report, Stores, judge, now};

/// Orders that are remembered before they are looked at again.
const MOST: usize = 5_000;
/// Orders looked at together.
const PAGE: usize = 200;
/// How often is waited for orders to hold still.
const TRIES: usize = 20;
/// How long is waited each time.
const PAUSE: Duration = Duration::from_millis(250);

/// What was in doubt: the kind and the payment, of each order.
type Doubts = Vec<(Kind, Option<String>)>;

/// The orders to be looked at again.
pub(super) struct SecondLook {
    patience: Duration,
    limit: Duration,
    doubts: HashMap<OrderId, Doubts>,
}

fn key(violation: &Violation) -> (Kind, Option<String>) {
    (violation.kind, violation.payment_id.clone())
}

impl SecondLook {
    pub(super) fn new(patience: Duration, limit: Duration) -> Self {
        SecondLook { patience, limit, doubts: HashMap::new() }
    }

    pub(super) fn add(&mut self, case: &Case, doubtful: Vec<Violation>) {
        if let Ok(id) = case.order.id.parse() {
            self.doubts.insert(id, doubtful.iter().map(key).collect());
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.doubts.len() >= MOST
    }

    /// Waits, looks again at all of them, and tells what is still wrong.
    pub(super) async fn look(
        &mut self,
        stores: &Stores,
        progress: &mut Progress,
        report: &mut Report,
    ) -> StoreResult<()> {
        if self.doubts.is_empty() {
            return Ok(());
        }
        progress.say(&format!("looking again at {} orders", self.doubts.len()));
        tokio::time::sleep(self.patience).await;
        let doubts = std::mem::take(&mut self.doubts);
        report.looked_again += doubts.len() as u64;
        let mut ids: Vec<OrderId> = doubts.keys().copied().collect();
        ids.sort_unstable();
        for ids in ids.chunks(PAGE) {
            self.page(stores, ids, &doubts, report).await?;
        }
        Ok(())
    }

    async fn page(
        &self,
        stores: &Stores,
        ids: &[OrderId],
        doubts: &HashMap<OrderId, Doubts>,
        report: &mut Report,
    ) -> StoreResult<()> {
        let mut moving = ids.to_vec();
        for _ in 0..TRIES {
            // Both are read twice. If nothing changed in between, the first payments are no older than the first order and
            // the second order no older than them, so that whatever was sent either way and is no longer in an outbox
            // has arrived. Work that is done between the two still explains a difference.
            let first = judge(stores, stores.orders.orders_of(&moving).await?).await?;
            let second = judge(stores, stores.orders.orders_of(&moving).await?).await?;
            let mut before: HashMap<String, Case> =
                first.into_iter().map(|(case, _)| (case.order.id.clone(), case)).collect();
            moving.clear();
            for (case, judged) in second {
                let Some(id) = case.order.id.parse::<OrderId>().ok() else { continue };
                let still: Vec<Violation> =
                    judged.doubtful.into_iter().filter(|v| doubts[&id].contains(&key(v))).collect();
                let Some(earlier) = before.remove(&case.order.id).filter(|_| !still.is_empty()) else { continue };
                if earlier.versions() != case.versions() {
                    moving.push(id);
                } else if [&earlier, &case].iter().any(|case| case.is_under_way(now(), self.limit)) {
                    report.under_way += 1;
                } else {
                    report.extend(still);
                }
            }
            if moving.is_empty() {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
        // Whatever changes all the time is being worked on.
        report.under_way += moving.len() as u64;
        Ok(())
    }
}
