//! Why a call led to nothing, as far as a screen cares.

use api::OrderNow;
use api::client::CallError;
use serde::{Deserialize, Serialize};

use crate::text::safe;

/// Why a question or a change led to nothing, as far as a screen cares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// No answer from this address.
    Unreachable(String),
    /// 401.
    Unauthenticated,
    /// 403.
    Forbidden,
    /// 409 and 412: it is not as it was on the screen; why, and where it is now, if the service says so.
    Conflict(String, Option<Box<OrderNow>>),
    /// The service answers that it can't at the moment, or something that is not ours.
    Broken(u16),
    /// Any other refusal.
    Refused(String),
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        let detail = |error: &CallError| safe(&error.to_string());
        match error.status() {
            None => match error {
                // What the network said is no sentence for a kitchen; `doctor` says it.
                CallError::Unreachable { url, .. } => Failure::Unreachable(safe(&url)),
                other => Failure::Unreachable(detail(&other)),
            },
            Some(401) => Failure::Unauthenticated,
            Some(403) => Failure::Forbidden,
            Some(409 | 412) => {
                let why = detail(&error);
                let now = if let CallError::Refused(problem, _) = error { problem.order } else { None };
                Failure::Conflict(why, now)
            }
            Some(status) if status >= 500 => Failure::Broken(status),
            Some(status) => match error {
                CallError::Nonsense { .. } => Failure::Broken(status),
                other => Failure::Refused(detail(&other)),
            },
        }
    }
}
