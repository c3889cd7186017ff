//! The connection to the order service, and what the screen is worth.

use std::time::Duration;

use domain::Timestamp;

use crate::failure::Failure;

/// Without a good answer for this long, the board says that it is out of date.
pub const STALE_AFTER: Duration = Duration::from_secs(3);
/// A question that hangs counts as failed after this long.
const HANGS_AFTER: Duration = Duration::from_secs(2);
/// While answers fail, the next question comes at least this soon.
const RETRY: Duration = Duration::from_secs(1);

/// The connection to the order service.
#[derive(Debug, Clone)]
pub struct Link {
    started: Timestamp,
    last_good: Option<Timestamp>,
    failure: Option<Failure>,
    asked: Option<Timestamp>,
    next: Timestamp,
    interval: Duration,
    again: bool,
}

/// What the connection is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust<'a> {
    /// Nothing was heard yet.
    Connecting,
    /// What is on the screen is true.
    Live(Timestamp),
    /// No good answer for too long; since when, and why.
    Lost(Timestamp, Option<&'a Failure>),
}

impl Link {
    /// A connection that asks every `interval`.
    pub fn new(now: Timestamp, interval: Duration) -> Self {
        Link { started: now, last_good: None, failure: None, asked: None, next: now, interval, again: false }
    }

    /// The machine's clock was set back: nothing may wait for a time that is far away now.
    pub fn clock_set_back(&mut self, now: Timestamp) {
        self.next = self.next.min(now);
        self.asked = self.asked.map(|at| at.min(now));
        self.last_good = self.last_good.map(|at| at.min(now));
        self.started = self.started.min(now);
    }

    /// Whether it is time to ask; if so, it counts as asked.
    pub fn ask(&mut self, now: Timestamp) -> bool {
        let due = self.asked.is_none() && now >= self.next;
        if due {
            self.asked = Some(now);
            self.again = false;
        }
        due
    }

    /// Asks as soon as possible, because something changed.
    pub fn hurry(&mut self, now: Timestamp) {
        self.again = self.asked.is_some();
        self.next = now;
    }

    /// A good answer came.
    pub fn good(&mut self, now: Timestamp) {
        self.last_good = Some(now);
        self.failure = None;
        self.answered(now, self.interval);
    }

    /// No good answer came.
    pub fn bad(&mut self, failure: Failure, now: Timestamp) {
        self.failure = Some(failure);
        self.answered(now, self.interval.min(RETRY));
    }

    fn answered(&mut self, now: Timestamp, wait: Duration) {
        self.next = if self.again { now } else { now.plus(wait) };
        self.asked = None;
    }

    /// What the screen is worth now.
    ///
    /// With a long interval a healthy board hears nothing for more than three seconds, so silence counts only after
    /// a question failed or hangs.
    pub fn trust(&self, now: Timestamp) -> Trust<'_> {
        let since = self.last_good.unwrap_or(self.started);
        let hangs = self.asked.is_some_and(|asked| now.since(asked) >= HANGS_AFTER);
        let refused = matches!(self.failure, Some(Failure::Unauthenticated | Failure::Forbidden));
        let overdue = now.since(since) >= STALE_AFTER && (self.failure.is_some() || hangs);
        match self.last_good {
            _ if refused || overdue => Trust::Lost(since, self.failure.as_ref()),
            Some(at) => Trust::Live(at),
            None => Trust::Connecting,
        }
    }

    /// When the last good answer came.
    pub fn last_good(&self) -> Option<Timestamp> {
        self.last_good
    }
}
