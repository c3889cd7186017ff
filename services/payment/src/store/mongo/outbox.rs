use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use domain::Timestamp;
use store::mongo::{Docs, MongoQueue};
use store::{Dead, StoreResult, Work, WorkCounts, WorkEntry, WorkQueue};

use super::schema::{NOTICE, OUTBOX};
use crate::task::Task;

/// Both lists of a payment as one queue: its work towards MercadoPago, and what the order service must hear.
pub(super) struct Outbox {
    work: MongoQueue,
    notices: MongoQueue,
    /// Which of them was asked first the last time, so that neither starves the other.
    notices_first: AtomicBool,
}

impl Outbox {
    pub(super) fn new(payments: &Docs) -> Self {
        Outbox {
            work: MongoQueue::inside(payments.clone(), OUTBOX),
            notices: MongoQueue::inside(payments.clone(), NOTICE),
            notices_first: AtomicBool::new(false),
        }
    }

    /// How much there is to do in both.
    pub(super) async fn counts(&self) -> StoreResult<WorkCounts> {
        let (work, notices) = (self.work.counts().await?, self.notices.counts().await?);
        Ok(WorkCounts {
            open: work.open + notices.open,
            dead: work.dead + notices.dead,
            oldest: [work.oldest, notices.oldest].into_iter().flatten().min(),
        })
    }

    fn of(&self, work: &Work) -> &MongoQueue {
        if work.kind == Task::Notify.kind() { &self.notices } else { &self.work }
    }
}

#[async_trait]
impl WorkQueue for Outbox {
    async fn claim(&self, now: Timestamp, lease_for: Duration, limit: usize) -> StoreResult<Vec<Work>> {
        let (first, second) = match self.notices_first.fetch_xor(true, Ordering::Relaxed) {
            true => (&self.notices, &self.work),
            false => (&self.work, &self.notices),
        };
        let mut works = first.claim(now, lease_for, limit).await?;
        match second.claim(now, lease_for, limit - works.len()).await {
            Ok(more) => works.extend(more),
            // What is leased must reach the worker.
            Err(error) if works.is_empty() => return Err(error),
            Err(error) => tracing::warn!(?error, "a queue of work cannot be read"),
        }
        Ok(works)
    }

    async fn renew(&self, work: &Work, until: Timestamp) -> StoreResult<bool> {
        self.of(work).renew(work, until).await
    }

    async fn done(&self, work: &Work) -> StoreResult<bool> {
        self.of(work).done(work).await
    }

    async fn retry(&self, work: &Work, due_at: Timestamp, error: &str) -> StoreResult<bool> {
        self.of(work).retry(work, due_at, error).await
    }

    async fn bury(&self, work: &Work, error: &str) -> StoreResult<bool> {
        self.of(work).bury(work, error).await
    }

    async fn wake_all(&self, kind: Option<&str>, now: Timestamp) -> StoreResult<usize> {
        Ok(self.work.wake_all(kind, now).await? + self.notices.wake_all(kind, now).await?)
    }

    async fn dead(&self, limit: usize) -> StoreResult<Vec<WorkEntry>> {
        let mut dead = self.work.dead(limit).await?;
        let notices = self.notices.dead(limit).await?;
        dead.extend(
            notices.into_iter().map(|entry| WorkEntry { aggregate: Task::notices_of(&entry.aggregate), ..entry }),
        );
        dead.sort_by_key(|entry| (entry.created_at, entry.id));
        dead.truncate(limit);
        Ok(dead)
    }

    async fn replay(&self, which: &Dead, now: Timestamp) -> StoreResult<usize> {
        let notices = match which {
            Dead::About(aggregate) => match aggregate.strip_prefix(Task::NOTICES) {
                Some(payment) => return self.notices.replay(&Dead::About(payment.to_owned()), now).await,
                None => 0,
            },
            _ => self.notices.replay(which, now).await?,
        };
        Ok(self.work.replay(which, now).await? + notices)
    }
}
