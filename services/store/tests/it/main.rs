//! The store through its public surface: files that are really there, threads that really run.

mod sqlite_batch;
mod sqlite_open;
mod support;
mod table;
mod table_model;
mod url;
mod worker;
