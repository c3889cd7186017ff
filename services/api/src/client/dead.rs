use super::{CallError, Http, Page};
use crate::{DeadLetter, Replay, Replayed};

/// Dead letters: the same at every service that has some.
impl Http {
    /// A page of the dead letters, oldest first.
    ///
    /// # Errors
    /// Every [`CallError`].
    pub async fn dead_letters(&self, skip: u32, limit: u32) -> Result<Page<DeadLetter>, CallError> {
        self.list("/dead-letters", &[("skip", skip.to_string()), ("limit", limit.to_string())]).await
    }

    /// Has one dead letter tried again, or all of them.
    ///
    /// # Errors
    /// Every [`CallError`].
    pub async fn replay(&self, which: Replay) -> Result<Replayed, CallError> {
        self.post("/dead-letters/replay", &which).await
    }
}
