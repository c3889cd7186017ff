//! Typed clients of our own services: what the services use towards each other, and the command line and the board
//! towards all of them.

mod auth;
mod bearer;
mod dead;
mod http;
mod order;
mod payment;
pub mod trace;

pub use auth::AuthClient;
pub use bearer::{Bearer, ClientCredentials, FixedToken};
pub use http::{CallError, Http, Page, http_client};
pub use order::{Aside, OrderClient, OrderFilter, Queue, Unsent};
pub use payment::{PaymentClient, PaymentFilter};
