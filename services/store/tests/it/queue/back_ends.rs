use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use domain::Timestamp;
use rusqlite::Connection;
use store::mongo::bson::doc;
use store::mongo::{Docs, MongoQueue, Schema};
use store::{Dead, Lease, NewWork, Raised, StoreResult, Work, WorkCounts, WorkEntry, WorkQueue, WorkState, WorkTable};

use super::Queue;
use crate::mongo::server::{Kind, Place, on};
use crate::support::OUTBOX;

/// A table in memory.
struct Table(Mutex<Connection>);

pub(crate) fn sqlite() -> Arc<dyn Queue> {
    let c = Connection::open_in_memory().unwrap();
    c.execute_batch(&WorkTable::create_sql("outbox")).unwrap();
    Arc::new(Table(Mutex::new(c)))
}

impl Table {
    fn c(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap()
    }
}

#[async_trait]
impl WorkQueue for Table {
    async fn claim(&self, now: Timestamp, lease_for: Duration, limit: usize) -> StoreResult<Vec<Work>> {
        OUTBOX.claim(&self.c(), now, lease_for, limit)
    }

    async fn renew(&self, work: &Work, until: Timestamp) -> StoreResult<bool> {
        OUTBOX.renew(&self.c(), work.id, &work.lease, until)
    }

    async fn done(&self, work: &Work) -> StoreResult<bool> {
        OUTBOX.done(&self.c(), work.id, &work.lease)
    }

    async fn retry(&self, work: &Work, due_at: Timestamp, error: &str) -> StoreResult<bool> {
        OUTBOX.retry(&self.c(), work.id, &work.lease, due_at, error)
    }

    async fn bury(&self, work: &Work, error: &str) -> StoreResult<bool> {
        OUTBOX.bury(&self.c(), work.id, &work.lease, error)
    }

    async fn wake_all(&self, kind: Option<&str>, now: Timestamp) -> StoreResult<usize> {
        OUTBOX.wake_all(&self.c(), kind, now)
    }

    async fn dead(&self, limit: usize) -> StoreResult<Vec<WorkEntry>> {
        OUTBOX.list_dead(&self.c(), limit)
    }

    async fn replay(&self, which: &Dead, now: Timestamp) -> StoreResult<usize> {
        OUTBOX.replay(&self.c(), which, now)
    }
}

#[async_trait]
impl Queue for Table {
    async fn put(&self, work: NewWork, now: Timestamp) -> Option<Lease> {
        OUTBOX.put(&self.c(), work, now).unwrap()
    }

    async fn raise(&self, work: NewWork, now: Timestamp) -> Raised {
        OUTBOX.put_or_wake(&self.c(), work, now).unwrap()
    }

    async fn counts(&self) -> WorkCounts {
        OUTBOX.counts(&self.c()).unwrap()
    }

    async fn list(&self, state: WorkState) -> Vec<WorkEntry> {
        OUTBOX.list(&self.c(), state, 100).unwrap()
    }

    async fn damage(&self, aggregate: &str) {
        let sql = "UPDATE outbox SET payload = '{' WHERE aggregate = ?1";
        assert!(self.c().execute(sql, [aggregate]).unwrap() > 0);
    }
}

/// A queue of documents, inside aggregates or on their own.
pub(crate) struct Documents {
    pub(crate) docs: Docs,
    pub(crate) queue: MongoQueue,
    inside: bool,
}

impl Documents {
    pub(crate) async fn open(place: &Place, inside: bool) -> Documents {
        let mongo = place.connect().await;
        let (name, index) = match inside {
            true => ("orders", MongoQueue::index_inside("work", "outbox")),
            false => ("inbox", MongoQueue::index_of("work")),
        };
        mongo.prepare(&Schema { service: "order", version: 1, indexes: vec![(name, vec![index])] }).await.unwrap();
        let docs = mongo.docs("order", name, "an order");
        let queue = if inside { MongoQueue::inside(docs.clone(), "outbox") } else { MongoQueue::of(docs.clone()) };
        Documents { docs, queue, inside }
    }
}

#[async_trait]
impl WorkQueue for Documents {
    async fn claim(&self, now: Timestamp, lease_for: Duration, limit: usize) -> StoreResult<Vec<Work>> {
        self.queue.claim(now, lease_for, limit).await
    }

    async fn renew(&self, work: &Work, until: Timestamp) -> StoreResult<bool> {
        self.queue.renew(work, until).await
    }

    async fn done(&self, work: &Work) -> StoreResult<bool> {
        self.queue.done(work).await
    }

    async fn retry(&self, work: &Work, due_at: Timestamp, error: &str) -> StoreResult<bool> {
        self.queue.retry(work, due_at, error).await
    }

    async fn bury(&self, work: &Work, error: &str) -> StoreResult<bool> {
        self.queue.bury(work, error).await
    }

    async fn wake_all(&self, kind: Option<&str>, now: Timestamp) -> StoreResult<usize> {
        self.queue.wake_all(kind, now).await
    }

    async fn dead(&self, limit: usize) -> StoreResult<Vec<WorkEntry>> {
        self.queue.dead(limit).await
    }

    async fn replay(&self, which: &Dead, now: Timestamp) -> StoreResult<usize> {
        self.queue.replay(which, now).await
    }
}

#[async_trait]
impl Queue for Documents {
    /// As a service does: an aggregate that has no entry gives the lease, one that has takes the entry without.
    async fn put(&self, work: NewWork, now: Timestamp) -> Option<Lease> {
        assert!(self.inside);
        self.docs.upsert(doc! { "_id": &work.aggregate }, doc! { "$setOnInsert": { "outbox": [] } }).await.unwrap();
        let leads = doc! { "_id": &work.aggregate, "outbox": { "$size": 0 } };
        let (entries, lease) = MongoQueue::entries(std::slice::from_ref(&work), true, now).unwrap();
        let push = doc! { "$push": { "outbox": { "$each": entries } } };
        if self.docs.update(leads, push).await.unwrap().unwrap() {
            return lease;
        }
        let (entries, none) = MongoQueue::entries(std::slice::from_ref(&work), false, now).unwrap();
        let push = doc! { "$push": { "outbox": { "$each": entries } } };
        assert!(self.docs.update(doc! { "_id": &work.aggregate }, push).await.unwrap().unwrap());
        none
    }

    async fn raise(&self, work: NewWork, now: Timestamp) -> Raised {
        assert!(!self.inside);
        self.queue.put_or_wake(work, now).await.unwrap()
    }

    async fn counts(&self) -> WorkCounts {
        self.queue.counts().await.unwrap()
    }

    async fn list(&self, state: WorkState) -> Vec<WorkEntry> {
        self.queue.list(state, 100).await.unwrap()
    }

    async fn damage(&self, aggregate: &str) {
        let field = if self.inside { "outbox.0.payload" } else { "payload" };
        assert!(self.docs.update(doc! { "_id": aggregate }, doc! { "$set": { field: "{" } }).await.unwrap().unwrap());
    }
}

pub(crate) async fn outbox<F: Future<Output = ()>>(kind: Kind, case: impl FnOnce(Arc<dyn Queue>) -> F) {
    on(kind, async |place: Place| case(Arc::new(Documents::open(&place, true).await)).await).await;
}

pub(crate) async fn inbox<F: Future<Output = ()>>(kind: Kind, case: impl FnOnce(Arc<dyn Queue>) -> F) {
    on(kind, async |place: Place| case(Arc::new(Documents::open(&place, false).await)).await).await;
}
