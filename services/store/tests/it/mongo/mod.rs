mod calls;
mod connect;
mod lost;
mod schema;
pub(crate) mod server;
mod tls;
mod watch;
