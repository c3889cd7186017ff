//! What one entry of a queue looks like in a document, and what is done with it. `at` is the path to it, with its dot.

use domain::{EntryId, Timestamp};
use mongodb::bson::{Document, doc};
use serde::{Deserialize, Serialize};

use crate::work::{Lease, MAX_BACKOFF, NewWork, Work, WorkEntry, WorkState};
use crate::{StoreError, StoreResult};

/// Longest error text that is kept, in characters.
const MAX_ERROR: usize = 500;

/// An entry as it is stored. `lease_until` is 0 for one that nobody holds; the payload is JSON text, so that it comes back
/// exactly.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Stored {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) payload: String,
    pub(super) created_at: i64,
    pub(super) due_at: i64,
    pub(super) attempts: i64,
    pub(super) raised: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) lease_token: Option<String>,
    pub(super) lease_until: i64,
    pub(super) state: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) last_error: Option<String>,
}

impl Stored {
    /// A new entry, with the lease that it asks for if it `leads` its aggregate.
    pub(super) fn new(work: &NewWork, leads: bool, now: Timestamp) -> (Stored, Option<Lease>) {
        let lease = work.lease.filter(|_| leads);
        let token = lease.map(|_| EntryId::new());
        let stored = Stored {
            id: work.id.to_string(),
            kind: work.kind.clone(),
            payload: work.payload.to_string(),
            created_at: now.millis(),
            due_at: work.due_at.millis(),
            attempts: i64::from(lease.is_some()),
            raised: 1,
            lease_token: token.map(|token| token.to_string()),
            lease_until: lease.map_or(0, |lease| now.plus(lease.0).millis()),
            state: WorkState::Open.as_str().to_owned(),
            last_error: None,
        };
        (stored, token.map(|token| Lease { token, raised: 1 }))
    }

    fn id(&self) -> StoreResult<EntryId> {
        self.id.parse().map_err(|_| StoreError::corrupt("an entry's id", &self.id))
    }

    fn attempts(&self) -> u32 {
        u32::try_from(self.attempts).unwrap_or(u32::MAX)
    }

    /// The entry for whoever leased it with this token.
    pub(super) fn leased(&self, aggregate: &str, token: EntryId) -> StoreResult<Work> {
        let id = self.id()?;
        Ok(Work {
            id,
            aggregate: aggregate.to_owned(),
            kind: self.kind.clone(),
            payload: serde_json::from_str(&self.payload).map_err(|_| StoreError::corrupt("an entry's payload", id))?,
            attempts: self.attempts(),
            created_at: Timestamp::from_millis(self.created_at),
            lease: Lease { token, raised: self.raised },
        })
    }

    /// The entry for a person to look at.
    pub(super) fn entry(self, aggregate: String, state: WorkState) -> StoreResult<WorkEntry> {
        Ok(WorkEntry {
            id: self.id()?,
            aggregate,
            attempts: self.attempts(),
            kind: self.kind,
            state,
            created_at: Timestamp::from_millis(self.created_at),
            due_at: Timestamp::from_millis(self.due_at),
            last_error: self.last_error,
        })
    }
}

fn key(at: &str, name: &str) -> String {
    format!("{at}{name}")
}

/// Entries that may be leased now.
pub(super) fn due(at: &str, now: Timestamp) -> Document {
    doc! {
        key(at, "state"): WorkState::Open.as_str(),
        key(at, "due_at"): { "$lte": now.millis() },
        key(at, "lease_until"): { "$lte": now.millis() },
    }
}

/// Leases one.
pub(super) fn lease(at: &str, token: EntryId, until: Timestamp) -> Document {
    doc! {
        "$set": { key(at, "lease_token"): token.to_string(), key(at, "lease_until"): until.millis() },
        "$inc": { key(at, "attempts"): 1_i64 },
    }
}

/// The entry, while the lease is valid.
pub(super) fn leased_as(work: &Work) -> Document {
    doc! { "id": work.id.to_string(), "lease_token": work.lease.token.to_string() }
}

/// The entry, while the lease is valid and nothing has raised it since.
pub(super) fn held(work: &Work) -> Document {
    doc! { "id": work.id.to_string(), "lease_token": work.lease.token.to_string(), "raised": work.lease.raised }
}

/// The entry, while the lease is valid, when something has raised it since.
pub(super) fn raised_meanwhile(work: &Work) -> Document {
    doc! {
        "id": work.id.to_string(),
        "lease_token": work.lease.token.to_string(),
        "raised": { "$gt": work.lease.raised },
    }
}

/// What changes in the one entry of the list in `field` when it is raised; expressions.
pub(super) fn raised(field: &str, work: &NewWork, now: Timestamp) -> Document {
    let old = |name: &str| doc! { "$first": format!("${field}.{name}") };
    let open = WorkState::Open.as_str();
    doc! {
        "payload": { "$literal": work.payload.to_string() },
        "due_at": { "$min": [old("due_at"), now.millis()] },
        "attempts": { "$cond": [{ "$eq": [old("state"), open] }, old("attempts"), 0_i64] },
        "raised": { "$add": [old("raised"), 1_i64] },
        "state": open,
    }
}

/// Ends the lease and sets what `more` says.
pub(super) fn release(at: &str, more: Document) -> Document {
    let mut set = doc! { key(at, "lease_until"): 0_i64 };
    set.extend(more.into_iter().map(|(name, value)| (key(at, &name), value)));
    doc! { "$set": set, "$unset": { key(at, "lease_token"): "" } }
}

/// What a failed attempt leaves.
pub(super) fn failed(due_at: Timestamp, error: &str) -> Document {
    doc! { "due_at": due_at.millis(), "last_error": shortened(error) }
}

/// What makes an entry a dead letter.
pub(super) fn dead(error: &str) -> Document {
    doc! { "state": WorkState::Dead.as_str(), "last_error": shortened(error) }
}

/// What makes a dead letter an entry again.
pub(super) fn revived(now: Timestamp) -> Document {
    doc! { "state": WorkState::Open.as_str(), "attempts": 0_i64, "due_at": now.millis() }
}

/// Entries that wait only because an attempt failed, and not for long.
pub(super) fn impatient(at: &str, kind: Option<&str>, now: Timestamp) -> Document {
    let mut filter = doc! {
        key(at, "state"): WorkState::Open.as_str(),
        key(at, "attempts"): { "$gt": 0_i64 },
        key(at, "due_at"): { "$gt": now.millis(), "$lte": now.plus(MAX_BACKOFF).millis() },
    };
    if let Some(kind) = kind {
        filter.insert(key(at, "kind"), kind);
    }
    filter
}

/// Makes a document an entry, or raises the entry that it is. An update by pipeline, which sees what is there.
pub(super) fn raise(work: &NewWork, now: Timestamp) -> Vec<Document> {
    let now = now.millis();
    let new = doc! { "$eq": [{ "$type": "$state" }, "missing"] };
    let open = WorkState::Open.as_str();
    vec![doc! { "$set": {
        "id": { "$ifNull": ["$id", work.id.to_string()] },
        "kind": { "$literal": &work.kind },
        "payload": { "$literal": work.payload.to_string() },
        "created_at": { "$ifNull": ["$created_at", now] },
        "due_at": { "$cond": [new, work.due_at.millis(), { "$min": ["$due_at", now] }] },
        "attempts": { "$cond": [{ "$eq": ["$state", open] }, "$attempts", 0_i64] },
        "raised": { "$add": [{ "$ifNull": ["$raised", 0_i64] }, 1_i64] },
        "lease_until": { "$ifNull": ["$lease_until", 0_i64] },
        "state": open,
    } }]
}

fn shortened(error: &str) -> String {
    error.chars().take(MAX_ERROR).collect()
}
