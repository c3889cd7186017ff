//! The store on MongoDB, for any number of processes.

mod menu;
mod orders;
pub(crate) mod schema;
mod stir;

use std::sync::Arc;

use api::order::{Category, PatchCategory, PatchProduct, Product};
use async_trait::async_trait;
use domain::{CategoryId, OrderId, Page, ProductId, Timestamp};
use serde::Deserialize;
use store::mongo::bson::doc;
use store::mongo::{ConnectOptions, Docs, MongoQueue};
use store::{Mongo, NewWork, StoreResult, Work, WorkCounts, WorkQueue};

use super::{Inserted, Listed, OrderFilter, Removed, Replaced, Stamps, Store, Written};
use crate::menu::Menu;
use crate::order::{Order, Request};
use menu::MenuDoc;
use orders::Orders;
use schema::OUTBOX;
use stir::Stir;

/// Which document holds the public keys.
const KEYS: &str = "jwks";

/// Menu, orders and outbox in the collections `order_…` of one database.
#[derive(Clone)]
pub struct MongoStore {
    mongo: Mongo,
    orders: Orders,
    menu: MenuDoc,
    keys: Docs,
    outbox: MongoQueue,
    stir: Arc<Stir>,
}

#[derive(Deserialize)]
struct Keys {
    jwks: String,
}

impl MongoStore {
    /// Connects, and creates the indexes that are missing.
    ///
    /// # Errors
    /// As [`Mongo::connect`] and [`Mongo::prepare`].
    pub async fn open(url: &str, options: &ConnectOptions) -> StoreResult<Self> {
        let mongo = Mongo::connect(url, options).await?;
        mongo.prepare(&schema::schema()).await?;
        let orders = mongo.docs("order", "orders", "an order");
        Ok(MongoStore {
            outbox: MongoQueue::inside(orders.clone(), OUTBOX),
            stir: Arc::new(Stir::follow(orders.clone())),
            orders: Orders { docs: orders, days: mongo.docs("order", "days", "the count of a day") },
            menu: MenuDoc(mongo.docs("order", "menu", "the menu")),
            keys: mongo.docs("order", "keys", "the public keys"),
            mongo,
        })
    }
}

#[async_trait]
impl Store for MongoStore {
    async fn menu(&self) -> StoreResult<Menu> {
        self.menu.load().await
    }

    async fn add_category(&self, category: Category) -> StoreResult<Written<Category>> {
        self.menu.add_category(category).await
    }

    async fn patch_category(&self, id: CategoryId, patch: PatchCategory) -> StoreResult<Written<Category>> {
        self.menu.patch_category(id, &patch).await
    }

    async fn remove_category(&self, id: CategoryId) -> StoreResult<Removed> {
        self.menu.remove_category(id).await
    }

    async fn add_product(&self, product: Product) -> StoreResult<Written<Product>> {
        self.menu.add_product(product).await
    }

    async fn patch_product(&self, id: ProductId, patch: PatchProduct) -> StoreResult<Written<Product>> {
        self.menu.patch_product(id, &patch).await
    }

    async fn remove_product(&self, id: ProductId) -> StoreResult<Removed> {
        self.menu.remove_product(id).await
    }

    async fn first_menu(&self, menu: Menu) -> StoreResult<bool> {
        self.menu.first(&menu).await
    }

    async fn insert(&self, order: Order, work: Option<NewWork>) -> StoreResult<Inserted> {
        let products: Vec<ProductId> = order.lines.iter().map(|line| line.product_id).collect();
        // Before the order: a product that goes meanwhile is retired and not erased.
        let gone = self.menu.mark_sold(&products).await?;
        if gone.is_empty() {
            return self.orders.insert(order, work).await;
        }
        Ok(match self.orders.made_before(&order).await? {
            Some(before) => Inserted::Seen(Box::new(before)),
            None => Inserted::NoProduct(gone),
        })
    }

    async fn made_by(&self, request: &Request, since: Timestamp) -> StoreResult<Option<Order>> {
        self.orders.made_by(request, since).await
    }

    async fn order(&self, id: OrderId) -> StoreResult<Option<Order>> {
        self.orders.by_id(id).await
    }

    async fn orders_of(&self, ids: Vec<OrderId>) -> StoreResult<Vec<Order>> {
        self.orders.by_ids(&ids).await
    }

    async fn replace(&self, order: Order, expected: u64, work: Vec<NewWork>) -> StoreResult<(Replaced, Option<Work>)> {
        self.orders.replace(&order, expected, &work).await
    }

    async fn forget(&self, order: Order, expected: u64) -> StoreResult<Replaced> {
        self.orders.forget(&order, expected).await
    }

    /// Nothing: no query finds what was erased; the server's journal and oplog let go of it as they age.
    async fn purge(&self) -> StoreResult<()> {
        Ok(())
    }

    async fn orders(&self, filter: OrderFilter, page: Page) -> StoreResult<Listed> {
        self.orders.page(&filter, page).await
    }

    async fn queued(&self) -> StoreResult<Vec<Order>> {
        self.orders.queued().await
    }

    async fn queue_versions(&self) -> StoreResult<Option<Vec<(OrderId, u64)>>> {
        self.orders.queue_versions().await.map(Some)
    }

    async fn changed(&self, since: Timestamp, after: Option<OrderId>, limit: u32) -> StoreResult<Vec<Order>> {
        self.orders.changed(since, after, limit).await
    }

    async fn changed_versions(&self, since: Timestamp) -> StoreResult<Vec<(OrderId, u64)>> {
        self.orders.changed_versions(since).await
    }

    async fn overdue(&self, now: Timestamp, limit: u32) -> StoreResult<Vec<Order>> {
        self.orders.overdue(now, limit).await
    }

    async fn count_open(&self) -> StoreResult<u64> {
        self.orders.count_open().await
    }

    /// Whose leases those are is not known: other processes may be at work. They expire.
    async fn recover(&self) -> StoreResult<()> {
        Ok(())
    }

    fn outbox(&self) -> Arc<dyn WorkQueue> {
        Arc::new(self.outbox.clone())
    }

    async fn outbox_counts(&self) -> StoreResult<WorkCounts> {
        self.outbox.counts().await
    }

    async fn foreign_writes(&self) -> StoreResult<Stamps> {
        Ok(Stamps { menu: self.menu.stamp().await?, orders: self.stir.stamp() })
    }

    async fn load_keys(&self) -> StoreResult<Option<String>> {
        Ok(self.keys.get::<Keys>(doc! { "_id": KEYS }).await?.map(|keys| keys.jwks))
    }

    async fn save_keys(&self, keys: String) -> StoreResult<()> {
        self.keys.upsert(doc! { "_id": KEYS }, doc! { "$set": { "jwks": keys } }).await.map(|_| ())
    }

    async fn ping(&self) -> StoreResult<()> {
        self.mongo.ping().await
    }

    async fn close(&self) {
        self.stir.end();
        self.mongo.close().await;
    }
}
