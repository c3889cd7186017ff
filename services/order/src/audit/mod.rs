//! The orders as they are stored, for whoever checks them: only reads, each of them short, in the order of the ids. Beside
//! a service at work, each page is a state that was.

mod mongo;
mod sqlite;
mod unreadable;

use std::sync::Arc;

use async_trait::async_trait;
use domain::{OrderId, Timestamp};
use store::mongo::ConnectOptions;
use store::{StoreError, StoreResult, StoreUrl, WorkEntry, WorkState};

use crate::order::Order;
pub use unreadable::Unreadable;

/// An order with what its row or document says besides.
#[derive(Debug, Clone)]
pub struct Stored {
    /// The id, as text: in a damaged store it may be none.
    pub id: String,
    /// The version by which changes are compared.
    pub version: i64,
    /// The order, or why there is none to be read.
    pub order: Result<Order, Unreadable>,
    /// What the order still has to do elsewhere.
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

/// A pick-up number and whose it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Number {
    /// The business day.
    pub day: String,
    /// The number.
    pub number: i64,
    /// The order.
    pub id: String,
}

/// What can be asked of stored orders.
#[async_trait]
pub trait Audit: Send + Sync + 'static {
    /// About how many orders there are.
    async fn count(&self) -> StoreResult<u64>;
    /// The greatest id: what is placed later sorts behind it.
    async fn last_id(&self) -> StoreResult<Option<String>>;
    /// Up to `limit` orders after one id (empty: from the first) and up to another, by id.
    async fn orders(&self, after: &str, until: &str, limit: u32) -> StoreResult<Vec<Stored>>;
    /// Those of these orders that are there.
    async fn orders_of(&self, ids: &[OrderId]) -> StoreResult<Vec<Stored>>;
    /// Those of these orders that are not there.
    async fn missing(&self, ids: Vec<OrderId>) -> StoreResult<Vec<OrderId>>;
    /// Up to `limit` numbers after one, by day, number and order; none when there are no more.
    async fn numbers(&self, after: &Number, limit: u32) -> StoreResult<Vec<Number>>;
    /// Up to `limit` entries of the outbox in this state, oldest first.
    async fn outbox(&self, state: WorkState, limit: usize) -> StoreResult<Vec<WorkEntry>>;
    /// Lets go of the store.
    async fn close(&self);
}

/// Opens the store of an order service that may be at work, to read it.
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
