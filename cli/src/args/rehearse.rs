use clap::Args;

use super::Target;

/// A rush.
#[derive(Args)]
#[command(after_help = "\
Customers order, pay, change their minds and pay late; notifications are dropped, repeated, reordered and forged;
MercadoPago's double fails; a kitchen cooks what is paid. Then all has to come right: each order as its customer left it,
each centavo where it belongs, and `verify` without a finding. Exit code 1 when something does not hold.
The seed decides who does what. Only against the sandbox: real money is never played with.

Example:
  lanchonete rehearse --orders 200 --minutes 2 --drop 0.2 --duplicate 0.2 --faults 0.05")]
pub(crate) struct Rehearse {
    /// How many customers come
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) orders: u32,
    /// Over how many minutes, a fraction too; 0 lets them come as fast as they are served
    #[arg(long, value_name = "M", default_value_t = 1.0, value_parser = minutes)]
    pub(crate) minutes: f64,
    /// Repeats the choices of a run [default: a new one, which is printed]
    #[arg(long, value_name = "S")]
    pub(crate) seed: Option<u64>,
    /// How many at the same time, at most
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) customers: u16,
    /// The share of notifications that get lost
    #[arg(long, value_name = "SHARE", default_value_t = 0.2, value_parser = share)]
    pub(crate) drop: f64,
    /// The share that come up to five times more
    #[arg(long, value_name = "SHARE", default_value_t = 0.2, value_parser = share)]
    pub(crate) duplicate: f64,
    /// The share that come after younger ones
    #[arg(long, value_name = "SHARE", default_value_t = 0.1, value_parser = share)]
    pub(crate) reorder: f64,
    /// How many forged ones come for each genuine one
    #[arg(long, value_name = "SHARE", default_value_t = 0.05, value_parser = share)]
    pub(crate) forge: f64,
    /// The share of calls that MercadoPago's double fails
    #[arg(long, value_name = "SHARE", default_value_t = 0.05, value_parser = share)]
    pub(crate) faults: f64,
    /// How long a service may be away, and how long everything may take to come right afterwards
    #[arg(long, value_name = "DURATION", default_value = "3m")]
    pub(crate) patience: String,
    #[command(flatten)]
    pub(crate) target: Target,
}

fn share(text: &str) -> Result<f64, String> {
    number(text, 1.0)
}

fn minutes(text: &str) -> Result<f64, String> {
    number(text, 1440.0)
}

fn number(text: &str, most: f64) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| "a number is needed".to_owned())?;
    if (0.0..=most).contains(&number) { Ok(number) } else { Err(format!("from 0 to {most}")) }
}
