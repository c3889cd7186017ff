//! How today is going, asked for rarely: only after the queue changed, and at most twice a minute.

use std::time::Duration;

use api::order::Shift;
use domain::Timestamp;

/// The least time between two questions.
const EVERY: Duration = Duration::from_secs(30);
/// The least time between two questions while somebody looks at it.
const WHILE_OPEN: Duration = Duration::from_secs(5);

/// The last answer, and when to ask again.
#[derive(Debug, Clone)]
pub struct ShiftWatch {
    /// The last answer.
    pub last: Option<Shift>,
    asked: Option<Timestamp>,
    waits: bool,
    outdated: bool,
}

impl ShiftWatch {
    /// Nothing was asked yet.
    pub(crate) fn new() -> Self {
        ShiftWatch { last: None, asked: None, waits: false, outdated: true }
    }

    /// The queue is another one, so the answer may be too.
    pub(crate) fn outdate(&mut self) {
        self.outdated = true;
    }

    /// Whether to ask now; if so, it counts as asked.
    pub(crate) fn ask(&mut self, now: Timestamp, is_open: bool) -> bool {
        let least = if is_open { WHILE_OPEN } else { EVERY };
        let rested = self.asked.is_none_or(|at| now.since(at) >= least);
        let asks = !self.waits && rested && (self.outdated || is_open);
        if asks {
            (self.asked, self.waits, self.outdated) = (Some(now), true, false);
        }
        asks
    }

    /// An answer came, or none.
    pub(crate) fn answered(&mut self, shift: Option<Shift>) {
        self.waits = false;
        match shift {
            Some(shift) => self.last = Some(shift),
            None => self.outdated = true,
        }
    }

    /// The machine's clock was set back.
    pub(crate) fn clock_set_back(&mut self, now: Timestamp) {
        self.asked = self.asked.map(|at| at.min(now));
    }
}
