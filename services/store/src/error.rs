use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::ErrorCode;

/// What lies behind a [`StoreError`]: for the log, never for the person who asked. Shared, because one failed commit
/// answers many callers.
pub type Cause = Arc<dyn Error + Send + Sync>;

/// What storage plumbing returns.
pub type StoreResult<T> = Result<T, StoreError>;

/// Why a store did not do as told. The texts name no SQL, column or value; those are in the `source`.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Busy, disk full, overloaded or closed: nothing was stored, the same call may work later.
    #[error("the store is not available")]
    Unavailable(#[source] Cause),
    /// What is stored cannot be right.
    #[error("the store is corrupt: {what}")]
    Corrupt {
        /// Which part, in words.
        what: String,
        /// Which entry, where one is known.
        id: Option<String>,
    },
    /// A later version of the program wrote this store.
    #[error("the store has schema version {found}, but this program knows only {known}")]
    TooNew {
        /// Version of the store.
        found: usize,
        /// Latest version that this program knows.
        known: usize,
    },
    /// Another process kept the store to itself while we tried to open it.
    #[error("the store {0} is locked by another process")]
    Locked(PathBuf, #[source] Cause),
    /// The store cannot be opened or created.
    #[error("cannot open the store {0}")]
    Open(PathBuf, #[source] Cause),
    /// The database server will not serve us, and waiting does not help: a URL that it cannot be, a wrong password, no
    /// rights.
    #[error("the store {store} cannot be used: {why}")]
    Refused {
        /// Which store, without a password.
        store: String,
        /// What is wrong with it, in words that hold no secret.
        why: String,
    },
    /// A mistake of the program.
    #[error("internal error of the store")]
    Internal(#[source] Cause),
}

impl StoreError {
    /// [`StoreError::Unavailable`] because of `cause`: an error, or a text.
    pub fn unavailable(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        StoreError::Unavailable(cause.into().into())
    }

    /// [`StoreError::Internal`] because of `cause`: an error, or a text.
    pub fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        StoreError::Internal(cause.into().into())
    }

    /// [`StoreError::Corrupt`] about one entry.
    pub fn corrupt(what: impl Into<String>, id: impl ToString) -> Self {
        StoreError::Corrupt { what: what.into(), id: Some(id.to_string()) }
    }

    /// The same call may work later.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, StoreError::Unavailable(_))
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        // What SQLite says is enough: the statement it says it of is nobody's business, not even as a source.
        let error = match error {
            rusqlite::Error::SqlInputError { error, msg, .. } => rusqlite::Error::SqliteFailure(error, Some(msg)),
            other => other,
        };
        match error.sqlite_error_code() {
            Some(
                ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen
                | ErrorCode::ReadOnly
                | ErrorCode::OutOfMemory
                | ErrorCode::OperationInterrupted,
            ) => StoreError::unavailable(error),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                StoreError::Corrupt { what: "the database file".into(), id: None }
            }
            _ => StoreError::internal(error),
        }
    }
}
