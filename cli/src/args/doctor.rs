use clap::Args;

/// What is wrong with this installation.
#[derive(Args)]
#[command(after_help = "\
Looks at the configuration, the data directory and its keys, the stores, the clock, each service, what was given up, and
MercadoPago or its sandbox. Each fault comes with what to do about it; the exit code is that of the first one.

Example:
  lanchonete doctor")]
pub(crate) struct Doctor {}
