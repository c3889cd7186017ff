use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use mongodb::bson::doc;
use mongodb::{Client, Database};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};
use tokio::time::{Instant, timeout_at};

use super::{Docs, Fault};
use crate::{StoreError, StoreResult};

/// Calls that may run or wait for a connection; further ones are refused at once.
const MAX_CALLS: u32 = 1024;
/// How long [`Mongo::close`] waits for them.
const DRAIN_FOR: Duration = Duration::from_secs(10);
/// How long [`Mongo::ping`] waits.
const PING_TIMEOUT: Duration = Duration::from_secs(2);

/// A database on a MongoDB server, shared by cloning.
#[derive(Clone)]
pub struct Mongo(Arc<Inner>);

struct Inner {
    client: Client,
    database: Database,
    shown: String,
    call_timeout: Duration,
    /// One permit per call; closed with the store.
    calls: Arc<Semaphore>,
    change_streams: bool,
}

/// Something unique is there already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicate {
    /// The name of the index; `_id_` for the id itself.
    pub index: String,
}

/// How a call can end badly.
enum Failed {
    Store(StoreError),
    Driver(Fault),
}

impl Mongo {
    pub(super) fn new(
        client: Client,
        database: Database,
        shown: String,
        call_timeout: Duration,
        change_streams: bool,
    ) -> Self {
        let calls = Arc::new(Semaphore::new(MAX_CALLS as usize));
        Mongo(Arc::new(Inner { client, database, shown, call_timeout, calls, change_streams }))
    }

    /// The URL without what must stay secret.
    pub fn shown(&self) -> &str {
        &self.0.shown
    }

    /// Whether changes can be watched: the server is a member of a replica set, or leads to one.
    pub fn has_change_streams(&self) -> bool {
        self.0.change_streams
    }

    /// The longest that a caller waits for one call.
    pub fn call_timeout(&self) -> Duration {
        self.0.call_timeout
    }

    /// The database, for what [`Docs`] has no words for. Use what comes from it inside [`Mongo::run`] only.
    pub fn database(&self) -> &Database {
        &self.0.database
    }

    /// A collection of one service. `what` names one of its documents in messages, such as `an order`.
    pub fn docs(&self, service: &str, name: &str, what: &'static str) -> Docs {
        Docs::new(self.clone(), self.0.database.collection(&format!("{service}_{name}")), what)
    }

    /// Runs a call of the driver to its end, even if the caller goes away: the driver's futures must not be dropped half
    /// way (RUST-937 in its README). The caller waits no longer than [`Mongo::call_timeout`]; what is late may still happen.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the server does not answer, too many calls wait, or the store is closed.
    pub async fn run<T, F>(&self, call: F) -> StoreResult<T>
    where
        F: Future<Output = mongodb::error::Result<T>> + Send + 'static,
        T: Send + 'static,
    {
        self.run_within(self.0.call_timeout, call).await
    }

    /// The same with a patience of its own.
    pub(super) async fn run_within<T, F>(&self, patience: Duration, call: F) -> StoreResult<T>
    where
        F: Future<Output = mongodb::error::Result<T>> + Send + 'static,
        T: Send + 'static,
    {
        self.attempt(call, Instant::now() + patience).await.map_err(Failed::into_store)
    }

    /// The same for a write that may run into something unique.
    ///
    /// # Errors
    /// As [`Mongo::run`].
    pub async fn run_unique<T, F>(&self, call: F) -> StoreResult<Result<T, Duplicate>>
    where
        F: Future<Output = mongodb::error::Result<T>> + Send + 'static,
        T: Send + 'static,
    {
        unique(self.attempt(call, self.deadline()).await)
    }

    /// Makes a write that is known by an id of its own, and makes it once more when the connection broke and nobody knows
    /// whether it was applied: if that runs into `own`, the index of the id, it was.
    ///
    /// # Errors
    /// As [`Mongo::run`].
    pub(super) async fn run_twice<F>(
        &self,
        own: &str,
        write: impl Fn() -> F + Send,
    ) -> StoreResult<Result<(), Duplicate>>
    where
        F: Future<Output = mongodb::error::Result<()>> + Send + 'static,
    {
        let deadline = self.deadline();
        match self.attempt(write(), deadline).await {
            Err(Failed::Driver(fault)) if StoreError::from(fault.clone()).is_unavailable() => {
                tracing::debug!(%fault, "a write of unknown outcome is repeated");
                match unique(self.attempt(write(), deadline).await)? {
                    Err(duplicate) if duplicate.index == own => Ok(Ok(())),
                    other => Ok(other),
                }
            }
            other => unique(other),
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.0.calls.is_closed()
    }

    fn deadline(&self) -> Instant {
        Instant::now() + self.0.call_timeout
    }

    async fn attempt<T, F>(&self, call: F, deadline: Instant) -> Result<T, Failed>
    where
        F: Future<Output = mongodb::error::Result<T>> + Send + 'static,
        T: Send + 'static,
    {
        let permit = self.permit()?;
        let task = tokio::spawn(async move {
            let answer = Box::pin(call).await;
            drop(permit);
            answer
        });
        match timeout_at(deadline, task).await {
            Ok(Ok(Ok(value))) => Ok(value),
            Ok(Ok(Err(error))) => Err(Failed::Driver(Fault::new(&error))),
            Ok(Err(ended)) if ended.is_cancelled() => Err(Failed::Store(closed())),
            Ok(Err(ended)) => Err(Failed::Store(StoreError::internal(ended))),
            Err(late) => Err(Failed::Store(StoreError::unavailable(late))),
        }
    }

    fn permit(&self) -> Result<OwnedSemaphorePermit, Failed> {
        self.0.calls.clone().try_acquire_owned().map_err(|error| {
            Failed::Store(match error {
                TryAcquireError::Closed => closed(),
                TryAcquireError::NoPermits => StoreError::unavailable("too many calls are waiting for the store"),
            })
        })
    }

    /// Whether the server answers.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it does not, or not within two seconds.
    pub async fn ping(&self) -> StoreResult<()> {
        let database = self.0.database.clone();
        self.run_within(PING_TIMEOUT, async move { database.run_command(doc! { "ping": 1 }).await.map(|_| ()) }).await
    }

    /// Finishes what was accepted, within bounds, and lets go of the server. Later calls are refused.
    pub async fn close(&self) {
        let all = tokio::time::timeout(DRAIN_FOR, self.0.calls.acquire_many(MAX_CALLS)).await;
        if all.is_err() {
            tracing::warn!("calls to MongoDB were cut off at the end");
        }
        self.0.calls.close();
        self.0.client.clone().shutdown().immediate(true).await;
    }
}

impl std::fmt::Debug for Mongo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Mongo").field(&self.0.shown).finish()
    }
}

impl Failed {
    fn into_store(self) -> StoreError {
        match self {
            Failed::Store(error) => error,
            Failed::Driver(fault) => fault.into(),
        }
    }
}

fn unique<T>(result: Result<T, Failed>) -> StoreResult<Result<T, Duplicate>> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(Failed::Driver(fault)) => match fault.duplicate() {
            Some(index) => Ok(Err(Duplicate { index: index.to_owned() })),
            None => Err(fault.into()),
        },
        Err(Failed::Store(error)) => Err(error),
    }
}

fn closed() -> StoreError {
    StoreError::unavailable("the store is closed")
}
