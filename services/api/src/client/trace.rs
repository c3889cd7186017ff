//! The correlation of one request across services: its id, and the W3C `traceparent` as it came.

/// What is passed on with every call made while a request is handled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trace {
    /// `x-request-id`.
    pub request_id: String,
    /// `traceparent` (W3C Trace Context §3.2), unchanged.
    pub traceparent: Option<String>,
}

tokio::task_local! {
    /// The trace of the request that the running task handles.
    pub static TRACE: Trace;
}

/// Runs a future in a task of its own, with the trace of this one: what a request began, other services still know as
/// that request's.
pub fn spawn<F>(future: F) -> tokio::task::JoinHandle<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    match current() {
        Some(trace) => tokio::spawn(TRACE.scope(trace, future)),
        None => tokio::spawn(future),
    }
}

/// The trace of the running task, if it handles a request.
pub fn current() -> Option<Trace> {
    TRACE.try_with(Clone::clone).ok()
}
