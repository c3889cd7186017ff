use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Arc, PoisonError};

use rusqlite::Connection;

use super::call::Call;
use super::checkpoint::{Gate, SOFT_LIMIT, Tidy, wal_size};
use super::stats::Counters;
use crate::StoreError;

/// Most jobs that share one commit.
const BATCH: usize = 256;

/// The one thread that writes. It runs what is queued inside one transaction, commits once and answers then.
pub(super) struct Writer {
    pub(super) connection: Connection,
    pub(super) wal: PathBuf,
    pub(super) gate: Gate,
    pub(super) tidy: Sender<Tidy>,
    /// Whether the checkpointer was told that the WAL has grown, and has not looked since.
    pub(super) grown: Arc<AtomicBool>,
    pub(super) counters: Arc<Counters>,
}

impl Writer {
    /// Works until everybody who could ask has gone and the queue is empty.
    pub(super) fn run(self, queue: &Receiver<Box<dyn Call>>) {
        while let Ok(first) = queue.recv() {
            {
                let _gate = self.gate.read().unwrap_or_else(PoisonError::into_inner);
                self.batch(first, queue);
            }
            if wal_size(&self.wal) >= SOFT_LIMIT && !self.grown.swap(true, Ordering::SeqCst) {
                let _ = self.tidy.send(Tidy::Grown);
            }
        }
    }

    fn batch(&self, first: Box<dyn Call>, queue: &Receiver<Box<dyn Call>>) {
        let mut done = Vec::new();
        let mut result = self.execute("BEGIN IMMEDIATE");
        if result.is_ok() {
            let mut next = Some(first);
            while let Some(mut call) = next {
                result = self.in_savepoint(call.as_mut());
                done.push(call);
                next = if result.is_ok() && done.len() < BATCH { queue.try_recv().ok() } else { None };
            }
            result = result.and_then(|()| self.execute("COMMIT"));
        } else {
            // Whoever else waits has waited as long as the first: let nobody wait for the same lock again.
            done.push(first);
            done.extend(queue.try_iter().take(BATCH - 1));
        }
        self.answer(done, result);
    }

    /// Also a refusal waits for the commit: it may rest on what a neighbour in the batch has written.
    fn answer(&self, done: Vec<Box<dyn Call>>, result: Result<(), StoreError>) {
        match result {
            Ok(()) => {
                self.counters.commits.fetch_add(1, Ordering::Relaxed);
                done.into_iter().for_each(Call::answer);
            }
            Err(why) => {
                self.counters.failed_batches.fetch_add(1, Ordering::Relaxed);
                tracing::error!(jobs = done.len(), error = ?why, "a batch of writes was not stored");
                self.roll_back();
                done.into_iter().for_each(|call| call.refuse(why.clone()));
            }
        }
    }

    /// An error means that the whole transaction is lost, not only this job.
    fn in_savepoint(&self, call: &mut dyn Call) -> Result<(), StoreError> {
        self.execute("SAVEPOINT job")?;
        self.counters.jobs.fetch_add(1, Ordering::Relaxed);
        let keep = call.run(&self.connection);
        // SQLite rolls everything back by itself after some errors, such as a full disk.
        if self.connection.is_autocommit() {
            return Err(StoreError::unavailable("the transaction was rolled back while a job ran"));
        }
        if !keep {
            self.execute("ROLLBACK TO job")?;
        }
        self.execute("RELEASE job")
    }

    fn roll_back(&self) {
        if !self.connection.is_autocommit()
            && let Err(error) = self.execute("ROLLBACK")
        {
            tracing::error!(?error, "rollback failed");
        }
    }

    fn execute(&self, sql: &str) -> Result<(), StoreError> {
        self.connection.prepare_cached(sql)?.execute([])?;
        Ok(())
    }
}
