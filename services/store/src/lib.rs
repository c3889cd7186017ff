//! Storage plumbing that knows no table: the SQLite writer with group commit, its readers and migrations, the way to a
//! MongoDB server, and queues of work (outbox, inbox) on both with the worker that empties them.
//!
//! What is stored, and what may not be stored twice, is each service's own business.

mod error;
pub mod mongo;
pub mod sqlite;
mod url;
pub mod work;

pub use error::{Cause, StoreError, StoreResult};
pub use mongo::Mongo;
pub use sqlite::{Sqlite, SqliteQueue, Stats, WorkTable, is_unique_violation};
pub use url::{StoreUrl, StoreUrlError};
pub use work::{
    Dead, DeadLetters, FirstLease, Hold, Lease, NewWork, Raised, Verdict, Work, WorkCounts, WorkEntry, WorkQueue,
    WorkState, Worker, WorkerOptions, backoff, finish,
};
