//! The store through its public surface: files that are really there, threads that really run.

#![allow(clippy::unwrap_used, reason = "a test that meets an error has failed")]

mod mongo;
mod queue;
mod sqlite_batch;
mod sqlite_open;
mod support;
mod table;
mod url;
mod worker;
