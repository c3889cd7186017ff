use api::payment::PaymentEvent;
use domain::{PaymentId, Timestamp};
use serde::Deserialize;
use store::mongo::bson::serde_helpers::HumanReadable;
use store::mongo::bson::{Bson, Document, doc, serialize_to_bson};
use store::mongo::{Docs, MongoQueue};
use store::{Lease, NewWork, StoreError, StoreResult, Work};

use super::schema::{NOTICE, OUTBOX};
use crate::payment::{Payment, Step};
use crate::store::Schedule;
use crate::task::Task;

/// What is read of a payment's document.
#[derive(Deserialize)]
pub(super) struct Row {
    payment: HumanReadable<Payment>,
}

/// What is read of one that is due to be asked for.
#[derive(Deserialize)]
pub(super) struct Due {
    pub(super) payment: HumanReadable<Payment>,
    pub(super) next_check_at: i64,
    #[serde(default)]
    pub(super) checks: u32,
}

/// When a payment is to be asked for.
#[derive(Deserialize)]
pub(super) struct Wait {
    pub(super) next_check_at: Option<i64>,
    #[serde(default)]
    pub(super) checks: u32,
}

/// What is read of its log.
#[derive(Deserialize)]
pub(super) struct Log {
    pub(super) log: Vec<HumanReadable<PaymentEvent>>,
}

/// The lease of the first entry after a change.
#[derive(Deserialize)]
pub(super) struct First {
    #[serde(default)]
    pub(super) token: Option<String>,
}

impl From<Row> for Payment {
    fn from(row: Row) -> Self {
        row.payment.0
    }
}

/// Ids and times as texts, as they travel.
fn value(value: &impl serde::Serialize) -> StoreResult<Bson> {
    serialize_to_bson(&HumanReadable(value)).map_err(StoreError::internal)
}

fn log(step: &Step) -> StoreResult<Vec<Bson>> {
    step.events.iter().map(value).collect()
}

fn version(version: u64) -> StoreResult<i64> {
    i64::try_from(version).map_err(StoreError::internal)
}

/// The fields that are searched or unique, next to the whole value. What is none is left out, so that no index holds it.
fn fields(payment: &Payment) -> StoreResult<Document> {
    let mut fields = doc! {
        "order_id": payment.order_id.to_string(),
        "status": payment.status().as_str(),
        "live": payment.is_open(),
        "version": version(payment.version)?,
        "payment": value(payment)?,
    };
    if let Some(customer) = payment.customer_id {
        fields.insert("customer_id", customer.to_string());
    }
    Ok(fields)
}

fn provider_payments(payment: &Payment) -> Vec<String> {
    payment.provider_payments().map(str::to_owned).collect()
}

/// A new payment's document, and the lease on its first entry.
pub(super) fn new(
    payment: &Payment,
    step: &Step,
    schedule: Schedule,
    now: Timestamp,
) -> StoreResult<(Document, Option<Lease>)> {
    let mut document = doc! { "_id": payment.id.to_string() };
    document.extend(fields(payment)?);
    let (entries, lease) = MongoQueue::entries(&step.work, true, now)?;
    let notice = step.notify.then(|| Task::notice(payment.id, now));
    document.extend(doc! {
        "created_at": payment.created_at.millis(),
        "checks": 0_i64,
        "provider_payments": provider_payments(payment),
        "log": log(step)?,
        OUTBOX: entries,
        NOTICE: MongoQueue::entries(notice.as_slice(), false, now)?.0,
    });
    if let Some(next) = payment.next_check(schedule.first, now) {
        document.insert("next_check_at", next.millis());
    }
    if let Some(key) = &payment.key {
        document.insert("key_scope", &key.scope);
    }
    Ok((document, lease))
}

/// An update by pipeline that puts a changed payment in the place of the version before it: everything at once, also what
/// depends on what is there.
pub(super) fn changed(
    payment: &Payment,
    step: &Step,
    schedule: Schedule,
    now: Timestamp,
) -> StoreResult<(Vec<Document>, Option<Lease>)> {
    let mut set: Document =
        fields(payment)?.into_iter().map(|(name, value)| (name, doc! { "$literal": value }.into())).collect();
    let (outbox, lease) = MongoQueue::appended(OUTBOX, &step.work, now)?;
    let next = match payment.next_check(schedule.first, now) {
        Some(next) => doc! { "$ifNull": ["$next_check_at", next.millis()] }.into(),
        None => Bson::from("$$REMOVE"),
    };
    set.extend(doc! {
        "provider_payments": { "$setUnion": ["$provider_payments", { "$literal": provider_payments(payment) }] },
        "log": { "$concatArrays": ["$log", { "$literal": log(step)? }] },
        "next_check_at": next,
        OUTBOX: outbox,
    });
    if payment.customer_id.is_none() {
        set.insert("customer_id", "$$REMOVE");
    }
    if payment.key.is_none() {
        set.insert("key_scope", "$$REMOVE");
    }
    if step.notify {
        set.insert(NOTICE, MongoQueue::raised(NOTICE, &Task::notice(payment.id, now), now)?);
    }
    Ok((vec![doc! { "$set": set }], lease))
}

/// The version of a payment that a change needs.
pub(super) fn before(payment: &Payment) -> StoreResult<Document> {
    Ok(doc! { "_id": payment.id.to_string(), "version": version(payment.version)? - 1 })
}

/// The first piece of work, for whoever put it and holds it.
pub(super) fn held(work: Option<&NewWork>, lease: Option<Lease>, now: Timestamp) -> Vec<Work> {
    let held = |(work, lease): (&NewWork, Lease)| Work {
        id: work.id,
        aggregate: work.aggregate.clone(),
        kind: work.kind.clone(),
        payload: work.payload.clone(),
        attempts: 1,
        created_at: now,
        lease,
    };
    work.zip(lease).map(held).into_iter().collect()
}

/// The payment that matches.
pub(super) async fn one(docs: &Docs, filter: Document) -> StoreResult<Option<Payment>> {
    Ok(docs.get::<Row>(filter).await?.map(Payment::from))
}

/// A payment's own filter.
pub(super) fn id(id: PaymentId) -> Document {
    doc! { "_id": id.to_string() }
}
