//! The auth service: persons, passwords, and the tokens that every service of the snack bar believes.

mod admit;
mod authority;
mod clients;
mod cpf;
mod error;
mod http;
mod keys;
mod login;
mod password;
mod people;
mod person;
mod secret;
mod service;
mod settings;
mod store;
mod throttle;
mod token;

pub use authority::Authority;
pub use error::{Failure, IssueError, LoginError, OpenError, RegisterError};
pub use http::openapi;
pub use people::FirstAdmin;
pub use secret::Key;
pub use service::Service;
pub use settings::{Argon2, Clients, CpfKeys, Lives, Settings, Throttle};
pub use token::{Inspection, Issued};
