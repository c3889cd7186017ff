//! The payment service.
mod idempotency;
pub mod payment;
pub mod store;
mod task;
