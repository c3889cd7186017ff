//! The payments as they are stored, for whoever checks them: only reads, each of them short, in the order of the ids.
//! Beside a service at work, each page is a state that was.

mod mongo;
mod sqlite;
mod unreadable;

use std::sync::Arc;

use async_trait::async_trait;
use domain::{OrderId, PaymentStatus, Timestamp};
use store::mongo::ConnectOptions;
use store::{StoreError, StoreResult, StoreUrl, WorkEntry, WorkState};

use crate::payment::{Facts, Payment};
pub use unreadable::Unreadable;

/// A payment with what its row or document says besides.
#[derive(Debug, Clone)]
pub struct Stored {
    /// The id, as text: in a damaged store it may be none.
    pub id: String,
    /// The order under which it is found, as text.
    pub of: String,
    /// What is to be checked of it, or why it cannot be read.
    pub facts: Result<Facts, Unreadable>,
    /// The fields beside the value, by which payments are found and kept unique, that say something else than the value.
    pub differing: Vec<&'static str>,
    /// Where the payment was after the last row of its log; none where the log is empty or its end cannot be read.
    pub log_ends: Option<PaymentStatus>,
    /// Payments of MercadoPago's in it that the store has for another one of ours, or for none: with that one's id.
    pub strangers: Vec<(String, Option<String>)>,
    /// What the payment still has to do elsewhere.
    pub work: Waiting,
}

/// Entries of an outbox about one thing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waiting {
    /// When the oldest open one was put.
    pub since: Option<Timestamp>,
    /// Whether one of them is a dead letter.
    pub dead: bool,
}

/// A payment and its order, by their ids as texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The payment.
    pub id: String,
    /// The order.
    pub order_id: String,
}

/// The fields beside the value of a payment.
struct Beside<'a> {
    id: &'a str,
    order_id: &'a str,
    status: &'a str,
    live: bool,
    version: i64,
}

impl Beside<'_> {
    /// Which of them say something else than the payment.
    fn differing(&self, payment: &Payment) -> Vec<&'static str> {
        let agree = [
            ("id", self.id == payment.id.to_string()),
            ("order_id", self.order_id == payment.order_id.to_string()),
            ("status", self.status == payment.status().as_str()),
            ("live", self.live == payment.is_open()),
            ("version", u64::try_from(self.version) == Ok(payment.version)),
        ];
        agree.into_iter().filter(|(_, agrees)| !agrees).map(|(name, _)| name).collect()
    }
}

/// What can be asked of stored payments.
#[async_trait]
pub trait Audit: Send + Sync + 'static {
    /// About how many payments there are.
    async fn count(&self) -> StoreResult<u64>;
    /// The payments of these orders.
    async fn payments_of(&self, orders: &[OrderId]) -> StoreResult<Vec<Stored>>;
    /// The payments with these ids that are there.
    async fn owners_of(&self, payments: Vec<String>) -> StoreResult<Vec<Owner>>;
    /// Up to `limit` payments after an id (empty: from the first), by id.
    async fn owners(&self, after: &str, limit: u32) -> StoreResult<Vec<Owner>>;
    /// Up to `limit` entries in this state of each queue, oldest first, with the queue's name.
    async fn entries(&self, state: WorkState, limit: usize) -> StoreResult<Vec<(&'static str, WorkEntry)>>;
    /// Lets go of the store.
    async fn close(&self);
}

/// Opens the store of a payment service that may be at work, to read it.
///
/// # Errors
/// [`StoreError`] where there is no such store, or one of another version of the program.
pub async fn open(url: &StoreUrl, options: &ConnectOptions) -> StoreResult<Arc<dyn Audit>> {
    match url {
        StoreUrl::Sqlite(path) => {
            let path = path.clone();
            let opened = tokio::task::spawn_blocking(move || sqlite::SqliteAudit::open(&path)).await;
            Ok(Arc::new(opened.map_err(StoreError::internal)??))
        }
        StoreUrl::Mongo(url) => Ok(Arc::new(mongo::MongoAudit::open(url, options).await?)),
    }
}
