//! MongoDB: one connection per service, collections named after it, indexes and the schema's version, calls that no
//! caller can cut in half, and queues of work inside the documents that they belong to.
//!
//! What is acknowledged is on the journal of a majority of the members; what is read comes from the primary. It works on
//! a replica set and on a server of its own.

mod client;
mod connect;
mod docs;
mod entry;
mod fault;
mod queue;
mod schema;
mod url;
mod watch;

pub use client::{Duplicate, Mongo};
pub use connect::ConnectOptions;
pub use docs::{Change, Docs, Part};
pub use fault::Fault;
pub use mongodb::bson;
pub use queue::MongoQueue;
pub use schema::{Index, Schema};
pub use url::check_url;
pub use watch::watch;
