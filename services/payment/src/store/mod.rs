//! What the payment service keeps, and the one way to it: the port. Each method is one atomic step on one payment, so
//! that it holds on every database.

pub mod mongo;
mod port;
pub mod sqlite;

pub use port::{Filter, Inserted, Listed, PaymentStore, Saved, Schedule};
