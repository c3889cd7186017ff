//! What `web` promises, seen through HTTP.
#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

mod bearer;
mod bodies;
mod contract;
mod cors;
mod demo;
mod edges;
mod limits;
mod log;
mod pages;
mod queries;
mod remote;
mod serving;
mod tokens;
