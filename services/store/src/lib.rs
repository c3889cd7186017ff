//! Storage plumbing that knows no table: the SQLite writer with group commit, its readers and migrations, and queues of
//! work (outbox, inbox) with the worker that empties them.
//!
//! What is stored, and what may not be stored twice, is each service's own business.

mod error;
pub mod sqlite;
mod url;
pub mod work;

pub use error::{Cause, StoreError, StoreResult};
pub use sqlite::{Sqlite, SqliteQueue, Stats, WorkTable, is_unique_violation};
pub use url::{StoreUrl, StoreUrlError};
pub use work::{
    FirstLease, Lease, NewWork, Raised, Verdict, Work, WorkCounts, WorkEntry, WorkQueue, WorkState, Worker,
    WorkerOptions, backoff,
};
