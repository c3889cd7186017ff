//! The auth service, asked over HTTP as others ask it, and its library as commands use it.
#![allow(clippy::unwrap_used, reason = "a test that meets an error has failed")]

mod client;
mod defects;
mod erasure;
mod house;
mod keys;
mod me;
mod mongo;
mod people;
mod revoke;
mod roles;
mod rotate;
mod secrecy_at_rest;
mod token;
