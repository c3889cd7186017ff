use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;

use super::call::Call;
use super::checkpoint::{Gate, Tidy};
use super::stats::Counters;
use crate::StoreError;

/// One of the threads that read, each on its own connection.
pub(super) struct Reader {
    pub(super) connection: Connection,
    pub(super) gate: Gate,
    /// Never used: while a reader lives, the checkpointer does.
    pub(super) _tidy: Option<Sender<Tidy>>,
    pub(super) counters: Arc<Counters>,
}

impl Reader {
    /// Works until everybody who could ask has gone and the queue is empty.
    pub(super) fn run(self, queue: &Mutex<Receiver<Box<dyn Call>>>) {
        while let Some(call) = next(queue) {
            if call.is_abandoned() {
                continue;
            }
            let _gate = self.gate.read().unwrap_or_else(PoisonError::into_inner);
            self.counters.reads.fetch_add(1, Ordering::Relaxed);
            self.snapshot(call);
        }
    }

    /// All statements of one job see the same state.
    fn snapshot(&self, mut call: Box<dyn Call>) {
        if let Err(why) = self.execute("BEGIN") {
            return call.refuse(why);
        }
        call.run(&self.connection);
        if !self.connection.is_autocommit()
            && let Err(why) = self.execute("ROLLBACK")
        {
            tracing::error!(error = ?why, "a read did not end");
        }
        call.answer();
    }

    fn execute(&self, sql: &str) -> Result<(), StoreError> {
        self.connection.prepare_cached(sql)?.execute([])?;
        Ok(())
    }
}

/// The lock is held while waiting: exactly one idle reader waits at the queue, the others at the lock.
fn next(queue: &Mutex<Receiver<Box<dyn Call>>>) -> Option<Box<dyn Call>> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}
