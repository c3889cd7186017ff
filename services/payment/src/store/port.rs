use std::sync::Arc;
use std::time::Duration;

use api::payment::PaymentEvent;
use async_trait::async_trait;
use domain::{CustomerId, OrderId, Page, PaymentId, PaymentStatus, Timestamp};
use store::{StoreResult, Work, WorkCounts, WorkQueue};

use crate::payment::{Payment, Step};

/// What became of a new payment.
#[derive(Debug)]
pub enum Inserted {
    /// It is stored; the work that its maker now holds.
    New(Vec<Work>),
    /// The same was asked for before, and made this.
    Replayed(Box<Payment>),
    /// The idempotency key was used with another body.
    KeyReused,
    /// The order has a live charge already.
    ChargeExists(PaymentId),
}

/// What became of a changed payment.
#[derive(Debug)]
pub enum Saved {
    /// It is stored; the work that whoever changed it now holds.
    Done(Vec<Work>),
    /// Somebody else changed it first.
    Stale,
    /// One of MercadoPago's payments in it belongs to another payment of ours.
    Taken,
}

/// Which payments to list; `None` leaves a filter out.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter {
    /// Only this one.
    pub payment_id: Option<PaymentId>,
    /// Only this order's.
    pub order_id: Option<OrderId>,
    /// Only this customer's.
    pub customer_id: Option<CustomerId>,
    /// Only in this status.
    pub status: Option<PaymentStatus>,
    /// Only asked for later than this.
    pub created_after: Option<Timestamp>,
}

/// A page of payments, newest first.
#[derive(Debug)]
pub struct Listed {
    /// The page.
    pub items: Vec<Payment>,
    /// How many there are in all, counted no further than one past [`Page::COUNT_CAP`].
    pub total: u32,
}

/// How often MercadoPago is asked for a payment that stays as it is: after `first`, then doubling up to `max`.
#[derive(Debug, Clone, Copy)]
pub struct Schedule {
    /// After the first wait.
    pub first: Duration,
    /// The longest wait.
    pub max: Duration,
}

impl Schedule {
    /// The wait after this many checks.
    pub fn after(&self, checks: u32) -> Duration {
        self.first.saturating_mul(1 << checks.min(16)).min(self.longest())
    }

    /// The wait of one that cannot be read: it must not stand in the way of the others, and may be mended.
    pub fn longest(&self) -> Duration {
        self.max.max(self.first)
    }
}

/// Where payments are kept. Times are passed in; uniqueness is a result.
#[async_trait]
pub trait PaymentStore: Send + Sync + 'static {
    /// Stores a new payment with its log and work. At most one open payment per order, and one per idempotency key and day.
    async fn insert(&self, payment: &Payment, step: Step, now: Timestamp) -> StoreResult<Inserted>;

    /// Stores a changed payment with its log and work, if the stored one is the version before it.
    async fn save(&self, payment: &Payment, step: Step, now: Timestamp) -> StoreResult<Saved>;

    /// One payment.
    async fn payment(&self, id: PaymentId) -> StoreResult<Option<Payment>>;

    /// The payment to which this payment of MercadoPago's belongs.
    async fn by_provider(&self, provider_payment_id: &str) -> StoreResult<Option<Payment>>;

    /// A page of payments, newest first.
    async fn list(&self, filter: Filter, page: Page) -> StoreResult<Listed>;

    /// The log of a payment, oldest first.
    async fn events(&self, id: PaymentId) -> StoreResult<Vec<PaymentEvent>>;

    /// Takes what people gave as a reason out of the log of a payment; nothing else in a log ever changes.
    async fn forget_reasons(&self, id: PaymentId) -> StoreResult<()>;

    /// Leaves nothing of what was erased in the files, as far as the database allows.
    async fn purge(&self) -> StoreResult<()>;

    /// Up to `limit` payments that are due to be asked for, longest due first; each is due again by its schedule. One that
    /// cannot be read is left out, named in the log, and due again after the longest wait.
    async fn take_due(&self, now: Timestamp, limit: u32) -> StoreResult<Vec<Payment>>;

    /// The check for which this payment was taken had no answer: it does not count, and comes once more after the wait that
    /// led to it. Nothing where none is to come.
    async fn unanswered(&self, id: PaymentId, now: Timestamp) -> StoreResult<()>;

    /// A notification about this payment of MercadoPago's: one entry of the inbox, however often it comes.
    async fn notified(&self, provider_payment_id: &str, now: Timestamp) -> StoreResult<()>;

    /// The notifications to be looked into.
    fn inbox(&self) -> Arc<dyn WorkQueue>;

    /// The work towards MercadoPago and the order service.
    fn outbox(&self) -> Arc<dyn WorkQueue>;

    /// How much there is to do: inbox, outbox.
    async fn counts(&self) -> StoreResult<(WorkCounts, WorkCounts)>;

    /// Frees the work that a process which was killed still holds; for the start.
    async fn release_leases(&self) -> StoreResult<()>;

    /// The public keys that were kept last, as JSON.
    async fn keys(&self) -> StoreResult<Option<String>>;

    /// Keeps the public keys.
    async fn keep_keys(&self, keys: &str) -> StoreResult<()>;

    /// Whether it works.
    async fn ping(&self) -> StoreResult<()>;

    /// Finishes what was accepted and closes.
    async fn close(&self);
}
