use std::collections::HashMap;

use api::payment::PaymentEvent;
use async_trait::async_trait;
use domain::{OrderId, Timestamp};
use serde::Deserialize;
use store::mongo::bson::serde_helpers::HumanReadable;
use store::mongo::bson::{self, Bson, Document, doc};
use store::mongo::{ConnectOptions, Docs, MongoQueue, Part};
use store::{Mongo, StoreError, StoreResult, WorkEntry, WorkState};

use super::{Audit, Beside, Owner, Stored, Unreadable, Waiting};
use crate::payment::Payment;
use crate::store::mongo::schema::{NOTICE, OUTBOX, schema};

/// The collections of a payment service.
pub(super) struct MongoAudit {
    mongo: Mongo,
    payments: Docs,
    inbox: Docs,
}

#[derive(Deserialize)]
struct Known {
    _id: String,
    order_id: String,
}

/// A payment that claims payments of MercadoPago's.
#[derive(Deserialize)]
struct Claims {
    _id: String,
    provider_payments: Vec<String>,
}

impl MongoAudit {
    pub(super) async fn open(url: &str, options: &ConnectOptions) -> StoreResult<Self> {
        let mongo = Mongo::connect(url, options).await?;
        if mongo.check(&schema()).await?.is_none() {
            let why = "it holds no payments of ours".to_owned();
            return Err(StoreError::Refused { store: mongo.shown().to_owned(), why });
        }
        let payments = mongo.docs("payment", "payments", "a payment");
        Ok(MongoAudit { payments, inbox: mongo.docs("payment", "inbox", "an entry of the inbox"), mongo })
    }

    /// Whose each of these payments of MercadoPago's is, by the field on which the unique index is.
    async fn claims(&self, providers: &[String]) -> StoreResult<HashMap<String, Vec<String>>> {
        if providers.is_empty() {
            return Ok(HashMap::new());
        }
        // The second condition is the index's own.
        let filter = doc! { "provider_payments": { "$in": providers }, "provider_payments.0": { "$exists": true } };
        let part = Part { only: Some(doc! { "provider_payments": 1 }), ..Part::default() };
        let mut owners: HashMap<String, Vec<String>> = HashMap::new();
        for claims in self.payments.list::<Claims>(filter, part).await? {
            for provider in claims.provider_payments {
                owners.entry(provider).or_default().push(claims._id.clone());
            }
        }
        Ok(owners)
    }

    async fn known(&self, filter: Document, limit: u32) -> StoreResult<Vec<Owner>> {
        let part = Part { sort: doc! { "_id": 1 }, limit, only: Some(doc! { "order_id": 1 }), ..Part::default() };
        let found: Vec<Known> = self.payments.list(filter, part).await?;
        Ok(found.into_iter().map(|known| Owner { id: known._id, order_id: known.order_id }).collect())
    }
}

fn stored(document: &Document) -> Stored {
    let text = |name: &str| document.get_str(name).unwrap_or_default();
    let version = match document.get("version") {
        Some(Bson::Int64(version)) => *version,
        Some(Bson::Int32(version)) => i64::from(*version),
        _ => -1,
    };
    let beside = Beside {
        id: text("_id"),
        order_id: text("order_id"),
        status: text("status"),
        live: document.get_bool("live").unwrap_or_default(),
        version,
    };
    let value = document.get_document("payment").cloned().unwrap_or_default();
    let (facts, differing) = match bson::deserialize_from_document::<HumanReadable<Payment>>(value.clone()) {
        Ok(payment) => (Ok(payment.0.facts()), beside.differing(&payment.0)),
        Err(_) => {
            let value = serde_json::to_value(&value).unwrap_or_default();
            (Err(Unreadable::of(&value, "its document has another shape")), Vec::new())
        }
    };
    let log = document.get_array("log").ok().and_then(|log| log.last()).and_then(Bson::as_document).cloned();
    let log = log.and_then(|last| bson::deserialize_from_document::<HumanReadable<PaymentEvent>>(last).ok());
    Stored {
        id: beside.id.to_owned(),
        of: beside.order_id.to_owned(),
        facts,
        differing,
        log_ends: log.map(|last| last.0.status),
        strangers: Vec::new(),
        work: waiting(document),
    }
}

fn waiting(document: &Document) -> Waiting {
    let lists = || [OUTBOX, NOTICE].into_iter().filter_map(|field| document.get_array(field).ok());
    let entries = || lists().flatten().filter_map(Bson::as_document);
    let is = |entry: &Document, state: WorkState| entry.get_str("state").is_ok_and(|word| word == state.as_str());
    let open = entries().filter(|entry| is(entry, WorkState::Open));
    let since = open.filter_map(|entry| entry.get_i64("created_at").ok()).min();
    Waiting { since: since.map(Timestamp::from_millis), dead: entries().any(|entry| is(entry, WorkState::Dead)) }
}

#[async_trait]
impl Audit for MongoAudit {
    async fn count(&self) -> StoreResult<u64> {
        let payments = self.payments.raw();
        self.mongo.run(async move { payments.estimated_document_count().await }).await
    }

    async fn payments_of(&self, orders: &[OrderId]) -> StoreResult<Vec<Stored>> {
        let orders: Vec<String> = orders.iter().map(ToString::to_string).collect();
        let part = Part { sort: doc! { "order_id": 1, "_id": 1 }, ..Part::default() };
        let found: Vec<Document> = self.payments.list(doc! { "order_id": { "$in": orders } }, part).await?;
        let mut all: Vec<Stored> = found.iter().map(stored).collect();
        let providers =
            |stored: &Stored| stored.facts.iter().flat_map(|facts| facts.provider_payments.clone()).collect();
        let asked: Vec<String> = all.iter().flat_map(|stored| -> Vec<String> { providers(stored) }).collect();
        let owners = self.claims(&asked).await?;
        for stored in &mut all {
            let own = stored.id.clone();
            for provider in providers(stored) {
                match owners.get(&provider).map(Vec::as_slice) {
                    Some([only]) if *only == own => {}
                    Some(many) => {
                        let other = many.iter().find(|other| **other != own).cloned();
                        stored.strangers.push((provider, other));
                    }
                    None => stored.strangers.push((provider, None)),
                }
            }
        }
        Ok(all)
    }

    async fn owners_of(&self, payments: Vec<String>) -> StoreResult<Vec<Owner>> {
        self.known(doc! { "_id": { "$in": payments } }, 0).await
    }

    async fn owners(&self, after: &str, limit: u32) -> StoreResult<Vec<Owner>> {
        self.known(doc! { "_id": { "$gt": after } }, limit).await
    }

    async fn entries(&self, state: WorkState, limit: usize) -> StoreResult<Vec<(&'static str, WorkEntry)>> {
        let queues = [
            ("inbox", MongoQueue::of(self.inbox.clone())),
            ("outbox", MongoQueue::inside(self.payments.clone(), OUTBOX)),
            ("outbox", MongoQueue::inside(self.payments.clone(), NOTICE)),
        ];
        let mut all = Vec::new();
        for (name, queue) in queues {
            all.extend(queue.list(state, limit).await?.into_iter().map(|entry| (name, entry)));
        }
        Ok(all)
    }

    async fn close(&self) {
        self.mongo.close().await;
    }
}
