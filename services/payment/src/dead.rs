//! Work that was given up: shown to a person, and tried again when they say so.

use api::{DeadLetter, Replay};
use domain::Page;
use store::{Dead, DeadLetters, StoreResult, WorkEntry};

use crate::desk::Desk;
use crate::payment::Actor;
use crate::task::Task;

/// Dead letters that are looked through before they are replayed, at most.
const MOST: usize = 10_000;

impl Desk {
    fn letters(&self) -> DeadLetters {
        DeadLetters::new([("inbox", self.inbox.clone()), ("outbox", self.outbox.clone())])
    }

    /// A page of the dead letters, oldest first, and how many there are.
    pub(crate) async fn dead_letters(&self, page: Page) -> StoreResult<(Vec<DeadLetter>, u64)> {
        let (inbox, outbox) = self.store.counts().await?;
        let letters = self.letters().page(page).await?;
        Ok((letters.into_iter().map(|(queue, entry)| letter(queue, entry)).collect(), inbox.dead + outbox.dead))
    }

    /// Has dead letters tried again; returns how many.
    pub(crate) async fn replay(&self, asked: Replay, actor: &Actor) -> StoreResult<u64> {
        let wanted = |entry: &WorkEntry| asked.id.is_none_or(|id| id == entry.id) && entry.kind == Task::REFUND;
        for entry in self.outbox.dead(MOST).await?.into_iter().filter(wanted) {
            // MercadoPago said no to that refund, so that the work alone would only say so again.
            let Ok(payment) = entry.aggregate.parse() else { continue };
            self.apply(payment, actor, |payment, now| payment.retry_refused(actor, now)).await?;
        }
        let which = asked.id.map_or(Dead::All, Dead::Entry);
        let replayed = self.letters().replay(&which, self.now()).await?;
        self.inbox_wake.notify_one();
        self.outbox_wake.notify_one();
        Ok(replayed as u64)
    }
}

/// As a person sees it: what it is about is the payment, whichever of its queues it lay in.
fn letter(queue: &str, entry: WorkEntry) -> DeadLetter {
    let aggregate = entry.aggregate.strip_prefix(Task::NOTICES).unwrap_or(&entry.aggregate).to_owned();
    DeadLetter {
        id: entry.id,
        queue: queue.to_owned(),
        aggregate,
        kind: entry.kind,
        attempts: entry.attempts,
        created_at: entry.created_at,
        last_error: entry.last_error,
    }
}
