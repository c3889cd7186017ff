use std::fmt;
use std::sync::Arc;

use domain::{Page, Timestamp};

use super::{Dead, WorkEntry, WorkQueue};
use crate::StoreResult;

/// The dead letters of a service: those of all its queues, for a person to look at and to replay.
#[derive(Clone)]
pub struct DeadLetters(Vec<(&'static str, Arc<dyn WorkQueue>)>);

impl DeadLetters {
    /// Of these queues, each with the name that people know it by.
    pub fn new(queues: impl IntoIterator<Item = (&'static str, Arc<dyn WorkQueue>)>) -> Self {
        DeadLetters(queues.into_iter().collect())
    }

    /// A page of them, oldest first, each with the name of its queue.
    ///
    /// # Errors
    /// Those of the queues.
    pub async fn page(&self, page: Page) -> StoreResult<Vec<(&'static str, WorkEntry)>> {
        let (skip, limit) = (page.skip as usize, page.limit as usize);
        let mut all = Vec::new();
        for (name, queue) in &self.0 {
            all.extend(queue.dead(skip + limit).await?.into_iter().map(|entry| (*name, entry)));
        }
        all.sort_by_key(|(_, entry)| (entry.created_at, entry.id));
        Ok(all.into_iter().skip(skip).take(limit).collect())
    }

    /// Opens them, due now; returns how many.
    ///
    /// # Errors
    /// Those of the queues.
    pub async fn replay(&self, which: &Dead, now: Timestamp) -> StoreResult<usize> {
        let mut replayed = 0;
        for (_, queue) in &self.0 {
            replayed += queue.replay(which, now).await?;
        }
        Ok(replayed)
    }
}

impl fmt::Debug for DeadLetters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}
