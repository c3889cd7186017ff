use std::io;

use api::client::CallError;

/// Why a screen could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum BoardError {
    /// Input or output is not a terminal.
    #[error("this needs a terminal; `--once` prints one frame without one")]
    NotATerminal,
    /// The terminal failed or went away.
    #[error("the terminal failed: {0}")]
    Terminal(#[from] io::Error),
    /// The recording can't be played.
    #[error("this recording can't be played: {0}")]
    Recording(#[from] crate::board::record::RecordError),
    /// The order service gave nothing to show.
    #[error(transparent)]
    Service(#[from] CallError),
}
