//! What travels between the services and to those who use them: bodies, errors and, with the feature `client`,
//! typed HTTP clients.
//!
//! The JSON schemas of these types are the published contract and the check of what comes in: a limit that stands
//! here is enforced by being here.

pub mod auth;
#[cfg(feature = "client")]
pub mod client;
mod dead;
mod expose;
pub mod order;
pub mod payment;
mod picture;
mod problem;
pub mod pt;

pub use dead::{DeadLetter, Replay, Replayed};
pub use picture::Picture;
pub use problem::{Fault, Lang, OrderNow, Problem, ProblemKind};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Answer of `GET /health`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// Always `Operational`: a service that answers is.
    pub status: String,
    /// `auth`, `order`, `payment` or `sandbox`.
    pub service: String,
    /// The program's version.
    pub version: String,
    /// Whether real money moves; only the payment service knows and says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live: Option<bool>,
}

/// Answer of `GET /ready`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Readiness {
    /// Whether everything that a request needs is there.
    pub ready: bool,
    /// Each thing that it needs.
    pub dependencies: Vec<Dependency>,
}

/// Something a service needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Dependency {
    /// What it is: `store`, `keys`, `auth`, `payment`…
    pub name: String,
    /// Whether it is there.
    pub ready: bool,
    /// Whether the service can't work without it; what is only wanted waits in an outbox until it is back.
    pub required: bool,
    /// What is missing, in a few words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Dependency {
    /// One without which the service can't work; `fault` says what is missing.
    pub fn required(name: &str, fault: Option<String>) -> Self {
        Dependency { name: name.to_owned(), ready: fault.is_none(), required: true, detail: fault }
    }

    /// One for which work can wait.
    pub fn wanted(name: &str, fault: Option<String>) -> Self {
        Dependency { required: false, ..Dependency::required(name, fault) }
    }

    /// Whether the service can't work for want of it.
    pub fn is_missing(&self) -> bool {
        self.required && !self.ready
    }
}

/// The OAuth 2.0 error body (RFC 6749 §5.2), which `/token` and `/revoke` use instead of a problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OAuthError {
    /// `invalid_grant`, `invalid_client`, `invalid_request`, `unsupported_grant_type`…
    pub error: String,
    /// The same for a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_description: Option<String>,
}
