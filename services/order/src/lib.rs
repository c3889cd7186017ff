//! The order service: menu, orders, the kitchen's queue, and the errands that an order has at the payment service.
//!
//! One file per use case; `order` is the aggregate and pure, `store` the port with its backends, `http` the only
//! place that knows of HTTP.

pub mod audit;
mod board;
mod catalog;
mod core;
mod digest;
mod erase;
mod expiry;
mod feed;
mod follow;
mod gauges;
mod http;
mod live;
mod menu;
mod notice;
pub mod order;
mod outbox;
mod pay_again;
mod place;
mod service;
mod settings;
mod shift;
pub mod store;
mod transition;
mod wall;
mod watch;

pub use catalog::{SeedCategory, SeedProduct, Seeded};
pub use http::openapi;
pub use menu::{Menu, ProductFilter};
pub use service::Service;
pub use settings::Settings;
