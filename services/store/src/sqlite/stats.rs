use std::sync::atomic::{AtomicU64, Ordering};

/// What a store has done since it was opened, for metrics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Write jobs that ran, whatever came of them.
    pub jobs: u64,
    /// Commits that were durable: fewer than `jobs`, because one commit answers many.
    pub commits: u64,
    /// Batches that could not be begun or committed.
    pub failed_batches: u64,
    /// Read jobs that ran.
    pub reads: u64,
    /// Calls refused because a queue was full.
    pub refused: u64,
    /// Checkpoints of the write-ahead log.
    pub checkpoints: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) jobs: AtomicU64,
    pub(super) commits: AtomicU64,
    pub(super) failed_batches: AtomicU64,
    pub(super) reads: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) checkpoints: AtomicU64,
}

impl Counters {
    pub(super) fn read(&self) -> Stats {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            jobs: get(&self.jobs),
            commits: get(&self.commits),
            failed_batches: get(&self.failed_batches),
            reads: get(&self.reads),
            refused: get(&self.refused),
            checkpoints: get(&self.checkpoints),
        }
    }
}
