use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use domain::Timestamp;
use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};
use store::{Sqlite, StoreError, StoreResult, WorkTable};
use tempfile::TempDir;

pub(crate) const T0: Timestamp = Timestamp::from_millis(1_790_000_000_000);
pub(crate) const OUTBOX: WorkTable = WorkTable::new("outbox");

const NOTES: &str = "
CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE replies (note INTEGER NOT NULL REFERENCES notes (id) DEFERRABLE INITIALLY DEFERRED) STRICT;";
static QUEUE: LazyLock<String> = LazyLock::new(|| WorkTable::create_sql("outbox"));

pub(crate) fn migrations() -> Migrations<'static> {
    Migrations::new(vec![M::up(NOTES), M::up(&QUEUE)])
}

/// A directory that goes away with the test, and where its database is.
pub(crate) fn place() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("test.db");
    (dir, path)
}

pub(crate) fn open(path: &Path) -> Sqlite {
    Sqlite::open(path, migrations()).unwrap()
}

pub(crate) fn note(c: &Connection, text: &str) -> StoreResult<i64> {
    c.prepare_cached("INSERT INTO notes (text) VALUES (?1)")?.execute([text])?;
    Ok(c.last_insert_rowid())
}

pub(crate) async fn notes(store: &Sqlite) -> Vec<String> {
    let all = |c: &Connection| -> StoreResult<Vec<String>> {
        let mut all = c.prepare("SELECT text FROM notes ORDER BY id")?;
        Ok(all.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
    };
    store.read(all).await.unwrap()
}

/// Keeps the writer inside a job until the sender is used or dropped, so that what comes meanwhile shares its batch.
pub(crate) fn hold(store: &Sqlite) -> (mpsc::Sender<()>, impl Future<Output = StoreResult<()>> + use<>) {
    let (release, held) = mpsc::channel::<()>();
    let store = store.clone();
    let job = async move {
        store
            .write(move |_| {
                let _ = held.recv();
                Ok::<_, StoreError>(())
            })
            .await
    };
    (release, job)
}

/// Waits until `holds`, and fails loudly when it never does.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let mut waited = Duration::ZERO;
    while !holds().await {
        assert!(waited < Duration::from_secs(60), "never: {what}");
        // What a machine that stands still takes away is no time in which it could have happened.
        let began = Instant::now();
        tokio::time::sleep(Duration::from_millis(5)).await;
        waited += began.elapsed().min(Duration::from_millis(250));
    }
}
