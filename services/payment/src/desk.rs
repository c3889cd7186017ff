//! What every use case has at hand, and the one way to change a payment.

use std::sync::Arc;
use std::time::Duration;

use api::client::OrderClient;
use domain::{Clock, Email, PaymentId, Timestamp};
use secrecy::SecretString;
use store::{StoreError, Work, WorkQueue};
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;
use url::Url;

use crate::payment::{Actor, Expected, Payment, Step};
use crate::provider::Provider;
use crate::settings::Timings;
use crate::store::{PaymentStore, Saved};

/// How often a change is tried anew because somebody else was faster.
const TRIES: usize = 20;

/// The store, the others and the clock.
pub(crate) struct Desk {
    pub(crate) store: Arc<dyn PaymentStore>,
    pub(crate) inbox: Arc<dyn WorkQueue>,
    pub(crate) outbox: Arc<dyn WorkQueue>,
    pub(crate) provider: Provider,
    pub(crate) orders: OrderClient,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) timings: Timings,
    pub(crate) expected: Expected,
    pub(crate) notification_url: Url,
    /// The current one first.
    pub(crate) webhook_secrets: Vec<SecretString>,
    pub(crate) payer_email: Email,
    pub(crate) inbox_wake: Arc<Notify>,
    pub(crate) outbox_wake: Arc<Notify>,
    /// Woken after every change.
    pub(crate) changed: Notify,
    /// Work that outlives the request that began it.
    pub(crate) tasks: TaskTracker,
}

/// A payment after a change.
pub(crate) struct Changed<R> {
    pub(crate) payment: Payment,
    pub(crate) result: R,
    /// The work that the change left behind and that whoever made it holds.
    pub(crate) held: Vec<Work>,
}

impl Desk {
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Reads a payment, lets `change` decide, and stores it if nobody else changed it meanwhile; otherwise once more.
    pub(crate) async fn change<R, E: From<StoreError>>(
        &self,
        id: PaymentId,
        actor: &Actor,
        mut change: impl FnMut(&mut Payment, Timestamp) -> Result<(R, Step), E>,
    ) -> Result<Changed<R>, E> {
        for _ in 0..TRIES {
            let found = self.store.payment(id).await?;
            let before = found.ok_or_else(|| StoreError::corrupt("a payment that is gone", id))?;
            let now = self.now();
            let mut after = before.clone();
            let (result, step) = change(&mut after, now)?;
            let Some(step) = after.finish(&before, step, actor, now) else {
                return Ok(Changed { payment: before, result, held: Vec::new() });
            };
            match self.store.save(&after, step, now).await? {
                Saved::Done(held) => {
                    self.outbox_wake.notify_one();
                    self.changed.notify_waiters();
                    return Ok(Changed { payment: after, result, held });
                }
                Saved::Stale => {}
                Saved::Taken => return Err(StoreError::unavailable("a payment of MercadoPago's is another's").into()),
            }
        }
        Err(StoreError::unavailable("a payment changes too often").into())
    }

    /// The same for a change that can't be refused.
    pub(crate) async fn apply(
        &self,
        id: PaymentId,
        actor: &Actor,
        mut change: impl FnMut(&mut Payment, Timestamp) -> Step,
    ) -> Result<Changed<()>, StoreError> {
        self.change(id, actor, |payment, now| Ok(((), change(payment, now)))).await
    }

    /// Does work that is held, and waits for it at most `answer_wait`; not at all while MercadoPago is silent. What takes
    /// longer goes on without whoever waits.
    pub(crate) async fn run(self: &Arc<Self>, held: Vec<Work>) {
        let wait = if self.provider.is_silent() { Duration::ZERO } else { self.timings.answer_wait };
        let running: Vec<_> = held
            .into_iter()
            .map(|work| {
                let desk = self.clone();
                self.tasks.spawn(async move { desk.do_and_settle(work).await })
            })
            .collect();
        // Whether it ended well or badly is in the payment, and in the outbox.
        let _ = timeout(wait, futures_util::future::join_all(running)).await;
    }

    async fn do_and_settle(self: Arc<Self>, work: Work) {
        let hold = self.timings.hold();
        store::finish(self.outbox.as_ref(), self.clock.as_ref(), &work, hold, self.handle(&work)).await;
        self.outbox_wake.notify_one();
    }

    /// Waits, at most `answer_wait`, until a payment is no longer open.
    pub(crate) async fn until_closed(&self, id: PaymentId) -> Result<Payment, StoreError> {
        self.until(id, |payment| !payment.is_open()).await
    }

    /// Waits, at most `answer_wait` and not at all while MercadoPago is silent, until this holds of a payment.
    pub(crate) async fn until(&self, id: PaymentId, holds: impl Fn(&Payment) -> bool) -> Result<Payment, StoreError> {
        let gone = || StoreError::corrupt("a payment that is gone", id);
        let waiting = async {
            loop {
                let mut changed = std::pin::pin!(self.changed.notified());
                changed.as_mut().enable();
                let payment = self.store.payment(id).await?.ok_or_else(gone)?;
                if holds(&payment) || self.provider.is_silent() {
                    return Ok(payment);
                }
                changed.await;
            }
        };
        match timeout(self.timings.answer_wait, waiting).await {
            Ok(payment) => payment,
            Err(_) => self.store.payment(id).await?.ok_or_else(gone),
        }
    }
}
