//! How a service of ours speaks HTTP.
//!
//! Handlers take typed arguments (who may, which object, what body) and return their answer or a [`Fail`];
//! [`shell`] puts around them what every service shares: problems as RFC 9457, request ids, limits, metrics, probes
//! and documents; [`serve`] brings it to a listener.
//!
//! Arguments of a handler are read in the order they stand. Write [`Who`] first, then [`PathId`], then load the
//! object, then read the [`RawBody`]: so a caller learns nothing about an object that it may not see. A service whose objects
//! have owners makes one argument of these three, and what comes after it is refused after it; a header comes as a `Result`,
//! to be looked at after the body.

mod arrival;
mod body;
mod cors;
mod docs;
mod document;
mod door;
mod edge;
mod fail;
mod faults;
mod headers;
mod json;
mod keys;
mod limits;
mod line;
mod list;
mod metrics;
mod oauth;
mod path;
mod probes;
mod query;
mod remote_keys;
mod schema;
mod serve;
mod shell;
mod token;
mod who;
mod words;

pub use body::{Body, RawBody};
pub use cors::{NotAnOrigin, Origin, open_to};
pub use document::{document, groups};
pub use fail::Fail;
pub use faults::Faults;
pub use headers::{IdempotencyKey, IfMatch};
pub use keys::{KeySet, KeySource};
pub use limits::Limits;
pub use list::{Total, listed};
pub use metrics::Metrics;
pub use path::{PathId, PathIds};
pub use probes::Readiness;
pub use query::{NoParams, PageParams, Paged, Params};
pub use remote_keys::{KeyMemory, RemoteKeys};
pub use serve::serve;
pub use shell::{Shell, shell};
pub use token::{TokenFault, TokenRules, Verifier};
pub use who::{Anyone, Caller, Pass, Permit, Who};

#[doc(hidden)]
pub use domain::Role as __Role;
