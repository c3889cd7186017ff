//! The auth service, asked over HTTP as others ask it, and its library as commands use it.
#![allow(clippy::unwrap_used, reason = "a test that meets an error has failed")]

mod client;
mod defects;
mod house;
mod keys;
mod me;
mod mongo;
mod people;
mod roles;
mod secrecy_at_rest;
mod token;
