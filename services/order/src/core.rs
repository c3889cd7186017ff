//! What every use case works with.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use api::client::{PaymentClient, trace};
use domain::{Clock, DayRule, OrderId, Timestamp};
use store::{NewWork, StoreError, StoreResult, Work, WorkCounts};
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use web::Limits;

use crate::board::Board;
use crate::follow::Compared;
use crate::live::Live;
use crate::order::{Errand, Order, Stepped};
use crate::shift::Today;
use crate::store::{Inserted, Replaced, Store};
use crate::wall::Wall;

/// How often a change is decided anew because somebody else was faster.
pub(crate) const TRIES: usize = 20;
/// After a failure the payment service counts as down for this long, unless it answers before.
const DOWN_FOR: Duration = Duration::from_secs(10);

pub(crate) struct Core {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) board: Board,
    /// When the board was last compared with the queue that the store has.
    pub(crate) compared: tokio::sync::Mutex<Option<Compared>>,
    /// How today is going, as far as it was asked for.
    pub(crate) today: tokio::sync::Mutex<Today>,
    pub(crate) wall: Wall,
    pub(crate) payments: PaymentClient,
    pub(crate) peer: Peer,
    /// Whether real money moves, as the payment service says.
    pub(crate) live: Live,
    /// The outbox as it was last counted.
    pub(crate) unsent: Unsent,
    /// Tells the sender of the outbox that there is something to do.
    pub(crate) wake: Arc<Notify>,
    /// Ends what would go on for ever, such as streams.
    pub(crate) closing: CancellationToken,
    /// The requests that are being answered.
    pub(crate) requests: TaskTracker,
    pub(crate) day: DayRule,
    pub(crate) expires_after: Duration,
    pub(crate) qr_wait: Duration,
    pub(crate) limits: Limits,
    /// The streams of events that may still be opened.
    pub(crate) streams: Arc<Semaphore>,
}

/// How much was in the outbox a few seconds ago; nothing before the first count.
#[derive(Debug, Default)]
pub(crate) struct Unsent(std::sync::Mutex<Option<WorkCounts>>);

impl Unsent {
    pub(crate) fn set(&self, counts: WorkCounts) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(counts);
    }

    pub(crate) fn get(&self) -> Option<WorkCounts> {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// What is known of whether the payment service answers.
#[derive(Debug, Default)]
pub(crate) struct Peer(AtomicI64);

impl Peer {
    pub(crate) fn answered(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    pub(crate) fn failed(&self, now: Timestamp) {
        self.0.store(now.millis(), Ordering::Relaxed);
    }

    pub(crate) fn is_down(&self, now: Timestamp) -> bool {
        let failed = Timestamp::from_millis(self.0.load(Ordering::Relaxed));
        failed.millis() > 0 && now.since(failed) < DOWN_FOR
    }
}

/// A changed order, and the first of its errands if that is leased to us.
pub(crate) struct Changed<T> {
    pub(crate) order: Order,
    pub(crate) leased: Option<Work>,
    pub(crate) value: T,
}

impl Core {
    /// Now, as the service's clock has it.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// An outbox entry for an errand of an order, due at once.
    pub(crate) fn entry(order: OrderId, errand: &Errand, now: Timestamp) -> StoreResult<NewWork> {
        let payload = serde_json::to_value(errand).map_err(StoreError::internal)?;
        Ok(NewWork::new(order, errand.kind(), payload, now))
    }

    /// Stores a new order and tells the board, even if the caller goes away meanwhile.
    pub(crate) async fn insert(self: &Arc<Self>, order: Order, work: Option<NewWork>) -> StoreResult<Inserted> {
        let core = self.clone();
        outlive(async move {
            let inserted = core.store.insert(order, work).await?;
            if let Inserted::New(order, leased) = &inserted {
                core.board.tell(order);
                if leased.is_none() {
                    core.wake.notify_one();
                }
            }
            Ok(inserted)
        })
        .await
    }

    /// Loads an order, lets `decide` change it, and stores it if nobody else has changed it meanwhile; else decides
    /// anew. `None` when there is no such order. With `lease`, the first errand is leased to the caller.
    pub(crate) async fn change<T, E: From<StoreError>>(
        self: &Arc<Self>,
        id: OrderId,
        lease: Option<Duration>,
        decide: impl Fn(&mut Order) -> Result<(T, Stepped), E>,
    ) -> Result<Option<Changed<T>>, E> {
        for _ in 0..TRIES {
            let Some(mut order) = self.store.order(id).await? else { return Ok(None) };
            let expected = order.version;
            let (value, stepped) = decide(&mut order)?;
            let Stepped::Changed(errands) = stepped else {
                return Ok(Some(Changed { order, leased: None, value }));
            };
            let now = self.now();
            let mut work =
                errands.iter().map(|errand| Self::entry(id, errand, now)).collect::<StoreResult<Vec<_>>>()?;
            if let (Some(first), Some(lease)) = (work.first_mut(), lease) {
                *first = first.clone().leased_for(lease);
            }
            if let (Replaced::Stored, leased) = self.replace(order.clone(), expected, work).await? {
                return Ok(Some(Changed { order, leased, value }));
            }
        }
        Err(StoreError::unavailable("the order changes too fast").into())
    }

    async fn replace(
        self: &Arc<Self>,
        order: Order,
        expected: u64,
        work: Vec<NewWork>,
    ) -> StoreResult<(Replaced, Option<Work>)> {
        let core = self.clone();
        outlive(async move {
            let errands = work.len();
            let replaced = core.store.replace(order.clone(), expected, work).await?;
            if replaced.0 == Replaced::Stored {
                core.board.tell(&order);
                if errands > usize::from(replaced.1.is_some()) {
                    core.wake.notify_one();
                }
            }
            Ok(replaced)
        })
        .await
    }
}

/// Runs a step in a task of its own: a client that hangs up must not part a commit from what follows it.
pub(crate) async fn outlive<T: Send + 'static>(
    step: impl Future<Output = StoreResult<T>> + Send + 'static,
) -> StoreResult<T> {
    trace::spawn(step).await.unwrap_or_else(|error| Err(StoreError::internal(error)))
}
