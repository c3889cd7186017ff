//! The payment service: charges through MercadoPago, what it says of them, refunds, and the news for the order service.
//!
//! MercadoPago's word is asked for and never taken from a notification. Every call that moves money is written down
//! before it is sent, under the key with which it is repeated.

pub mod audit;
mod cancel;
mod charge;
mod close;
mod counter;
mod create;
mod dead;
mod desk;
mod erase;
mod http;
mod idempotency;
mod manual;
mod metrics;
mod outbox;
pub mod payment;
mod provider;
mod reconcile;
mod refund;
mod service;
mod settings;
mod settle;
pub mod store;
mod task;
mod verdict;
mod webhook;
mod workers;

pub use http::openapi;
pub use idempotency::Key;
pub use service::Service;
pub use settings::{MercadoPago, Places, Settings, Timings};
