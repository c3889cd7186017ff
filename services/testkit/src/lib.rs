//! What tests of the services share: a mint for tokens, a server on a port of the system's choice, and a caller that
//! checks every answer against what all services promise.
//!
//! For tests only, so everything here panics with what went wrong instead of returning errors.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where it fails")]

mod caller;
mod mint;
pub mod mongo;
mod running;
mod wait;

pub use caller::{Answer, Caller};
pub use mint::{FixedKeys, Mint};
pub use running::{Running, spawn, spawn_within};
pub use tempfile::TempDir;
pub use wait::eventually;

/// A new directory that goes away with the value.
pub fn temp_dir() -> TempDir {
    TempDir::with_prefix("lanchonete-").expect("a temporary directory")
}
