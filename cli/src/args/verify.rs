use clap::Args;

/// The invariants, on the live stores.
#[derive(Args)]
#[command(after_help = "\
Reads the stores of the last `up` or `serve`, or those that --order-database and --payment-database name, while the
services go on. A difference between an order and its payment is only told if a second look finds it too and nobody is
at work on it. Ends with 0 when everything holds, 1 when something does not, 4 when a store cannot be opened.

Example:
  lanchonete verify -o json | jq -r '.violations[] | [.kind, .order_id, .payment_id] | @tsv'")]
pub(crate) struct VerifyStores {
    /// How long to wait before the second look [default: verify.patience]
    #[arg(long, value_name = "DURATION")]
    pub(crate) patience: Option<String>,
    /// How old an entry of an outbox or inbox may be [default: verify.entry_limit]
    #[arg(long, value_name = "DURATION")]
    pub(crate) entry_limit: Option<String>,
}
