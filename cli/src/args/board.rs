//! The screens.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Target;

/// The kitchen's board.
#[derive(Args)]
#[command(after_help = "\
Keys, stations, thresholds, sounds and colours are set in lanchonete.toml under [board]: `lanchonete config default`.

Example:
  lanchonete board --once
  lanchonete board --station chapa")]
pub(crate) struct Board {
    /// How often to ask for the queue [default: board.interval]
    #[arg(long, value_name = "DURATION")]
    pub(crate) interval: Option<String>,
    /// Show only what is made at this station of board.stations, or at "outros" what no station makes; Enter then strikes
    /// its items
    #[arg(long, value_name = "NAME")]
    pub(crate) station: Option<String>,
    /// Print one frame as text and end
    #[arg(long)]
    pub(crate) once: bool,
    /// Show, but move nothing
    #[arg(long)]
    pub(crate) readonly: bool,
    /// The language of the screen [default: board.lang]
    #[arg(long, value_enum, value_name = "LANG")]
    pub(crate) lang: Option<Language>,
    /// Write what happens into a new file, for a report of a fault: names, comments and typed words are masked
    #[arg(long, value_name = "FILE", conflicts_with_all = ["once", "replay"])]
    pub(crate) record: Option<PathBuf>,
    /// Play such a file instead of asking a service; with --once, print its last screen
    #[arg(long, value_name = "FILE")]
    pub(crate) replay: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// The public pick-up screen.
#[derive(Args)]
#[command(after_help = "Example:\n  lanchonete panel --once -o json")]
pub(crate) struct Panel {
    /// Print the numbers once and end; without it, again whenever they change
    #[arg(long)]
    pub(crate) once: bool,
    /// The language of the screen [default: board.lang]
    #[arg(long, value_enum, value_name = "LANG")]
    pub(crate) lang: Option<Language>,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// A language of the screens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    /// Portuguese of Brazil
    Pt,
    /// English
    En,
}

impl Language {
    /// Its name in the configuration.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Language::Pt => "pt",
            Language::En => "en",
        }
    }
}
