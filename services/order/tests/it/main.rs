//! The order service over HTTP, with a payment service that the tests control, and its store through the port.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where it fails")]

mod conformance;
mod dead_letters;
mod defects;
mod events;
mod idempotency;
mod instances;
mod kit;
mod menu;
mod money;
mod mongo;
mod outage;
mod peer;
mod place;
mod privacy;
mod queue;
mod restart;
mod shift;
mod stores;
mod transitions;
