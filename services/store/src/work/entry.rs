use std::fmt;
use std::time::Duration;

use domain::{EntryId, Timestamp};
use serde_json::Value;

/// The right to handle one entry until a moment; after that, somebody else may get a lease of their own, and this one no
/// longer completes anything.
#[derive(Clone, PartialEq, Eq)]
pub struct Lease {
    pub(crate) token: EntryId,
    /// How often the entry had been raised when the lease was given.
    pub(crate) raised: i64,
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lease(…)")
    }
}

/// A leased entry. `Debug` leaves the payload out, which may speak of people.
#[derive(Clone)]
pub struct Work {
    /// Which entry.
    pub id: EntryId,
    /// What it is about: entries of one aggregate go strictly in order.
    pub aggregate: String,
    /// What is to be done.
    pub kind: String,
    /// What is needed to do it.
    pub payload: Value,
    /// How often it was leased, this time included.
    pub attempts: u32,
    /// When it was put.
    pub created_at: Timestamp,
    /// What completion must show.
    pub lease: Lease,
}

impl fmt::Debug for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Work")
            .field("id", &self.id)
            .field("aggregate", &self.aggregate)
            .field("kind", &self.kind)
            .field("attempts", &self.attempts)
            .field("created_at", &self.created_at)
            .finish_non_exhaustive()
    }
}

/// The lease that the creating request takes, so that it can do the work itself at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirstLease(
    /// How long, from now.
    pub Duration,
);

/// An entry to be put. `Debug` leaves the payload out.
#[derive(Clone)]
pub struct NewWork {
    /// Which entry; made by the caller.
    pub id: EntryId,
    /// What it is about.
    pub aggregate: String,
    /// What is to be done.
    pub kind: String,
    /// What is needed to do it.
    pub payload: Value,
    /// Not before this moment.
    pub due_at: Timestamp,
    /// A lease for whoever puts it, if wanted.
    pub lease: Option<FirstLease>,
}

impl NewWork {
    /// An entry with a new id, due at `due_at`, that nobody holds.
    pub fn new(aggregate: impl ToString, kind: impl Into<String>, payload: Value, due_at: Timestamp) -> Self {
        NewWork {
            id: EntryId::new(),
            aggregate: aggregate.to_string(),
            kind: kind.into(),
            payload,
            due_at,
            lease: None,
        }
    }

    /// The same, held by whoever puts it for this long.
    #[must_use]
    pub fn leased_for(mut self, lease_for: Duration) -> Self {
        self.lease = Some(FirstLease(lease_for));
        self
    }
}

impl fmt::Debug for NewWork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewWork")
            .field("id", &self.id)
            .field("aggregate", &self.aggregate)
            .field("kind", &self.kind)
            .field("due_at", &self.due_at)
            .finish_non_exhaustive()
    }
}

/// What became of a notification that may repeat an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Raised {
    /// The first one: there is a new entry.
    New,
    /// There was an entry already: its counter is raised and it is due again.
    Seen,
}

/// Whether an entry can still be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WorkState {
    /// Waiting, or being handled.
    Open,
    /// Given up; waits for a person. A dead letter holds back what comes after it in its own aggregate only.
    Dead,
}

impl WorkState {
    /// The word that is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            WorkState::Open => "open",
            WorkState::Dead => "dead",
        }
    }
}

/// An entry as a person looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkEntry {
    /// Which entry.
    pub id: EntryId,
    /// What it is about.
    pub aggregate: String,
    /// What is to be done.
    pub kind: String,
    /// Whether it can still be done.
    pub state: WorkState,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was put.
    pub created_at: Timestamp,
    /// When it is tried next.
    pub due_at: Timestamp,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
}

/// How much there is to do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WorkCounts {
    /// Entries waiting or being handled.
    pub open: u64,
    /// Dead letters.
    pub dead: u64,
    /// When the oldest open entry was put.
    pub oldest: Option<Timestamp>,
}
