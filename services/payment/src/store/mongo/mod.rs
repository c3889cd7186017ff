//! The port on MongoDB: a payment is one document with its value, its log and its work, next to the fields that are
//! searched or unique.

mod document;
mod outbox;
pub(crate) mod schema;

use std::sync::Arc;

use api::payment::PaymentEvent;
use async_trait::async_trait;
use domain::{Page, PaymentId, Timestamp};
use serde::Deserialize;
use store::mongo::bson::{self, Bson, Document, doc};
use store::mongo::{Change, ConnectOptions, Docs, MongoQueue, Part};
use store::{Mongo, NewWork, StoreError, StoreResult, WorkCounts, WorkQueue};

use super::{Filter, Inserted, Listed, PaymentStore, Saved, Schedule};
use crate::idempotency::Key;
use crate::payment::{Payment, Step, without_reason};
use document::{Due, First, Log, Row, Wait};
use outbox::Outbox;

/// How often an insert is decided anew because what stood in its way has gone.
const TRIES: usize = 20;
/// The document with the public keys.
const KEYS: &str = "keys";

/// Payments on a MongoDB server.
#[derive(Clone)]
pub struct MongoStore {
    mongo: Mongo,
    payments: Docs,
    meta: Docs,
    inbox: MongoQueue,
    outbox: Arc<Outbox>,
    schedule: Schedule,
}

#[derive(Deserialize)]
struct Kept {
    value: String,
}

impl MongoStore {
    /// Connects to the server, and prepares the collections.
    ///
    /// # Errors
    /// As [`Mongo::connect`] and [`Mongo::prepare`].
    pub async fn open(url: &str, options: &ConnectOptions, schedule: Schedule) -> StoreResult<Self> {
        let mongo = Mongo::connect(url, options).await?;
        mongo.prepare(&schema::schema()).await?;
        let payments = mongo.docs("payment", "payments", "a payment");
        Ok(MongoStore {
            inbox: MongoQueue::of(mongo.docs("payment", "inbox", "an entry of the inbox")),
            outbox: Arc::new(Outbox::new(&payments)),
            meta: mongo.docs("payment", "meta", "a note"),
            payments,
            mongo,
            schedule,
        })
    }

    /// Why a payment was not stored; `None` when what stood in its way has gone meanwhile.
    async fn in_the_way(&self, payment: &Payment, now: Timestamp) -> StoreResult<Option<Inserted>> {
        if let Some(key) = &payment.key
            && let Some(seen) = self.with_key(key, now).await?
        {
            let same = seen.key.as_ref().is_some_and(|first| key.repeats(first));
            return Ok(Some(if same { Inserted::Replayed(Box::new(seen)) } else { Inserted::KeyReused }));
        }
        if !payment.is_open() {
            return Ok(None);
        }
        let live = doc! { "order_id": payment.order_id.to_string(), "live": true };
        Ok(document::one(&self.payments, live).await?.map(|live| Inserted::ChargeExists(live.id)))
    }

    /// The payment that holds this key. One that is older than a day gives it up.
    async fn with_key(&self, key: &Key, now: Timestamp) -> StoreResult<Option<Payment>> {
        let holder = doc! { "key_scope": &key.scope };
        let Some(seen) = document::one(&self.payments, holder).await? else { return Ok(None) };
        if now.since(seen.created_at) < Key::LIFE {
            return Ok(Some(seen));
        }
        let mut holder = document::id(seen.id);
        holder.insert("key_scope", &key.scope);
        let freed = self.payments.update(holder, doc! { "$unset": { "key_scope": "" } }).await?;
        freed.map_err(|duplicate| unexpected(&duplicate.index))?;
        Ok(None)
    }

    /// Puts off one that is due and cannot be read, whatever is wrong with it.
    async fn put_off(&self, due: &Document, now: Timestamp) -> StoreResult<()> {
        tracing::error!(payment = %due.get("_id").unwrap_or(&Bson::Null), "a payment that is due cannot be read");
        let filter = due.iter().filter(|(name, _)| matches!(name.as_str(), "_id" | "next_check_at"));
        let filter: Document = filter.map(|(name, value)| (name.clone(), value.clone())).collect();
        let next = now.plus(self.schedule.longest()).millis();
        let put_off = self.payments.update(filter, doc! { "$set": { "next_check_at": next } }).await?;
        put_off.map(|_| ()).map_err(|taken| unexpected(&taken.index))
    }

    /// Takes one payment that is due, unless somebody else was quicker.
    async fn take(&self, due: Due, now: Timestamp) -> StoreResult<Option<Payment>> {
        let payment = due.payment.0;
        let wait = self.schedule.after(due.checks.saturating_add(1));
        let next = payment.next_check(wait, now).map(|next| next.max(now.plus(self.schedule.first)));
        let mut update = doc! { "$inc": { "checks": 1_i64 } };
        match next {
            Some(next) => update.insert("$set", doc! { "next_check_at": next.millis() }),
            // Also one that is due for the last time must leave the index.
            None => update.insert("$unset", doc! { "next_check_at": "" }),
        };
        let mut filter = document::id(payment.id);
        filter.insert("next_check_at", due.next_check_at);
        let taken = self.payments.update(filter, update).await?.map_err(|taken| unexpected(&taken.index))?;
        Ok(taken.then_some(payment))
    }
}

fn unexpected(index: &str) -> StoreError {
    StoreError::internal(format!("unexpected duplicate in {index}"))
}

fn conditions(filter: &Filter) -> Document {
    [
        filter.payment_id.map(|id| ("_id", Bson::from(id.to_string()))),
        filter.order_id.map(|id| ("order_id", id.to_string().into())),
        filter.customer_id.map(|id| ("customer_id", id.to_string().into())),
        filter.status.map(|status| ("status", status.as_str().into())),
        filter.created_after.map(|after| ("created_at", doc! { "$gt": after.millis() }.into())),
    ]
    .into_iter()
    .flatten()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

#[async_trait]
impl PaymentStore for MongoStore {
    async fn insert(&self, payment: &Payment, step: Step, now: Timestamp) -> StoreResult<Inserted> {
        let (document, lease) = document::new(payment, &step, self.schedule, now)?;
        for _ in 0..TRIES {
            let Err(taken) = self.payments.insert(&document).await? else {
                return Ok(Inserted::New(document::held(step.work.first(), lease, now)));
            };
            match self.in_the_way(payment, now).await? {
                Some(answer) => return Ok(answer),
                None if taken.index == schema::KEY || taken.index == schema::LIVE => {}
                None => return Err(unexpected(&taken.index)),
            }
        }
        Err(StoreError::unavailable("what stands in the way of a payment comes and goes"))
    }

    async fn save(&self, payment: &Payment, step: Step, now: Timestamp) -> StoreResult<Saved> {
        let (update, lease) = document::changed(payment, &step, self.schedule, now)?;
        let first = doc! { "_id": 0, "token": { "$first": format!("${}.lease_token", schema::OUTBOX) } };
        match self.payments.change::<First>(Change::new(document::before(payment)?, update).only(first)).await? {
            Ok(Some(first)) => {
                let lease = MongoQueue::given(lease, first.token.as_deref());
                Ok(Saved::Done(document::held(step.work.first(), lease, now)))
            }
            Ok(None) => Ok(Saved::Stale),
            Err(taken) if taken.index == schema::PROVIDER => Ok(Saved::Taken),
            Err(taken) => Err(unexpected(&taken.index)),
        }
    }

    async fn payment(&self, id: PaymentId) -> StoreResult<Option<Payment>> {
        document::one(&self.payments, document::id(id)).await
    }

    async fn by_provider(&self, provider_payment_id: &str) -> StoreResult<Option<Payment>> {
        // The second condition is the index's own.
        let filter = doc! { "provider_payments": provider_payment_id, "provider_payments.0": { "$exists": true } };
        document::one(&self.payments, filter).await
    }

    async fn list(&self, filter: Filter, page: Page) -> StoreResult<Listed> {
        let filter = conditions(&filter);
        let total = self.payments.count_to(filter.clone(), Page::COUNT_CAP + 1).await?;
        let part =
            Part { sort: doc! { "_id": -1 }, skip: page.skip, limit: page.limit, only: Some(doc! { "payment": 1 }) };
        let rows: Vec<Row> = self.payments.list(filter, part).await?;
        Ok(Listed { items: rows.into_iter().map(Payment::from).collect(), total })
    }

    async fn events(&self, id: PaymentId) -> StoreResult<Vec<PaymentEvent>> {
        let log: Option<Log> = self.payments.get(document::id(id)).await?;
        Ok(log.into_iter().flat_map(|log| log.log).map(|event| event.0).collect())
    }

    async fn forget_reasons(&self, id: PaymentId) -> StoreResult<()> {
        let log: Option<Log> = self.payments.get(document::id(id)).await?;
        // Rows keep their place: a log is only ever added to.
        let mut shorter = Document::new();
        for (place, event) in log.into_iter().flat_map(|log| log.log).enumerate() {
            if let Some(event) = without_reason(&event.0) {
                shorter.insert(format!("log.{place}.detail"), event.detail);
            }
        }
        if shorter.is_empty() {
            return Ok(());
        }
        let changed = self.payments.update(document::id(id), doc! { "$set": shorter }).await?;
        changed.map(|_| ()).map_err(|duplicate| unexpected(&duplicate.index))
    }

    /// Nothing: no query finds what was erased; the server's journal and oplog let go of it as they age.
    async fn purge(&self) -> StoreResult<()> {
        Ok(())
    }

    async fn take_due(&self, now: Timestamp, limit: u32) -> StoreResult<Vec<Payment>> {
        let only = Some(doc! { "payment": 1, "next_check_at": 1, "checks": 1 });
        let part = Part { sort: doc! { "next_check_at": 1 }, limit, only, ..Part::default() };
        let due: Vec<Document> = self.payments.list(doc! { "next_check_at": { "$lte": now.millis() } }, part).await?;
        let mut payments = Vec::with_capacity(due.len());
        for due in due {
            match bson::deserialize_from_document(due.clone()) {
                Ok(due) => payments.extend(self.take(due, now).await?),
                // The driver's message may quote a value, which may be a person's.
                Err(_) => self.put_off(&due, now).await?,
            }
        }
        Ok(payments)
    }

    async fn unanswered(&self, id: PaymentId, now: Timestamp) -> StoreResult<()> {
        let Some(Wait { next_check_at: Some(next), checks }) = self.payments.get(document::id(id)).await? else {
            return Ok(());
        };
        let Some(before) = checks.checked_sub(1) else { return Ok(()) };
        let again = now.plus(self.schedule.after(before)).millis().min(next);
        let mut filter = document::id(id);
        filter.insert("next_check_at", next);
        let update = doc! { "$set": { "next_check_at": again, "checks": i64::from(before) } };
        let put = self.payments.update(filter, update).await?;
        put.map(|_| ()).map_err(|taken| unexpected(&taken.index))
    }

    async fn notified(&self, provider_payment_id: &str, now: Timestamp) -> StoreResult<()> {
        let payload = serde_json::json!({ "provider_payment_id": provider_payment_id });
        let entry = NewWork::new(provider_payment_id, "payment", payload, now);
        self.inbox.put_or_wake(entry, now).await.map(|_| ())
    }

    fn inbox(&self) -> Arc<dyn WorkQueue> {
        Arc::new(self.inbox.clone())
    }

    fn outbox(&self) -> Arc<dyn WorkQueue> {
        self.outbox.clone()
    }

    async fn counts(&self) -> StoreResult<(WorkCounts, WorkCounts)> {
        Ok((self.inbox.counts().await?, self.outbox.counts().await?))
    }

    /// Nothing: others work here too, and what a process held that was killed comes back when its leases end.
    async fn release_leases(&self) -> StoreResult<()> {
        Ok(())
    }

    async fn keys(&self) -> StoreResult<Option<String>> {
        Ok(self.meta.get::<Kept>(doc! { "_id": KEYS }).await?.map(|kept| kept.value))
    }

    async fn keep_keys(&self, keys: &str) -> StoreResult<()> {
        self.meta.upsert(doc! { "_id": KEYS }, doc! { "$set": { "value": keys } }).await.map(|_| ())
    }

    async fn ping(&self) -> StoreResult<()> {
        self.mongo.ping().await
    }

    async fn close(&self) {
        self.mongo.close().await;
    }
}
