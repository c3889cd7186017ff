//! The payment service over HTTP, with an order service and a MercadoPago that do as they are told.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[macro_use]
mod conformance;
mod by_hand;
mod charges;
mod counter;
mod dead_letters;
mod defects;
mod erase;
mod expiry;
mod instances;
mod machine;
mod notifications;
mod orders;
mod provider;
mod reading;
mod refunds;
mod refusals;
mod reports;
mod sandboxed;
mod signatures;
mod trouble;
mod world;
