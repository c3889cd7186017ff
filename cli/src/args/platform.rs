use clap::{Args, ValueEnum};

use crate::config::Service;

/// The whole platform in one process.
#[derive(Args)]
#[command(after_help = "\
The log goes to lanchonete.DATE.log in the data directory, seven days of it. \
What is printed ends with `ready in N ms` on stderr. \
A flag for one service, such as --order-listen or --payment-database, goes before the flag for all. \
The sandbox keeps its data in SQLite and listens on this machine only, whatever the flags for all say.

--chaos is NAME=VALUE with commas between; shares are from 0 to 1.
  Of notifications: drop, duplicate (with 1 to `copies` more, at most 5), reorder, forge,
    delay (up to `max_delay_ms`).
  Of requests: faults, spread over rate_limited, server_error, locked, bad_gateway,
    timeout_before_commit and timeout_after_commit; or each by its name.
  Of refunds: refunds_in_process (for `refund_settles_ms`, or never).
The same `seed` decides the same way about the same payments.

Example:
  lanchonete up --demo
  lanchonete up --chaos drop=0.2,duplicate=0.2,copies=5,reorder=0.1,forge=0.05,faults=0.05,seed=42")]
pub(crate) struct Up {
    /// Begin anew: removes the embedded stores, the log and the credentials first, never a MongoDB database
    #[arg(long)]
    pub(crate) fresh: bool,
    /// With --fresh: do not ask first. Off a terminal, where nobody could answer, it never asks
    #[arg(long, requires = "fresh")]
    pub(crate) yes: bool,
    /// Leave an empty menu empty
    #[arg(long)]
    pub(crate) no_seed: bool,
    /// Play customers who order and pay, so that a board has life
    #[arg(long)]
    pub(crate) demo: bool,
    /// Where auth listens; order, payment and sandbox take the next three ports. Port 0 takes free ones
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<String>,
    /// Where auth, order and payment keep their data: mongodb://HOST/DATABASE
    #[arg(long, value_name = "URL")]
    pub(crate) database: Option<String>,
    /// What the sandbox lets go wrong on purpose, such as drop=0.2,faults=0.05,seed=42
    #[arg(long, value_name = "SPEC")]
    pub(crate) chaos: Option<String>,
}

/// One service in a process of its own.
#[derive(Args)]
#[command(after_help = "\
Services that share a data directory, or LANCHONETE_SECURITY_MASTER_KEY, find and trust each other, \
in whatever order they start. The log goes to stderr.

Example:
  lanchonete serve order --listen 0.0.0.0:8001 --auth-url http://auth.internal:8000")]
pub(crate) struct Serve {
    /// Which service
    pub(crate) service: Service,
    /// Where it listens
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<String>,
    /// Where it keeps its data: sqlite:PATH or mongodb://HOST/DATABASE
    #[arg(long, value_name = "URL")]
    pub(crate) database: Option<String>,
    /// Where others reach it
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// Sandbox only: what goes wrong on purpose, such as drop=0.2,faults=0.05,seed=42; see `up --help`
    #[arg(long, value_name = "SPEC")]
    pub(crate) chaos: Option<String>,
}

/// A service's OpenAPI document.
#[derive(Args)]
#[command(after_help = "Example:\n  lanchonete openapi order | jq '.paths | keys'")]
pub(crate) struct OpenApi {
    /// Which service
    pub(crate) service: OpenApiOf,
}

/// The services that have a published document.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum OpenApiOf {
    /// People, tokens and keys
    Auth,
    /// Menu and orders
    Order,
    /// Payments and MercadoPago's notifications
    Payment,
}
