use std::time::Duration;

use domain::{EntryId, Timestamp};
use futures_util::future::join_all;
use mongodb::bson::{Bson, Document, doc, serialize_to_bson};
use serde::Deserialize;

use super::entry::{self, Stored};
use super::{Change, Docs, Duplicate, Index, Part};
use crate::work::{Dead, Lease, NewWork, Raised, Work, WorkCounts, WorkEntry, WorkQueue, WorkState};
use crate::{StoreError, StoreResult};

/// How often a claim looks again after others were quicker.
const ROUNDS: usize = 4;

/// A queue of work in a collection, for a [`Worker`](crate::Worker). Means the same as [`WorkTable`](crate::WorkTable) on
/// SQLite, with any number of processes. Times are the caller's.
#[derive(Clone)]
pub struct MongoQueue {
    docs: Docs,
    shape: Shape,
}

/// Where the entries are. The `_id` of a document is the aggregate that they are about, as text.
#[derive(Clone, Copy)]
enum Shape {
    /// In a list inside each document, oldest first.
    Inside(&'static str),
    /// Each document is one.
    Own,
}

impl Shape {
    /// The path of the oldest entry, with its dot: the only one that anybody may take.
    fn head(self) -> String {
        match self {
            Shape::Inside(field) => format!("{field}.0."),
            Shape::Own => String::new(),
        }
    }

    /// The path of the entry that a filter has found, with its dot.
    fn found(self) -> String {
        match self {
            Shape::Inside(field) => format!("{field}.$."),
            Shape::Own => String::new(),
        }
    }

    /// An expression for the oldest entry.
    fn first(self) -> Document {
        match self {
            Shape::Inside(field) => doc! { "_id": 1, "entry": { "$first": format!("${field}") } },
            Shape::Own => doc! { "_id": 1, "entry": "$$ROOT" },
        }
    }
}

/// A document with something due.
#[derive(Deserialize)]
struct Candidate {
    #[serde(rename = "_id")]
    id: Bson,
}

/// An entry and what it is about.
#[derive(Deserialize)]
struct Row {
    #[serde(rename = "_id")]
    aggregate: String,
    entry: Stored,
}

#[derive(Deserialize)]
struct Count {
    #[serde(rename = "_id")]
    state: String,
    many: i64,
    oldest: Option<i64>,
}

impl MongoQueue {
    /// The queue inside `field` of these documents, whose `_id`s are texts. So an entry is put in the same step as the
    /// change that it belongs to; see [`MongoQueue::entries`].
    pub fn inside(docs: Docs, field: &'static str) -> Self {
        MongoQueue { docs, shape: Shape::Inside(field) }
    }

    /// The queue whose documents are its entries, one of each aggregate; see [`MongoQueue::put_or_wake`].
    pub fn of(docs: Docs) -> Self {
        MongoQueue { docs, shape: Shape::Own }
    }

    /// The index for [`MongoQueue::inside`]. It holds only documents with entries, so that looking for work costs what there
    /// is to do.
    pub fn index_inside(name: &'static str, field: &'static str) -> Index {
        let head = Shape::Inside(field).head();
        let (state, due) = (format!("{head}state"), format!("{head}due_at"));
        Index::on(name, doc! { &state: 1, due: 1 }).only(doc! { state: { "$exists": true } })
    }

    /// The index for [`MongoQueue::of`].
    pub fn index_of(name: &'static str) -> Index {
        Index::on(name, doc! { "state": 1, "due_at": 1 })
    }

    /// Entries as they are put behind what is in the list. Only the first may have the lease that it asks for, and only if
    /// it `leads`: nothing is there before it.
    ///
    /// # Errors
    /// [`StoreError::Internal`] for what no document can hold.
    pub fn entries(work: &[NewWork], leads: bool, now: Timestamp) -> StoreResult<(Vec<Bson>, Option<Lease>)> {
        let mut lease = None;
        let mut entries = Vec::with_capacity(work.len());
        for (place, work) in work.iter().enumerate() {
            let (stored, given) = Stored::new(work, leads && place == 0, now);
            lease = lease.or(given);
            entries.push(serialize_to_bson(&stored).map_err(StoreError::internal)?);
        }
        Ok((entries, lease))
    }

    /// For an update by pipeline: what the list in `field` becomes when these entries are put behind what is there. The
    /// first gets the lease that it asks for if the list was empty; whether it was, [`MongoQueue::given`] tells from the
    /// changed document.
    ///
    /// # Errors
    /// As [`MongoQueue::entries`].
    pub fn appended(field: &str, work: &[NewWork], now: Timestamp) -> StoreResult<(Bson, Option<Lease>)> {
        let (leading, lease) = Self::entries(work, true, now)?;
        let (following, _) = Self::entries(work, false, now)?;
        let new = doc! { "$cond": [
            { "$eq": [{ "$size": "$$old" }, 0] }, { "$literal": leading }, { "$literal": following },
        ] };
        let list = doc! { "$let": {
            "vars": { "old": { "$ifNull": [format!("${field}"), []] } },
            "in": { "$concatArrays": ["$$old", new] },
        } };
        Ok((list.into(), lease))
    }

    /// The lease, if the list of a changed document begins with its entry. `token` is the `lease_token` of the first.
    pub fn given(lease: Option<Lease>, token: Option<&str>) -> Option<Lease> {
        lease.filter(|lease| token == Some(lease.token.to_string().as_str()))
    }

    /// For an update by pipeline: what the list in `field` becomes when its one entry is put, or raised if it is there; as
    /// [`MongoQueue::put_or_wake`].
    ///
    /// # Errors
    /// As [`MongoQueue::entries`].
    pub fn raised(field: &str, work: &NewWork, now: Timestamp) -> StoreResult<Bson> {
        let (new, _) = Self::entries(std::slice::from_ref(work), false, now)?;
        let raised = doc! { "$mergeObjects": [{ "$first": format!("${field}") }, entry::raised(field, work, now)] };
        Ok(doc! { "$cond": [
            { "$gt": [{ "$size": { "$ifNull": [format!("${field}"), []] } }, 0] }, [raised], { "$literal": new },
        ] }
        .into())
    }

    /// Puts an entry unless there is one of this aggregate; then raises that one's counter, takes the new payload and makes
    /// it due now, even if it was a dead letter. An entry raised while it is handled is handled again.
    ///
    /// # Errors
    /// As [`Docs::upsert`].
    pub async fn put_or_wake(&self, work: NewWork, now: Timestamp) -> StoreResult<Raised> {
        let filter = doc! { "_id": &work.aggregate };
        let made = self.docs.upsert(filter, entry::raise(&work, now)).await?;
        Ok(if made { Raised::New } else { Raised::Seen })
    }

    async fn due(&self, now: Timestamp, limit: usize) -> StoreResult<Vec<Bson>> {
        let head = self.shape.head();
        let part = Part {
            sort: doc! { format!("{head}due_at"): 1 },
            limit: u32::try_from(limit).unwrap_or(u32::MAX),
            only: Some(doc! { "_id": 1 }),
            ..Part::default()
        };
        let found: Vec<Candidate> = self.docs.list(entry::due(&head, now), part).await?;
        Ok(found.into_iter().map(|candidate| candidate.id).collect())
    }

    /// Leases the oldest entry of one document; `None` when somebody else was quicker, or when it cannot be read.
    async fn lease(&self, id: Bson, now: Timestamp, lease_for: Duration) -> StoreResult<Option<Work>> {
        let (head, token) = (self.shape.head(), EntryId::new());
        let mut filter = entry::due(&head, now);
        filter.insert("_id", id.clone());
        let lease = Change::new(filter, entry::lease(&head, token, now.plus(lease_for))).only(self.shape.first());
        let unreadable = match self.docs.change::<Row>(lease).await.and_then(changed) {
            Ok(None) => return Ok(None),
            Ok(Some(row)) => match row.entry.leased(&row.aggregate, token) {
                Ok(work) => return Ok(Some(work)),
                Err(error) => error,
            },
            Err(error @ StoreError::Corrupt { .. }) => error,
            Err(error) => return Err(error),
        };
        self.bury_unreadable(id, token, &unreadable).await?;
        Ok(None)
    }

    /// One entry that cannot be read must not keep the worker from all others.
    async fn bury_unreadable(&self, id: Bson, token: EntryId, why: &StoreError) -> StoreResult<()> {
        tracing::error!(collection = self.docs.name(), %id, error = %why, "an entry cannot be read");
        let head = self.shape.head();
        let filter = doc! { "_id": id, format!("{head}lease_token"): token.to_string() };
        let dead = entry::release(&head, entry::dead(&why.to_string()));
        self.docs.update(filter, dead).await.and_then(changed)?;
        Ok(())
    }

    /// The document of an entry, if its entry is like this.
    fn with(&self, work: &Work, entry: Document) -> Document {
        match self.shape {
            Shape::Inside(field) => doc! { "_id": &work.aggregate, field: { "$elemMatch": entry } },
            Shape::Own => {
                let mut filter = entry;
                filter.insert("_id", &work.aggregate);
                filter
            }
        }
    }

    async fn complete(&self, work: &Work, set: Document) -> StoreResult<bool> {
        let update = entry::release(&self.shape.found(), set);
        let done = self.docs.update(self.with(work, entry::held(work)), update).await.and_then(changed)?;
        Ok(done || self.release_raised(work).await?)
    }

    /// Gives an entry back that was raised while it was handled. Raising it has made it due already.
    async fn release_raised(&self, work: &Work) -> StoreResult<bool> {
        let update = entry::release(&self.shape.found(), doc! { "attempts": 0_i64 });
        self.docs.update(self.with(work, entry::raised_meanwhile(work)), update).await.and_then(changed)
    }

    async fn set_all(&self, filter: Document, set: Document) -> StoreResult<usize> {
        let head = self.shape.head();
        let set: Document = set.into_iter().map(|(name, value)| (format!("{head}{name}"), value)).collect();
        let changed = self.docs.update_all(filter, doc! { "$set": set }).await?;
        Ok(usize::try_from(changed).unwrap_or(usize::MAX))
    }

    /// How much there is to do.
    ///
    /// # Errors
    /// As [`Docs::aggregate`].
    pub async fn counts(&self) -> StoreResult<WorkCounts> {
        let mut pipeline = self.entries_under(&[WorkState::Open, WorkState::Dead]);
        pipeline.push(doc! { "$group": {
            "_id": "$entry.state", "many": { "$sum": 1_i64 }, "oldest": { "$min": "$entry.created_at" },
        } });
        let mut all = WorkCounts::default();
        for count in self.docs.aggregate::<Count>(pipeline).await? {
            let many = u64::try_from(count.many).unwrap_or(0);
            if count.state == WorkState::Open.as_str() {
                (all.open, all.oldest) = (many, count.oldest.map(Timestamp::from_millis));
            } else {
                all.dead = many;
            }
        }
        Ok(all)
    }

    /// Up to `limit` entries in this state, oldest first.
    ///
    /// # Errors
    /// As [`Docs::aggregate`]; [`StoreError::Corrupt`] for an entry that cannot be read.
    pub async fn list(&self, state: WorkState, limit: usize) -> StoreResult<Vec<WorkEntry>> {
        // A dead letter is always the oldest entry of its document; one that is open may wait behind it.
        let mut pipeline = match state {
            WorkState::Dead => self.entries_under(&[WorkState::Dead]),
            WorkState::Open => self.entries_under(&[WorkState::Open, WorkState::Dead]),
        };
        pipeline.extend([
            doc! { "$match": { "entry.state": state.as_str() } },
            doc! { "$sort": { "entry.created_at": 1, "_id": 1, "place": 1 } },
            doc! { "$limit": i64::try_from(limit).unwrap_or(i64::MAX).max(1) },
        ]);
        let rows: Vec<Row> = self.docs.aggregate(pipeline).await?;
        rows.into_iter().map(|row| row.entry.entry(row.aggregate, state)).collect()
    }

    /// All entries of documents whose oldest entry is in one of these states, each with its place in its list; through the
    /// index, so that no other documents are read.
    fn entries_under(&self, heads: &[WorkState]) -> Vec<Document> {
        let states: Vec<&str> = heads.iter().map(|state| state.as_str()).collect();
        let mut stages = vec![doc! { "$match": { format!("{}state", self.shape.head()): { "$in": states } } }];
        match self.shape {
            Shape::Inside(field) => stages.extend([
                doc! { "$project": { "entry": format!("${field}") } },
                doc! { "$unwind": { "path": "$entry", "includeArrayIndex": "place" } },
            ]),
            Shape::Own => stages.push(doc! { "$project": { "entry": "$$ROOT" } }),
        }
        stages
    }
}

/// For writes that touch no unique index.
fn changed<T>(result: Result<T, Duplicate>) -> StoreResult<T> {
    result.map_err(|duplicate| StoreError::internal(format!("unexpected duplicate in {}", duplicate.index)))
}

#[async_trait::async_trait]
impl WorkQueue for MongoQueue {
    async fn claim(&self, now: Timestamp, lease_for: Duration, limit: usize) -> StoreResult<Vec<Work>> {
        let mut works = Vec::new();
        for _ in 0..ROUNDS {
            if works.len() >= limit {
                break;
            }
            let due = self.due(now, limit - works.len()).await?;
            let wanted = works.len() + due.len();
            let leases = join_all(due.into_iter().map(|id| self.lease(id, now, lease_for))).await;
            // What was leased must reach the worker, even if another lease failed.
            let mut failed = None;
            for lease in leases {
                match lease {
                    Ok(work) => works.extend(work),
                    Err(error) => failed = Some(error),
                }
            }
            match failed {
                Some(error) if works.is_empty() => return Err(error),
                Some(_) => break,
                None if works.len() == wanted => break,
                None => {}
            }
        }
        Ok(works)
    }

    async fn renew(&self, work: &Work, until: Timestamp) -> StoreResult<bool> {
        let until = doc! { "$set": { format!("{}lease_until", self.shape.found()): until.millis() } };
        self.docs.update(self.with(work, entry::leased_as(work)), until).await.and_then(changed)
    }

    async fn done(&self, work: &Work) -> StoreResult<bool> {
        let held = self.with(work, entry::held(work));
        let taken = match self.shape {
            Shape::Inside(field) => {
                let pull = doc! { "$pull": { field: entry::held(work) } };
                self.docs.update(held, pull).await.and_then(changed)?
            }
            Shape::Own => self.docs.delete(held).await?,
        };
        Ok(taken || self.release_raised(work).await?)
    }

    async fn retry(&self, work: &Work, due_at: Timestamp, error: &str) -> StoreResult<bool> {
        self.complete(work, entry::failed(due_at, error)).await
    }

    async fn bury(&self, work: &Work, error: &str) -> StoreResult<bool> {
        self.complete(work, entry::dead(error)).await
    }

    async fn wake_all(&self, kind: Option<&str>, now: Timestamp) -> StoreResult<usize> {
        self.set_all(entry::impatient(&self.shape.head(), kind, now), doc! { "due_at": now.millis() }).await
    }

    async fn dead(&self, limit: usize) -> StoreResult<Vec<WorkEntry>> {
        self.list(WorkState::Dead, limit).await
    }

    async fn replay(&self, which: &Dead, now: Timestamp) -> StoreResult<usize> {
        let head = self.shape.head();
        let mut filter = doc! { format!("{head}state"): WorkState::Dead.as_str() };
        match which {
            Dead::All => {}
            Dead::Entry(id) => {
                filter.insert(format!("{head}id"), id.to_string());
            }
            Dead::About(aggregate) => {
                filter.insert("_id", aggregate);
            }
        }
        self.set_all(filter, entry::revived(now)).await
    }
}
