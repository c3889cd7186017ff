use async_trait::async_trait;
use domain::{OrderId, Timestamp};
use serde::Deserialize;
use store::mongo::bson::serde_helpers::HumanReadable;
use store::mongo::bson::{self, Bson, Document, doc};
use store::mongo::{ConnectOptions, Docs, MongoQueue, Part};
use store::{Mongo, StoreError, StoreResult, WorkEntry, WorkState};

use super::{Audit, Number, Stored, Unreadable, Waiting};
use crate::order::Order;
use crate::store::mongo::schema::{OUTBOX, schema};

/// The collection of an order service.
pub(super) struct MongoAudit {
    mongo: Mongo,
    orders: Docs,
}

#[derive(Deserialize)]
struct Numbered {
    _id: String,
    day: String,
    number: i64,
}

#[derive(Deserialize)]
struct Known {
    _id: String,
}

impl MongoAudit {
    pub(super) async fn open(url: &str, options: &ConnectOptions) -> StoreResult<Self> {
        let mongo = Mongo::connect(url, options).await?;
        if mongo.check(&schema()).await?.is_none() {
            let why = "it holds no orders of ours".to_owned();
            return Err(StoreError::Refused { store: mongo.shown().to_owned(), why });
        }
        Ok(MongoAudit { orders: mongo.docs("order", "orders", "an order"), mongo })
    }

    async fn list(&self, filter: Document, limit: u32) -> StoreResult<Vec<Stored>> {
        let part = Part { sort: doc! { "_id": 1 }, limit, ..Part::default() };
        let found: Vec<Document> = self.orders.list(filter, part).await?;
        Ok(found.into_iter().map(stored).collect())
    }
}

/// A page with every order of its numbers: of the last one more may follow, so that it belongs to the next page.
fn whole(mut page: Vec<Number>, more: bool) -> Vec<Number> {
    page.sort_by(|a, b| (&a.day, a.number, &a.id).cmp(&(&b.day, b.number, &b.id)));
    let last = page.last().map(|last| (last.day.clone(), last.number));
    let before = page.partition_point(|number| Some((number.day.clone(), number.number)) < last);
    if more && before > 0 {
        page.truncate(before);
    }
    page
}

fn stored(document: Document) -> Stored {
    let id = document.get("_id").map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned));
    let version = match document.get("version") {
        Some(Bson::Int64(version)) => *version,
        Some(Bson::Int32(version)) => i64::from(*version),
        _ => -1,
    };
    let work = waiting(document.get_array(OUTBOX).map(Vec::as_slice).unwrap_or_default());
    let order = bson::deserialize_from_document::<HumanReadable<Order>>(document.clone());
    let order = order.map(|order| order.0).map_err(|_| {
        // The driver's message may quote a value, which may be a person's.
        Unreadable::of(&serde_json::to_value(&document).unwrap_or_default(), "its document has another shape")
    });
    Stored { id: id.unwrap_or_default(), version, order, work }
}

fn waiting(entries: &[Bson]) -> Waiting {
    let entries = || entries.iter().filter_map(Bson::as_document);
    let state = |entry: &Document| entry.get_str("state").map(str::to_owned).unwrap_or_default();
    let open = entries().filter(|entry| state(entry) == WorkState::Open.as_str());
    let since = open.filter_map(|entry| entry.get_i64("created_at").ok()).min();
    let dead = entries().any(|entry| state(entry) == WorkState::Dead.as_str());
    Waiting { since: since.map(Timestamp::from_millis), dead }
}

#[async_trait]
impl Audit for MongoAudit {
    async fn count(&self) -> StoreResult<u64> {
        let orders = self.orders.raw();
        self.mongo.run(async move { orders.estimated_document_count().await }).await
    }

    async fn last_id(&self) -> StoreResult<Option<String>> {
        let part = Part { sort: doc! { "_id": -1 }, limit: 1, only: Some(doc! { "_id": 1 }), ..Part::default() };
        let last: Vec<Known> = self.orders.list(Document::new(), part).await?;
        Ok(last.into_iter().next().map(|last| last._id))
    }

    async fn orders(&self, after: &str, until: &str, limit: u32) -> StoreResult<Vec<Stored>> {
        self.list(doc! { "_id": { "$gt": after, "$lte": until } }, limit).await
    }

    async fn orders_of(&self, ids: &[OrderId]) -> StoreResult<Vec<Stored>> {
        let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        self.list(doc! { "_id": { "$in": ids } }, 0).await
    }

    async fn missing(&self, ids: Vec<OrderId>) -> StoreResult<Vec<OrderId>> {
        let texts: Vec<String> = ids.iter().map(ToString::to_string).collect();
        let part = Part { only: Some(doc! { "_id": 1 }), ..Part::default() };
        let found: Vec<Known> = self.orders.list(doc! { "_id": { "$in": texts } }, part).await?;
        let found: std::collections::HashSet<String> = found.into_iter().map(|known| known._id).collect();
        Ok(ids.into_iter().filter(|id| !found.contains(&id.to_string())).collect())
    }

    async fn numbers(&self, after: &Number, limit: u32) -> StoreResult<Vec<Number>> {
        let Number { day, number, .. } = after;
        let filter = doc! { "$or": [{ "day": { "$gt": day } }, { "day": day, "number": { "$gt": number } }] };
        let only = Some(doc! { "day": 1, "number": 1 });
        // The order of the index, which has no ids: with them, everything that remains would be sorted for each page.
        let (sort, limit) = (doc! { "day": 1, "number": 1 }, limit.max(2));
        let found: Vec<Numbered> = self.orders.list(filter, Part { sort, limit, only, ..Part::default() }).await?;
        let full = found.len() >= limit as usize;
        let found = found.into_iter().map(|found| Number { day: found.day, number: found.number, id: found._id });
        Ok(whole(found.collect(), full))
    }

    async fn outbox(&self, state: WorkState, limit: usize) -> StoreResult<Vec<WorkEntry>> {
        MongoQueue::inside(self.orders.clone(), OUTBOX).list(state, limit).await
    }

    async fn close(&self) {
        self.mongo.close().await;
    }
}
