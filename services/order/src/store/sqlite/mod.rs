//! The store on SQLite.

mod menu;
mod orders;
pub(crate) mod schema;

use std::path::Path;
use std::sync::Arc;

use api::order::{Category, PatchCategory, PatchProduct, Product};
use async_trait::async_trait;
use domain::{CategoryId, OrderId, Page, ProductId, Timestamp};
use rusqlite::OptionalExtension as _;
use store::{NewWork, Sqlite, SqliteQueue, StoreError, StoreResult, Work, WorkCounts, WorkQueue};

use super::{Inserted, Listed, OrderFilter, Removed, Replaced, Stamps, Store, Written};
use crate::menu::Menu;
use crate::order::{Order, Request};
use schema::OUTBOX;

/// Menu, orders and outbox in one SQLite file.
#[derive(Debug, Clone)]
pub struct SqliteStore(Sqlite);

impl SqliteStore {
    /// Opens the file, and creates or migrates it as needed. Blocks shortly.
    ///
    /// # Errors
    /// As [`Sqlite::open`].
    pub fn open(path: &Path) -> StoreResult<Self> {
        Sqlite::open(path, schema::migrations()).map(SqliteStore)
    }

    /// Opens a file that is only looked at.
    ///
    /// # Errors
    /// As [`Sqlite::open_read_only`].
    pub fn open_read_only(path: &Path) -> StoreResult<Self> {
        Sqlite::open_read_only(path).map(SqliteStore)
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn menu(&self) -> StoreResult<Menu> {
        self.0.read(menu::load).await
    }

    async fn add_category(&self, category: Category) -> StoreResult<Written<Category>> {
        self.0.write(move |c| menu::add_category(c, category)).await
    }

    async fn patch_category(&self, id: CategoryId, patch: PatchCategory) -> StoreResult<Written<Category>> {
        self.0.write(move |c| menu::patch_category(c, id, &patch)).await
    }

    async fn remove_category(&self, id: CategoryId) -> StoreResult<Removed> {
        self.0.write(move |c| menu::remove_category(c, id)).await
    }

    async fn add_product(&self, product: Product) -> StoreResult<Written<Product>> {
        self.0.write(move |c| menu::add_product(c, product)).await
    }

    async fn patch_product(&self, id: ProductId, patch: PatchProduct) -> StoreResult<Written<Product>> {
        self.0.write(move |c| menu::patch_product(c, id, &patch)).await
    }

    async fn remove_product(&self, id: ProductId) -> StoreResult<Removed> {
        self.0.write(move |c| menu::remove_product(c, id)).await
    }

    async fn first_menu(&self, menu: Menu) -> StoreResult<bool> {
        self.0.write(move |c| menu::first(c, &menu)).await
    }

    async fn insert(&self, order: Order, work: Option<NewWork>) -> StoreResult<Inserted> {
        self.0.write(move |c| orders::insert(c, order, work)).await
    }

    async fn made_by(&self, request: &Request, since: Timestamp) -> StoreResult<Option<Order>> {
        let request = request.clone();
        self.0.read(move |c| Ok(orders::made_by(c, &request)?.filter(|order| order.created_at > since))).await
    }

    async fn order(&self, id: OrderId) -> StoreResult<Option<Order>> {
        self.0.read(move |c| orders::by_id(c, id)).await
    }

    async fn orders_of(&self, ids: Vec<OrderId>) -> StoreResult<Vec<Order>> {
        self.0.read(move |c| orders::by_ids(c, &ids)).await
    }

    async fn replace(&self, order: Order, expected: u64, work: Vec<NewWork>) -> StoreResult<(Replaced, Option<Work>)> {
        self.0.write(move |c| orders::replace(c, &order, expected, work)).await
    }

    async fn forget(&self, order: Order, expected: u64) -> StoreResult<Replaced> {
        self.0.write(move |c| orders::forget(c, &order, expected)).await
    }

    async fn purge(&self) -> StoreResult<()> {
        self.0.truncate_wal().await
    }

    async fn orders(&self, filter: OrderFilter, page: Page) -> StoreResult<Listed> {
        self.0.read(move |c| orders::list(c, &filter, page)).await
    }

    async fn queued(&self) -> StoreResult<Vec<Order>> {
        self.0.read(orders::queued).await
    }

    async fn queue_versions(&self) -> StoreResult<Option<Vec<(OrderId, u64)>>> {
        Ok(None)
    }

    async fn changed(&self, since: Timestamp, after: Option<OrderId>, limit: u32) -> StoreResult<Vec<Order>> {
        self.0.read(move |c| orders::changed(c, since, after, limit)).await
    }

    async fn changed_versions(&self, since: Timestamp) -> StoreResult<Vec<(OrderId, u64)>> {
        self.0.read(move |c| orders::changed_versions(c, since)).await
    }

    async fn overdue(&self, now: Timestamp, limit: u32) -> StoreResult<Vec<Order>> {
        self.0.read(move |c| orders::overdue(c, now, limit)).await
    }

    async fn count_open(&self) -> StoreResult<u64> {
        self.0.read(orders::count_open).await
    }

    async fn recover(&self) -> StoreResult<()> {
        self.0.write(|c| OUTBOX.release_leases(c).map(|_| ())).await
    }

    fn outbox(&self) -> Arc<dyn WorkQueue> {
        Arc::new(SqliteQueue::new(self.0.clone(), OUTBOX))
    }

    async fn outbox_counts(&self) -> StoreResult<WorkCounts> {
        self.0.read(|c| OUTBOX.counts(c)).await
    }

    async fn foreign_writes(&self) -> StoreResult<Stamps> {
        // The number moves when another connection commits; asked of the writer, its own commits do not count
        // (https://www.sqlite.org/pragma.html#pragma_data_version).
        self.0
            .write(|c| {
                let moved = c.query_row("PRAGMA data_version", [], |row| row.get(0))?;
                Ok(Stamps { menu: moved, orders: moved })
            })
            .await
    }

    async fn load_keys(&self) -> StoreResult<Option<String>> {
        self.0
            .read(|c| Ok::<_, StoreError>(c.query_row("SELECT jwks FROM keys", [], |row| row.get(0)).optional()?))
            .await
    }

    async fn save_keys(&self, keys: String) -> StoreResult<()> {
        self.0
            .write(move |c| {
                c.execute("INSERT INTO keys VALUES (1, ?1) ON CONFLICT DO UPDATE SET jwks = excluded.jwks", [keys])?;
                Ok(())
            })
            .await
    }

    async fn ping(&self) -> StoreResult<()> {
        self.0.ping().await
    }

    async fn close(&self) {
        self.0.close().await;
    }
}
