mod calls;
mod connect;
mod schema;
pub(crate) mod server;
mod watch;
