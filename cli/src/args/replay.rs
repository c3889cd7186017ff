use clap::Args;
use domain::EntryId;

use super::Target;

/// Dead letters: work that a service has given up.
#[derive(Args)]
pub(crate) struct Replay {
    /// Only this one [default: all of them]
    #[arg(long, value_name = "ID")]
    pub(crate) id: Option<EntryId>,
    /// Only show them, and try nothing
    #[arg(long, conflicts_with = "id")]
    pub(crate) list: bool,
    #[command(flatten)]
    pub(crate) target: Target,
}
