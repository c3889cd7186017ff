use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::stats::Counters;
use crate::{StoreError, StoreResult};

/// A WAL of this many bytes is worth a checkpoint.
pub(super) const SOFT_LIMIT: u64 = 4 << 20;
/// From this many bytes on, writers and readers are held back once, so that the WAL can begin anew.
const HARD_LIMIT: u64 = 32 << 20;
/// After somebody in another process stood in the way, this long without holding anybody back.
const RESPITE: Duration = Duration::from_secs(5);

/// Held for reading by whoever works on the database and for writing by a checkpoint that needs it alone. Without it, a
/// checkpoint never finds the moment without a reader that it needs to begin the WAL anew.
pub(super) type Gate = Arc<RwLock<()>>;

/// What the checkpointer is told.
pub(super) enum Tidy {
    /// The WAL has grown past [`SOFT_LIMIT`].
    Grown,
    /// Leave nothing in the WAL, and say when that is so.
    Truncate(oneshot::Sender<StoreResult<()>>),
}

/// The WAL that belongs to a database file.
pub(super) fn wal_path(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

/// Bytes of the WAL; nothing when there is none.
pub(super) fn wal_size(wal: &Path) -> u64 {
    std::fs::metadata(wal).map_or(0, |file| file.len())
}

/// Moves what the WAL holds into the database, on a thread of its own, so that no writer waits for it.
pub(super) struct Checkpointer {
    pub(super) connection: Connection,
    pub(super) wal: PathBuf,
    pub(super) gate: Gate,
    /// Shared with the writer, which says so once.
    pub(super) grown: Arc<AtomicBool>,
    pub(super) counters: Arc<Counters>,
}

impl Checkpointer {
    /// Works until everybody who could ask has gone, then empties the WAL.
    pub(super) fn run(self, orders: &Receiver<Tidy>) {
        let mut rested = Instant::now();
        while let Ok(order) = orders.recv() {
            match order {
                Tidy::Grown => {
                    // What is written from here on is worth another look.
                    self.grown.store(false, Ordering::SeqCst);
                    self.note(self.passive());
                    if wal_size(&self.wal) >= HARD_LIMIT && Instant::now() >= rested {
                        let alone = self.alone();
                        // Not by the size: what was written since then stood in nobody's way.
                        rested = Instant::now() + if alone.is_err() { RESPITE } else { Duration::ZERO };
                        self.note(alone);
                    }
                }
                Tidy::Truncate(reply) => {
                    let _ = reply.send(self.alone());
                }
            }
        }
        self.note(self.alone());
    }

    /// As much as goes without anybody waiting.
    fn passive(&self) -> StoreResult<()> {
        self.checkpoint("PRAGMA wal_checkpoint(PASSIVE)").map(|_| ())
    }

    /// Everything: first what needs nobody's patience, then the rest while nobody else works.
    fn alone(&self) -> StoreResult<()> {
        self.passive()?;
        let _gate = self.gate.write().unwrap_or_else(PoisonError::into_inner);
        match self.checkpoint("PRAGMA wal_checkpoint(TRUNCATE)")? {
            0 => Ok(()),
            _ => Err(StoreError::unavailable("another process is using the write-ahead log")),
        }
    }

    /// The first column of the pragma: not zero when somebody stood in the way.
    fn checkpoint(&self, pragma: &str) -> StoreResult<i64> {
        let busy = self.connection.query_row(pragma, [], |row| row.get(0))?;
        self.counters.checkpoints.fetch_add(1, Ordering::Relaxed);
        Ok(busy)
    }

    fn note(&self, result: StoreResult<()>) {
        if let Err(StoreError::Unavailable(cause) | StoreError::Internal(cause)) = result {
            tracing::warn!(%cause, "checkpoint put off");
        }
    }
}
