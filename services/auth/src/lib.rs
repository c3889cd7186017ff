//! The auth service: persons, passwords, and the tokens that every service of the snack bar believes.

mod addresses;
mod admit;
mod authority;
mod clients;
mod cpf;
mod erasure;
mod error;
mod http;
mod keys;
mod local_keys;
mod login;
mod password;
mod people;
mod person;
mod revoke;
mod secret;
mod service;
mod settings;
mod store;
mod throttle;
mod token;

pub use authority::Authority;
pub use error::{Failure, IssueError, LoginError, OpenError, RegisterError};
pub use http::openapi;
pub use keys::{KeyInfo, KeyState};
pub use people::FirstAdmin;
pub use revoke::RevokeError;
pub use secret::Key;
pub use service::Service;
pub use settings::{Argon2, Clients, CpfKeys, Lives, Peers, Settings, Throttle, Timings};
pub use token::{Inspection, Issued};
