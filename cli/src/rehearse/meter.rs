//! How long things take, and how often nobody answers.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use api::client::CallError;
use serde::Serialize;

/// From what to what a time is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stretch {
    /// From sending an order to its 201.
    Placed,
    /// From sending an order to its QR code or link.
    Charged,
    /// From the money at MercadoPago, or on the counter, to an order that is paid.
    Paid,
    /// From the money to the kitchen's queue, as one sees it who looks five times a second.
    Queued,
    /// One change by the kitchen.
    Step,
}

impl Stretch {
    const ALL: [Stretch; 5] = [Stretch::Placed, Stretch::Charged, Stretch::Paid, Stretch::Queued, Stretch::Step];

    const fn name(self) -> &'static str {
        match self {
            Stretch::Placed => "order placed",
            Stretch::Charged => "QR or link",
            Stretch::Paid => "money to paid",
            Stretch::Queued => "money to queue",
            Stretch::Step => "kitchen's step",
        }
    }
}

/// Collects from all tasks at once. A time is four bytes.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    taken: [Mutex<Vec<u32>>; Stretch::ALL.len()],
    asked: AtomicU64,
    unanswered: AtomicU64,
    refused: AtomicU64,
    unavailable: AtomicU64,
    internal: AtomicU64,
}

/// One row of the table, in milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Latency {
    pub(crate) what: &'static str,
    pub(crate) count: usize,
    pub(crate) p50_ms: u32,
    pub(crate) p90_ms: u32,
    pub(crate) p99_ms: u32,
    pub(crate) max_ms: u32,
}

/// What came of the calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Answers {
    /// Calls, each repetition counted.
    pub(crate) asked: u64,
    /// No connection, or no answer in time.
    pub(crate) unanswered: u64,
    /// 4xx.
    pub(crate) refused: u64,
    /// 5xx that asks to come again.
    pub(crate) unavailable: u64,
    /// 500: a mistake of ours, always.
    pub(crate) internal: u64,
}

/// An error of one of the two kinds of clients.
pub(crate) trait Complaint: std::fmt::Display {
    /// The HTTP status, where there was an answer.
    fn status(&self) -> Option<u16>;
    /// How long we are asked to wait.
    fn wait(&self) -> Option<Duration> {
        None
    }
}

impl Complaint for CallError {
    fn status(&self) -> Option<u16> {
        CallError::status(self)
    }

    fn wait(&self) -> Option<Duration> {
        self.retry_after()
    }
}

impl Complaint for mercadopago::Error {
    fn status(&self) -> Option<u16> {
        use mercadopago::Error;
        match self {
            Error::Unauthorized { status } | Error::Refused { status, .. } | Error::Busy { status, .. } => {
                Some(*status)
            }
            Error::NotFound => Some(404),
            Error::Unavailable { .. } => None,
        }
    }
}

/// Whether the same can be asked again. All that we ask can be.
fn passes(status: Option<u16>) -> bool {
    matches!(status, None | Some(408 | 423 | 425 | 429 | 500..))
}

impl Meter {
    /// Notes a time.
    pub(crate) fn took(&self, stretch: Stretch, time: Duration) {
        let millis = u32::try_from(time.as_millis()).unwrap_or(u32::MAX);
        self.taken[stretch as usize].lock().unwrap_or_else(PoisonError::into_inner).push(millis);
    }

    /// Asks, and asks again while nobody answers or the answer is to come later, but not for longer than `patience`.
    pub(crate) async fn insist<T, E, A>(&self, patience: Duration, ask: impl Fn() -> A) -> Result<T, E>
    where
        A: Future<Output = Result<T, E>>,
        E: Complaint,
    {
        let until = Instant::now() + patience;
        let mut pause = Duration::from_millis(50);
        loop {
            self.asked.fetch_add(1, Ordering::Relaxed);
            let error = match ask().await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let status = error.status();
            self.count(status).fetch_add(1, Ordering::Relaxed);
            if !passes(status) || Instant::now() >= until {
                return Err(error);
            }
            tokio::time::sleep(error.wait().unwrap_or(pause).min(Duration::from_secs(5))).await;
            pause = (pause * 2).min(Duration::from_secs(1));
        }
    }

    fn count(&self, status: Option<u16>) -> &AtomicU64 {
        match status {
            None => &self.unanswered,
            Some(500) => &self.internal,
            Some(501..) => &self.unavailable,
            Some(_) => &self.refused,
        }
    }

    /// The table so far.
    pub(crate) fn latencies(&self) -> Vec<Latency> {
        Stretch::ALL.into_iter().filter_map(|stretch| self.latency(stretch)).collect()
    }

    fn latency(&self, stretch: Stretch) -> Option<Latency> {
        let mut taken = self.taken[stretch as usize].lock().unwrap_or_else(PoisonError::into_inner).clone();
        taken.sort_unstable();
        let max_ms = *taken.last()?;
        let at = |percent: usize| taken[(taken.len() * percent).div_ceil(100).saturating_sub(1)];
        let (p50_ms, p90_ms, p99_ms) = (at(50), at(90), at(99));
        Some(Latency { what: stretch.name(), count: taken.len(), p50_ms, p90_ms, p99_ms, max_ms })
    }

    /// The counts so far.
    pub(crate) fn answers(&self) -> Answers {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Answers {
            asked: read(&self.asked),
            unanswered: read(&self.unanswered),
            refused: read(&self.refused),
            unavailable: read(&self.unavailable),
            internal: read(&self.internal),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles() {
        let meter = Meter::default();
        assert_eq!(meter.latencies(), []);
        for millis in (1..=200).rev() {
            meter.took(Stretch::Paid, Duration::from_millis(millis));
        }
        meter.took(Stretch::Step, Duration::from_millis(7));
        let row = |what, count, p50_ms, p90_ms, p99_ms, max_ms| Latency { what, count, p50_ms, p90_ms, p99_ms, max_ms };
        let expected = [row("money to paid", 200, 100, 180, 198, 200), row("kitchen's step", 1, 7, 7, 7, 7)];
        assert_eq!(meter.latencies(), expected);
    }
}
