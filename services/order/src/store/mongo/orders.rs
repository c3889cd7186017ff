use std::time::Duration;

use domain::{OrderId, OrderStatus, Page, Timestamp};
use serde::Deserialize;
use store::mongo::bson::serde_helpers::HumanReadable;
use store::mongo::bson::{self, Bson, Document, doc};
use store::mongo::{Change, Docs, MongoQueue, Part};
use store::{Lease, NewWork, StoreError, StoreResult, Work};

use super::super::{Inserted, Listed, OrderFilter, Replaced};
use super::schema::{NUMBER, OUTBOX, REQUEST};
use crate::order::{Errand, Order, Request};

/// How long the repeat of a request is recognised.
const REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60);
/// How often an insert is tried again because of what others insert.
const TRIES: usize = 20;

/// The orders, each one document, and the last number of each day.
#[derive(Clone)]
pub(super) struct Orders {
    pub(super) docs: Docs,
    pub(super) days: Docs,
}

/// Which order, and where it stands in the list of changes.
#[derive(Deserialize)]
struct Place {
    _id: OrderId,
    updated_at: Timestamp,
}

/// What is written in the errands of an order.
#[derive(Deserialize)]
struct Outbox {
    #[serde(default)]
    outbox: Vec<Written>,
}

#[derive(Deserialize)]
struct Written {
    id: String,
    payload: String,
}

#[derive(Deserialize)]
struct Known {
    _id: OrderId,
    version: u64,
}

#[derive(Deserialize)]
struct Last {
    last: u32,
}

#[derive(Deserialize)]
struct Numbered {
    number: u32,
}

/// Ids and times as texts, as everywhere; the id is the document's.
fn written(order: &Order) -> StoreResult<Document> {
    let mut document = bson::serialize_to_document(&HumanReadable(order)).map_err(StoreError::internal)?;
    if let Some(id) = document.remove("id") {
        document.insert("_id", id);
    }
    Ok(document)
}

/// BSON counts no further than this, and no order is changed that often.
fn number(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}

fn with_id(id: OrderId) -> Document {
    doc! { "_id": id.to_string() }
}

fn leased(work: &NewWork, lease: Lease, now: Timestamp) -> Work {
    let NewWork { id, aggregate, kind, payload, .. } = work.clone();
    Work { id, aggregate, kind, payload, attempts: 1, created_at: now, lease }
}

impl Orders {
    async fn list(&self, filter: Document, part: Part) -> StoreResult<Vec<Order>> {
        let found: Vec<HumanReadable<Order>> = self.docs.list(filter, part).await?;
        Ok(found.into_iter().map(|order| order.0).collect())
    }

    async fn versions(&self, filter: Document, sort: Document) -> StoreResult<Vec<(OrderId, u64)>> {
        let part = Part { sort, only: Some(doc! { "_id": 1, "version": 1 }), ..Part::default() };
        let found: Vec<HumanReadable<Known>> = self.docs.list(filter, part).await?;
        Ok(found.into_iter().map(|known| (known.0._id, known.0.version)).collect())
    }

    pub(super) async fn by_id(&self, id: OrderId) -> StoreResult<Option<Order>> {
        let found: Option<HumanReadable<Order>> = self.docs.get(with_id(id)).await?;
        Ok(found.map(|order| order.0))
    }

    pub(super) async fn by_ids(&self, ids: &[OrderId]) -> StoreResult<Vec<Order>> {
        let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        self.list(doc! { "_id": { "$in": ids } }, Part::default()).await
    }

    pub(super) async fn made_by(&self, request: &Request, since: Timestamp) -> StoreResult<Option<Order>> {
        let filter = doc! { "request.scope": &request.scope, "request.key": &request.key };
        let found: Option<HumanReadable<Order>> = self.docs.get(filter).await?;
        Ok(found.map(|order| order.0).filter(|order| order.created_at > since))
    }

    /// The order that the same key made before, if a repeat of that is still recognised.
    pub(super) async fn made_before(&self, order: &Order) -> StoreResult<Option<Order>> {
        match &order.request {
            Some(request) => self.made_by(request, order.created_at.minus(REMEMBERED)).await,
            None => Ok(None),
        }
    }

    pub(super) async fn insert(&self, mut order: Order, work: Option<NewWork>) -> StoreResult<Inserted> {
        let (entries, lease) = MongoQueue::entries(work.as_slice(), true, order.created_at)?;
        for _ in 0..TRIES {
            order.number = self.next_number(&order.day).await?;
            let mut document = written(&order)?;
            document.insert(OUTBOX, entries.clone());
            let Err(taken) = self.docs.insert(&document).await? else {
                let leased = work.as_ref().zip(lease).map(|(work, lease)| leased(work, lease, order.created_at));
                return Ok(Inserted::New(Box::new(order), leased));
            };
            match taken.index.as_str() {
                REQUEST => match self.made_before(&order).await? {
                    Some(before) => return Ok(Inserted::Seen(Box::new(before))),
                    None => self.forget_request(&order).await?,
                },
                NUMBER => self.catch_up_number(&order.day).await?,
                other => return Err(StoreError::internal(format!("unexpected duplicate in {other}"))),
            }
        }
        Err(StoreError::unavailable("orders come in too fast"))
    }

    /// The key has served its day and may be used again.
    async fn forget_request(&self, order: &Order) -> StoreResult<()> {
        let Some(request) = &order.request else { return Ok(()) };
        let filter = doc! {
            "request.scope": &request.scope,
            "request.key": &request.key,
            "created_at": { "$lte": order.created_at.minus(REMEMBERED).to_string() },
        };
        self.change(filter, doc! { "$set": { REQUEST: Bson::Null } }).await.map(|_| ())
    }

    /// A number is taken once and for all, whatever becomes of the order.
    async fn next_number(&self, day: &str) -> StoreResult<u32> {
        for _ in 0..TRIES {
            let next = Change::new(doc! { "_id": day }, doc! { "$inc": { "last": 1_i64 } }).or_insert();
            // Two that begin the day at once: one of them counts on.
            if let Ok(Some(taken)) = self.days.change::<Last>(next).await? {
                return Ok(taken.last);
            }
        }
        Err(StoreError::unavailable("the day begins too often"))
    }

    /// Somebody has brought back an older count, or none.
    async fn catch_up_number(&self, day: &str) -> StoreResult<()> {
        let only = Some(doc! { "_id": 0, "number": 1 });
        let part = Part { sort: doc! { "day": -1, "number": -1 }, limit: 1, only, ..Part::default() };
        let highest: Vec<Numbered> = self.docs.list(doc! { "day": day }, part).await?;
        if let Some(highest) = highest.first() {
            tracing::warn!(day, number = highest.number, "the count of the day was behind its orders");
            let last = doc! { "$max": { "last": i64::from(highest.number) } };
            self.days.upsert(doc! { "_id": day }, last).await?;
        }
        Ok(())
    }

    async fn change(&self, filter: Document, update: Document) -> StoreResult<bool> {
        let changed = self.docs.update(filter, update).await?;
        changed.map_err(|taken| StoreError::internal(format!("unexpected duplicate in {}", taken.index)))
    }

    pub(super) async fn replace(
        &self,
        order: &Order,
        expected: u64,
        work: &[NewWork],
    ) -> StoreResult<(Replaced, Option<Work>)> {
        let filter = doc! { "_id": order.id.to_string(), "version": number(expected) };
        if let Some(first) = work.first().filter(|first| first.lease.is_some()) {
            let mut leading = filter.clone();
            leading.insert(format!("{OUTBOX}.0"), doc! { "$exists": false });
            let (entries, lease) = MongoQueue::entries(work, true, order.updated_at)?;
            if self.write(leading, order, entries).await? {
                return Ok((Replaced::Stored, lease.map(|lease| leased(first, lease, order.updated_at))));
            }
        }
        let (entries, _) = MongoQueue::entries(work, false, order.updated_at)?;
        let stored = self.write(filter, order, entries).await?;
        Ok((if stored { Replaced::Stored } else { Replaced::Conflict }, None))
    }

    /// The filter holds on to the version and with it to the errands that were read: none is added without a new version.
    /// One that is done meanwhile stays away.
    pub(super) async fn forget(&self, order: &Order, expected: u64) -> StoreResult<Replaced> {
        let mut filter = with_id(order.id);
        filter.insert("version", number(expected));
        let found: Option<Outbox> = self.docs.get(filter.clone()).await?;
        let Some(found) = found else { return Ok(Replaced::Conflict) };
        let mut set = Document::new();
        for (name, value) in written(order)? {
            if name != "_id" {
                set.insert(name, doc! { "$literal": value });
            }
        }
        let mut shorter = Vec::new();
        for entry in &found.outbox {
            if let Some(errand) = Errand::read(&entry.payload)?.without_reason() {
                let is_it = doc! { "$eq": ["$$entry.id", &entry.id] };
                shorter.push(Bson::from(doc! { "case": is_it, "then": { "$literal": errand.written()? } }));
            }
        }
        if !shorter.is_empty() {
            let payload = doc! { "$switch": { "branches": shorter, "default": "$$entry.payload" } };
            let entry = doc! { "$mergeObjects": ["$$entry", { "payload": payload }] };
            set.insert(OUTBOX, doc! { "$map": { "input": format!("${OUTBOX}"), "as": "entry", "in": entry } });
        }
        let changed = self.docs.update(filter, vec![doc! { "$set": set }]).await?;
        match changed {
            Ok(true) => Ok(Replaced::Stored),
            Ok(false) => Ok(Replaced::Conflict),
            Err(taken) => Err(StoreError::internal(format!("unexpected duplicate in {}", taken.index))),
        }
    }

    async fn write(&self, filter: Document, order: &Order, entries: Vec<Bson>) -> StoreResult<bool> {
        let mut set = written(order)?;
        set.remove("_id");
        if order.request.is_some() {
            // It never changes, but it may have been forgotten since the order was read.
            set.remove(REQUEST);
        }
        let mut update = doc! { "$set": set };
        if !entries.is_empty() {
            update.insert("$push", doc! { OUTBOX: { "$each": entries } });
        }
        match self.change(filter, update).await {
            // Nobody knows whether it was applied. If it was, the order is there just as we wrote it.
            Err(error) if error.is_unavailable() => match self.by_id(order.id).await {
                Ok(Some(found)) if found == *order => Ok(true),
                _ => Err(error),
            },
            answer => answer,
        }
    }

    pub(super) async fn page(&self, filter: &OrderFilter, page: Page) -> StoreResult<Listed> {
        let filter = condition(filter);
        let total = self.docs.count_to(filter.clone(), Page::COUNT_CAP + 1).await?;
        let sort = doc! { "created_at": -1, "_id": -1 };
        let part = Part { sort, skip: page.skip, limit: page.limit, only: None };
        Ok(Listed { orders: self.list(filter, part).await?, total })
    }

    pub(super) async fn queued(&self) -> StoreResult<Vec<Order>> {
        self.list(in_queue(), Part::default()).await
    }

    pub(super) async fn queue_versions(&self) -> StoreResult<Vec<(OrderId, u64)>> {
        self.versions(in_queue(), doc! {}).await
    }

    pub(super) async fn changed_versions(&self, since: Timestamp) -> StoreResult<Vec<(OrderId, u64)>> {
        let filter = doc! { "updated_at": { "$gte": since.to_string() } };
        self.versions(filter, doc! { "updated_at": 1, "_id": 1 }).await
    }

    /// A page is full although some of it may be unreadable: otherwise it would look like the last.
    pub(super) async fn changed(
        &self,
        since: Timestamp,
        after: Option<OrderId>,
        limit: u32,
    ) -> StoreResult<Vec<Order>> {
        let (mut since, mut after) = (since, after);
        let mut orders: Vec<Order> = Vec::new();
        loop {
            let left = limit.saturating_sub(u32::try_from(orders.len()).unwrap_or(limit)).max(1);
            let places = self.places(since, after, left).await?;
            let ids: Vec<OrderId> = places.iter().map(|place| place._id).collect();
            let mut found = self.by_ids(&ids).await?;
            found.sort_by_key(|order| (order.updated_at, order.id));
            orders.append(&mut found);
            let (Some(last), true) = (places.last(), places.len() == left as usize) else { return Ok(orders) };
            if orders.len() >= limit as usize {
                return Ok(orders);
            }
            (since, after) = (last.updated_at, Some(last._id));
        }
    }

    async fn places(&self, since: Timestamp, after: Option<OrderId>, limit: u32) -> StoreResult<Vec<Place>> {
        let since = since.to_string();
        let mut filter = doc! { "updated_at": { "$gte": &since } };
        if let Some(after) = after {
            let later = doc! { "updated_at": { "$gt": since } };
            filter.insert("$or", vec![later, doc! { "_id": { "$gt": after.to_string() } }]);
        }
        let only = Some(doc! { "_id": 1, "updated_at": 1 });
        let part = Part { sort: doc! { "updated_at": 1, "_id": 1 }, limit, only, ..Part::default() };
        let found: Vec<HumanReadable<Place>> = self.docs.list(filter, part).await?;
        Ok(found.into_iter().map(|place| place.0).collect())
    }

    pub(super) async fn overdue(&self, now: Timestamp, limit: u32) -> StoreResult<Vec<Order>> {
        // The lower bound is the filter of the index.
        let filter = doc! { "ends_at": { "$gt": "", "$lte": now.to_string() } };
        self.list(filter, Part { sort: doc! { "ends_at": 1 }, limit, ..Part::default() }).await
    }

    pub(super) async fn count_open(&self) -> StoreResult<u64> {
        use OrderStatus::{OutForDelivery, Paid, Preparing, ReadyForPickup, Requested};
        let open = [Requested, Paid, Preparing, ReadyForPickup, OutForDelivery].map(OrderStatus::as_str).to_vec();
        self.docs.count_to(doc! { "status": { "$in": open } }, u32::MAX).await.map(u64::from)
    }
}

fn in_queue() -> Document {
    doc! { "status": { "$in": OrderStatus::QUEUE.map(OrderStatus::as_str).to_vec() } }
}

/// The filters that are set.
fn condition(filter: &OrderFilter) -> Document {
    let mut condition = Document::new();
    let equal = [
        ("_id", filter.id.map(|id| id.to_string())),
        ("customer_id", filter.customer_id.map(|id| id.to_string())),
        ("status", filter.status.map(|status| status.to_string())),
    ];
    condition.extend(equal.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into()))));
    let times = [
        ("created_at", "$gt", filter.created_after),
        ("created_at", "$lt", filter.created_before),
        ("updated_at", "$gt", filter.updated_after),
    ];
    let set =
        times.into_iter().filter_map(|(name, test, at)| Some(Bson::from(doc! { name: { test: at?.to_string() } })));
    let set: Vec<Bson> = set.collect();
    if !set.is_empty() {
        condition.insert("$and", set);
    }
    condition
}
