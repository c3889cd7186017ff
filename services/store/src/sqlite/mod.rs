//! SQLite: one writer with group commit, a few readers, migrations, and queues of work in a table.

mod call;
mod checkpoint;
mod connect;
mod queue;
mod reader;
mod stats;
mod table;
mod violation;
mod writer;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, TrySendError, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite_migration::Migrations;
use tokio::sync::oneshot;

use crate::{StoreError, StoreResult};
use call::{Call, call};
use checkpoint::{Checkpointer, Gate, Tidy, wal_path};
use reader::Reader;
use stats::Counters;
use writer::Writer;

pub use queue::SqliteQueue;
pub use stats::Stats;
pub use table::WorkTable;
pub use violation::is_unique_violation;

/// Writes that may wait; further ones are refused at once.
const WRITE_QUEUE: usize = 2048;
/// Reads that may wait; further ones are refused at once.
const READ_QUEUE: usize = 1024;
/// How long [`Sqlite::ping`] waits.
const PING_TIMEOUT: Duration = Duration::from_secs(2);

/// A SQLite database, shared by cloning. The threads behind it end after [`Sqlite::close`], or when the last clone is gone.
#[derive(Clone)]
pub struct Sqlite(Arc<Inner>);

struct Inner {
    /// `None` once closed: then nothing is accepted and the threads end after what they have.
    entry: RwLock<Option<Entry>>,
    threads: tokio::sync::Mutex<Vec<JoinHandle<()>>>,
    counters: Arc<Counters>,
}

/// The way into a thread.
type Queue = SyncSender<Box<dyn Call>>;

/// The ways to the writer and to the checkpointer.
struct WriteSide {
    jobs: Queue,
    tidy: Sender<Tidy>,
}

/// Where jobs are handed in.
struct Entry {
    /// `None` when the database was opened for reading only.
    write: Option<WriteSide>,
    read: Queue,
}

impl Sqlite {
    /// Opens a database for reading and writing: creates the file (mode 0600), puts it into WAL mode and runs the
    /// migrations that it lacks. Blocks shortly, so it belongs into a program's start.
    ///
    /// # Errors
    /// [`StoreError::TooNew`] for a schema that a later program made, [`StoreError::Corrupt`] for what is no database,
    /// [`StoreError::Locked`] and [`StoreError::Open`] with the path.
    pub fn open(path: &Path, migrations: Migrations<'static>) -> StoreResult<Sqlite> {
        let path = connect::absolute(path)?;
        let gate = Gate::default();
        let counters = Arc::new(Counters::default());
        let wal = wal_path(&path);
        // No more than callers that wait for an empty WAL, and one order of the writer's.
        let (tidy, orders) = channel();
        let grown = Arc::new(AtomicBool::new(false));
        let (jobs, queue) = sync_channel(WRITE_QUEUE);

        let connection = connect::writer(&path, &migrations)?;
        let writer = Writer {
            connection,
            wal: wal.clone(),
            gate: gate.clone(),
            tidy: tidy.clone(),
            grown: grown.clone(),
            counters: counters.clone(),
        };
        let connection = connect::checkpointer(&path)?;
        let checkpointer = Checkpointer { connection, wal, gate: gate.clone(), grown, counters: counters.clone() };

        let (read, mut threads) = readers(&path, &gate, Some(&tidy), &counters)?;
        threads.push(spawn("store-write", move || writer.run(&queue))?);
        threads.push(spawn("store-tidy", move || checkpointer.run(&orders))?);
        Ok(Self::new(Entry { write: Some(WriteSide { jobs, tidy }), read }, threads, counters))
    }

    /// Opens an existing database that is only looked at: nothing is created or migrated, and [`Sqlite::write`] is refused.
    ///
    /// # Errors
    /// As [`Sqlite::open`].
    pub fn open_read_only(path: &Path) -> StoreResult<Sqlite> {
        let path = connect::absolute(path)?;
        let counters = Arc::new(Counters::default());
        let (read, threads) = readers(&path, &Gate::default(), None, &counters)?;
        Ok(Self::new(Entry { write: None, read }, threads, counters))
    }

    /// The same for a database that must have exactly this schema.
    ///
    /// # Errors
    /// As [`Sqlite::open`]; [`StoreError::Refused`] for an older schema, which a service brings to the current one.
    pub fn open_read_only_as(path: &Path, migrations: &Migrations<'static>) -> StoreResult<Sqlite> {
        let whole = connect::absolute(path)?;
        connect::require(&connect::reader(&whole)?, migrations, &whole)?;
        Self::open_read_only(path)
    }

    fn new(entry: Entry, threads: Vec<JoinHandle<()>>, counters: Arc<Counters>) -> Self {
        Sqlite(Arc::new(Inner { entry: RwLock::new(Some(entry)), threads: threads.into(), counters }))
    }

    /// Runs `job` in the writer and answers once its changes are durable. A job that returns an error, or panics, leaves
    /// nothing behind. Once handed in, it runs to its end even if the caller goes away.
    ///
    /// Jobs run one after the other and see all that earlier ones wrote, so a decision made inside a job holds. They must
    /// be short and do no other input or output.
    ///
    /// # Errors
    /// What the job returns; [`StoreError::Unavailable`] when it could not be stored, too many are waiting, or the store
    /// is closed or read-only.
    pub async fn write<T, E>(&self, job: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (call, answer) = call(job);
        self.hand_in(call, |entry| match &entry.write {
            Some(side) => Ok(&side.jobs),
            None => Err(StoreError::unavailable("the store was opened for reading only")),
        })?;
        received(answer).await
    }

    /// Runs `job` on one of the readers, on a snapshot that includes every write answered before.
    ///
    /// # Errors
    /// What the job returns; [`StoreError::Unavailable`] when too many are waiting or the store is closed.
    pub async fn read<T, E>(&self, job: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (call, answer) = call(job);
        self.hand_in(call, |entry| Ok(&entry.read))?;
        received(answer).await
    }

    /// Whether the store works: reads something, and sees that the writer answers.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it does not, or not within two seconds.
    pub async fn ping(&self) -> StoreResult<()> {
        let both = async {
            self.read(|c| Ok::<_, StoreError>(c.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?))
                .await?;
            if self.is_read_only() { Ok(()) } else { self.write(|_| Ok::<_, StoreError>(())).await }
        };
        match tokio::time::timeout(PING_TIMEOUT, both).await {
            Ok(result) => result,
            Err(late) => Err(StoreError::unavailable(late)),
        }
    }

    /// Reads the whole database and checks its structure. Takes long on a large one.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] with the first fault.
    pub async fn check(&self) -> StoreResult<()> {
        self.read(|c| {
            let verdict: String = c.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
            if verdict == "ok" { Ok(()) } else { Err(StoreError::Corrupt { what: verdict, id: None }) }
        })
        .await
    }

    /// Moves everything into the database file and empties the write-ahead log, so that nothing erased is left in it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] while another process reads an old state.
    pub async fn truncate_wal(&self) -> StoreResult<()> {
        let (reply, answer) = oneshot::channel();
        {
            let entry = self.0.entry.read().unwrap_or_else(PoisonError::into_inner);
            let Some(WriteSide { tidy, .. }) = entry.as_ref().and_then(|entry| entry.write.as_ref()) else {
                return Err(closed());
            };
            tidy.send(Tidy::Truncate(reply)).map_err(|_| closed())?;
        }
        received(answer).await
    }

    /// Finishes what was accepted, empties the write-ahead log and ends the threads. Later calls are refused; closing
    /// again only waits for the same end.
    pub async fn close(&self) {
        drop(self.0.entry.write().unwrap_or_else(PoisonError::into_inner).take());
        let mut threads = self.0.threads.lock().await;
        let ending = std::mem::take(&mut *threads);
        let joined = tokio::task::spawn_blocking(move || ending.into_iter().all(|thread| thread.join().is_ok())).await;
        if !matches!(joined, Ok(true)) {
            tracing::error!("a thread of the store ended badly");
        }
    }

    /// What was done since the store was opened.
    pub fn stats(&self) -> Stats {
        self.0.counters.read()
    }

    fn is_read_only(&self) -> bool {
        let entry = self.0.entry.read().unwrap_or_else(PoisonError::into_inner);
        entry.as_ref().is_some_and(|entry| entry.write.is_none())
    }

    fn hand_in(&self, call: Box<dyn Call>, queue: impl FnOnce(&Entry) -> StoreResult<&Queue>) -> StoreResult<()> {
        let entry = self.0.entry.read().unwrap_or_else(PoisonError::into_inner);
        queue(entry.as_ref().ok_or_else(closed)?)?.try_send(call).map_err(|error| match error {
            TrySendError::Disconnected(_) => closed(),
            TrySendError::Full(_) => {
                self.0.counters.refused.fetch_add(1, Ordering::Relaxed);
                StoreError::unavailable("too many calls are waiting for the store")
            }
        })
    }
}

impl std::fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Sqlite").field(&self.stats()).finish()
    }
}

fn closed() -> StoreError {
    StoreError::unavailable("the store is closed")
}

/// An answer that never comes means that the thread behind it has ended.
async fn received<T, E: From<StoreError>>(answer: oneshot::Receiver<Result<T, E>>) -> Result<T, E> {
    answer.await.unwrap_or_else(|_| Err(closed().into()))
}

/// Starts the readers on one common queue.
fn readers(
    path: &Path,
    gate: &Gate,
    tidy: Option<&Sender<Tidy>>,
    counters: &Arc<Counters>,
) -> StoreResult<(Queue, Vec<JoinHandle<()>>)> {
    let (read, queue): (_, Receiver<Box<dyn Call>>) = sync_channel(READ_QUEUE);
    let queue = Arc::new(Mutex::new(queue));
    let many = thread::available_parallelism().map_or(2, |cores| cores.get().clamp(2, 4));
    let mut threads = Vec::with_capacity(many + 2);
    for _ in 0..many {
        let reader = Reader {
            connection: connect::reader(path)?,
            gate: gate.clone(),
            _tidy: tidy.cloned(),
            counters: counters.clone(),
        };
        let queue = queue.clone();
        threads.push(spawn("store-read", move || reader.run(&queue))?);
    }
    Ok((read, threads))
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> StoreResult<JoinHandle<()>> {
    thread::Builder::new().name(name.to_owned()).spawn(run).map_err(StoreError::unavailable)
}
