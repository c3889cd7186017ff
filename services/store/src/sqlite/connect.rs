use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};
use rusqlite_migration::Migrations;

use crate::{StoreError, StoreResult};

/// How long a connection waits for another process, such as a command of the CLI, to finish its write.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// The checkpointer may hold everybody back while it waits, so it waits briefly and comes again.
const CHECKPOINT_TIMEOUT: Duration = Duration::from_millis(200);
/// Statements that stay prepared per connection.
const STATEMENTS: usize = 256;

/// An absolute path, which SQLite cannot take for a URI or for a database in memory.
pub(super) fn absolute(path: &Path) -> StoreResult<PathBuf> {
    std::path::absolute(path).map_err(|error| open_error(path, error))
}

fn open_error(path: &Path, error: io::Error) -> StoreError {
    StoreError::Open(path.to_owned(), std::sync::Arc::new(error))
}

/// Names the file in the errors that a person can act on.
fn while_opening(path: &Path) -> impl Fn(rusqlite::Error) -> StoreError + '_ {
    move |error| match (error.sqlite_error_code(), StoreError::from(error)) {
        (Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked), StoreError::Unavailable(cause)) => {
            StoreError::Locked(path.to_owned(), cause)
        }
        (_, StoreError::Unavailable(cause)) => StoreError::Open(path.to_owned(), cause),
        (_, StoreError::Corrupt { id, .. }) => StoreError::Corrupt { what: path.display().to_string(), id },
        (_, other) => other,
    }
}

/// Creates the file for its owner only, if there is none; SQLite gives the WAL the same mode. An existing file is not
/// even opened: closing it again would drop the POSIX locks of every connection of this process
/// (<https://www.sqlite.org/howtocorrupt.html>, §2.2).
fn create_private(path: &Path) -> StoreResult<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(open_error(path, error)),
    }
}

fn connect(path: &Path, flags: OpenFlags, settings: &str) -> rusqlite::Result<Connection> {
    // Each connection belongs to one thread, so SQLite's own mutex would only cost.
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.execute_batch(settings)?;
    Ok(connection)
}

/// The connection that writes, on a file that is created, put into WAL mode and migrated as needed.
pub(super) fn writer(path: &Path, migrations: &Migrations<'static>) -> StoreResult<Connection> {
    create_private(path)?;
    let name = while_opening(path);
    let mut connection = connect(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE,
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;
         PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 0; PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -8000;",
    )
    .map_err(&name)?;
    let mode: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0)).map_err(&name)?;
    if mode != "wal" {
        return Err(StoreError::Open(
            path.to_owned(),
            std::sync::Arc::new(io::Error::other("no write-ahead log on this file system")),
        ));
    }
    connection.set_transaction_behavior(TransactionBehavior::Immediate);
    migrate(&mut connection, migrations, path)?;
    Ok(connection)
}

fn migrate(connection: &mut Connection, migrations: &Migrations<'static>, path: &Path) -> StoreResult<()> {
    let (_, pending) = steps(connection, migrations, path)?;
    if pending > 0
        && let Err(error) = migrations.to_latest(connection)
        // Another process may have migrated between our look and our turn to write.
        && steps(connection, migrations, path)?.1 > 0
    {
        return Err(not_migrated(path)(error));
    }
    Ok(())
}

/// The version of a database's schema, and how many steps it lacks. One that is newer than this program is refused.
fn steps(connection: &Connection, migrations: &Migrations<'static>, path: &Path) -> StoreResult<(usize, usize)> {
    let found = usize::from(migrations.current_version(connection).map_err(not_migrated(path))?);
    let pending = migrations.pending_migrations(connection).map_err(not_migrated(path))?;
    let newer_by = || StoreError::TooNew { found, known: found.saturating_sub(pending.unsigned_abs() as usize) };
    Ok((found, usize::try_from(pending).map_err(|_| newer_by())?))
}

fn not_migrated(path: &Path) -> impl Fn(rusqlite_migration::Error) -> StoreError {
    move |error| match error {
        rusqlite_migration::Error::RusqliteError { err, .. } => while_opening(path)(err),
        other => StoreError::internal(other),
    }
}

/// Refuses a database whose schema is not the newest that we know.
pub(super) fn require(connection: &Connection, migrations: &Migrations<'static>, path: &Path) -> StoreResult<()> {
    let (found, pending) = steps(connection, migrations, path)?;
    if pending > 0 {
        let why = format!("its schema version {found} lacks {pending} steps; start its service once");
        return Err(StoreError::Refused { store: path.display().to_string(), why });
    }
    Ok(())
}

/// A connection that can only read.
pub(super) fn reader(path: &Path) -> StoreResult<Connection> {
    let settings = "PRAGMA query_only = ON; PRAGMA temp_store = MEMORY;";
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY, settings).map_err(while_opening(path))?;
    // Opening is lazy: the first look at the schema finds what is no database.
    connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))
        .map_err(while_opening(path))?;
    Ok(connection)
}

/// The connection that moves the WAL into the database.
pub(super) fn checkpointer(path: &Path) -> StoreResult<Connection> {
    let settings = "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;";
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE, settings).map_err(while_opening(path))?;
    connection.busy_timeout(CHECKPOINT_TIMEOUT).map_err(while_opening(path))?;
    Ok(connection)
}
