use std::panic::{AssertUnwindSafe, catch_unwind};

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::StoreError;

/// One caller's work on its way through a thread that owns a connection.
pub(super) trait Call: Send {
    /// Runs the job and keeps its result; says whether what it wrote shall stay.
    fn run(&mut self, connection: &Connection) -> bool;
    /// Gives the caller the result.
    fn answer(self: Box<Self>);
    /// Gives the caller an error instead, whatever the job said.
    fn refuse(self: Box<Self>, why: StoreError);
    /// Nobody waits for the result any more.
    fn is_abandoned(&self) -> bool;
}

struct Pending<T, E, F> {
    job: Option<F>,
    result: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

/// A call for `job`, and where its answer will arrive.
pub(super) fn call<T, E, F>(job: F) -> (Box<dyn Call>, oneshot::Receiver<Result<T, E>>)
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
    F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
{
    let (reply, answer) = oneshot::channel();
    (Box::new(Pending { job: Some(job), result: None, reply }), answer)
}

impl<T, E, F> Call for Pending<T, E, F>
where
    T: Send,
    E: From<StoreError> + Send,
    F: FnOnce(&Connection) -> Result<T, E> + Send,
{
    fn run(&mut self, connection: &Connection) -> bool {
        let Some(job) = self.job.take() else { return false };
        // What a panic leaves half done in the database is rolled back; the job's own values are gone with it.
        let result = catch_unwind(AssertUnwindSafe(|| job(connection)))
            .unwrap_or_else(|_| Err(StoreError::internal("a job of the store panicked").into()));
        let keep = result.is_ok();
        self.result = Some(result);
        keep
    }

    fn answer(self: Box<Self>) {
        let Pending { result, reply, .. } = *self;
        let result = result.unwrap_or_else(|| Err(StoreError::internal("a job of the store did not run").into()));
        // A caller that went away does not change what was done.
        let _ = reply.send(result);
    }

    fn refuse(self: Box<Self>, why: StoreError) {
        let _ = self.reply.send(Err(why.into()));
    }

    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }
}
