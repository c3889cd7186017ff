//! What must hold for any bytes at all: one function per kind of input, which panics where it does not.
//!
//! The fuzzer calls them with what it makes up (`scripts/fuzz`), the tests of the program with the corpora that are
//! kept in `fixtures/fuzz`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a check ends where it fails")]
#![allow(unreachable_pub, reason = "the tests of the program take these files in as a module of theirs")]

pub mod brcode;
pub mod config;
mod counter;
pub mod money;
pub mod order_body;
pub mod token;
pub mod webhook;

/// What is to hold for any bytes.
pub type Check = fn(&[u8]);

/// Each check under the name of its folder in `fixtures/fuzz`.
pub const CHECKS: &[(&str, Check)] = &[
    ("brcode", brcode::check),
    ("config", config::check),
    ("money", money::check),
    ("order_body", order_body::check),
    ("token", token::check),
    ("webhook", webhook::check),
];
