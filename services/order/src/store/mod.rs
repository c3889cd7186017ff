//! The port to the store, in the words of the domain: whole orders, whole categories and products. Each method is one
//! atomic step on one of them; what must be unique or unchanged comes back as a result.

pub(crate) mod mongo;
pub(crate) mod sqlite;

use std::sync::Arc;

use api::order::{Category, PatchCategory, PatchProduct, Product};
use async_trait::async_trait;
use domain::{CategoryId, CustomerId, OrderId, OrderStatus, Page, ProductId, Timestamp};
use store::{NewWork, StoreResult, Work, WorkCounts, WorkQueue};

use crate::menu::Menu;
use crate::order::{Order, Request};

pub use mongo::MongoStore;
pub use sqlite::SqliteStore;

/// What became of a category or product that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written<T> {
    /// It is stored like this.
    Stored(T),
    /// Another one has that name.
    NameTaken,
    /// Its category is not there.
    NoCategory,
    /// It is not there.
    Gone,
}

/// What became of a category or product that was to be taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removed {
    /// It is away.
    Removed,
    /// A category that has products.
    InUse,
    /// It was not there.
    Gone,
}

/// What became of a new order.
#[derive(Debug, Clone)]
pub enum Inserted {
    /// It is stored and has its number. With the entry of the outbox if that was leased to the caller.
    New(Box<Order>, Option<Work>),
    /// The same key made this order before.
    Seen(Box<Order>),
    /// These products are not there any more.
    NoProduct(Vec<ProductId>),
}

/// What became of a changed order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replaced {
    /// It is stored.
    Stored,
    /// Somebody else has changed it meanwhile.
    Conflict,
}

/// Which orders are wanted; `None` leaves a filter out.
#[derive(Debug, Clone, Default)]
pub struct OrderFilter {
    /// Only this one.
    pub id: Option<OrderId>,
    /// Only this customer's.
    pub customer_id: Option<CustomerId>,
    /// Only in this status.
    pub status: Option<OrderStatus>,
    /// Only placed later than this.
    pub created_after: Option<Timestamp>,
    /// Only placed earlier than this.
    pub created_before: Option<Timestamp>,
    /// Only changed later than this.
    pub updated_after: Option<Timestamp>,
}

/// Part of a list.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The part.
    pub orders: Vec<Order>,
    /// How many there are in all, counted no further than [`Page::COUNT_CAP`] and one.
    pub total: u32,
}

/// Two numbers that differ from the last answer when somebody else may have written: another process, or a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamps {
    /// About the menu.
    pub menu: i64,
    /// About orders.
    pub orders: i64,
}

/// Where menu, orders and the outbox are kept.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// The whole menu.
    async fn menu(&self) -> StoreResult<Menu>;
    /// Adds a category.
    async fn add_category(&self, category: Category) -> StoreResult<Written<Category>>;
    /// Changes what the patch names.
    async fn patch_category(&self, id: CategoryId, patch: PatchCategory) -> StoreResult<Written<Category>>;
    /// Takes a category away, unless it has products.
    async fn remove_category(&self, id: CategoryId) -> StoreResult<Removed>;
    /// Adds a product.
    async fn add_product(&self, product: Product) -> StoreResult<Written<Product>>;
    /// Changes what the patch names.
    async fn patch_product(&self, id: ProductId, patch: PatchProduct) -> StoreResult<Written<Product>>;
    /// Hangs up a whole menu, whose names are all different, where there is none; whether there was none.
    async fn first_menu(&self, menu: Menu) -> StoreResult<bool>;
    /// Takes a product off the menu: erased, or retired if it was ever sold.
    async fn remove_product(&self, id: ProductId) -> StoreResult<Removed>;

    /// Stores a new order with the next number of its day and with its outbox entry; marks its products as sold. A
    /// request that made an order less than a day before `order.created_at` makes none.
    async fn insert(&self, order: Order, work: Option<NewWork>) -> StoreResult<Inserted>;
    /// The order that this request made after `since`, if it did.
    async fn made_by(&self, request: &Request, since: Timestamp) -> StoreResult<Option<Order>>;
    /// One order.
    async fn order(&self, id: OrderId) -> StoreResult<Option<Order>>;
    /// Those of these orders that are there and can be read, in no order.
    async fn orders_of(&self, ids: Vec<OrderId>) -> StoreResult<Vec<Order>>;
    /// Stores an order in place of the one with version `expected`, with further outbox entries. Gives back the first
    /// of them leased, if it asked for that.
    async fn replace(&self, order: Order, expected: u64, work: Vec<NewWork>) -> StoreResult<(Replaced, Option<Work>)>;
    /// Stores an order out of which a person was taken in place of the one with version `expected`, and takes what people
    /// wrote out of its errands, in the same step.
    async fn forget(&self, order: Order, expected: u64) -> StoreResult<Replaced>;
    /// Leaves nothing of what was erased in the files, as far as the database allows.
    async fn purge(&self) -> StoreResult<()>;
    /// A page of the orders, newest first.
    async fn orders(&self, filter: OrderFilter, page: Page) -> StoreResult<Listed>;
    /// The orders of the kitchen's queue, in no order.
    async fn queued(&self) -> StoreResult<Vec<Order>>;
    /// The orders of the kitchen's queue with their versions, at a price that does not grow with the past. `None` where one
    /// process has the store to itself and knows them.
    async fn queue_versions(&self) -> StoreResult<Option<Vec<(OrderId, u64)>>>;
    /// Up to `limit` orders changed at `since` or later, after `(since, id)`, the longest unchanged first.
    async fn changed(&self, since: Timestamp, after: Option<OrderId>, limit: u32) -> StoreResult<Vec<Order>>;
    /// All orders changed at `since` or later with their versions, the longest unchanged first.
    async fn changed_versions(&self, since: Timestamp) -> StoreResult<Vec<(OrderId, u64)>>;
    /// Up to `limit` orders that ended by themselves before `now` and were not ended yet.
    async fn overdue(&self, now: Timestamp, limit: u32) -> StoreResult<Vec<Order>>;
    /// How many orders are requested, paid, and so on to out for delivery.
    async fn count_open(&self) -> StoreResult<u64>;

    /// Ends the leases that a process which was killed still holds, where no other process can hold any. For the start of a
    /// service.
    async fn recover(&self) -> StoreResult<()>;
    /// The outbox.
    fn outbox(&self) -> Arc<dyn WorkQueue>;
    /// How much is in the outbox.
    async fn outbox_counts(&self) -> StoreResult<WorkCounts>;

    /// Whether somebody else may have written.
    async fn foreign_writes(&self) -> StoreResult<Stamps>;
    /// The public keys that were kept, as JSON.
    async fn load_keys(&self) -> StoreResult<Option<String>>;
    /// Keeps the public keys.
    async fn save_keys(&self, keys: String) -> StoreResult<()>;
    /// Whether the store answers.
    async fn ping(&self) -> StoreResult<()>;
    /// Finishes what was accepted.
    async fn close(&self);
}
