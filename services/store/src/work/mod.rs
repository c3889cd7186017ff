//! Work that must be done at least once: outboxes and inboxes, and the worker that empties them. Knows no database.

mod backoff;
mod dead;
mod entry;
mod hold;
mod queue;
mod worker;

pub use backoff::{MAX_BACKOFF, backoff};
pub use dead::DeadLetters;
pub use entry::{FirstLease, Lease, NewWork, Raised, Work, WorkCounts, WorkEntry, WorkState};
pub use hold::{Hold, finish};
pub use queue::{Dead, WorkQueue};
pub use worker::{Verdict, Worker, WorkerOptions};
