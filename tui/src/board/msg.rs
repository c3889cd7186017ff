//! What can happen to the board.

use api::client::{CallError, Queue};
use api::order::{Order, TrackingRow};
use crossterm::event::KeyEvent;
use domain::{OrderId, OrderStatus, Timestamp};

use crate::text::safe;

/// Something that happened.
#[derive(Debug)]
pub enum Msg {
    /// Time went on.
    Tick(Timestamp),
    /// A key was pressed.
    Key(KeyEvent),
    /// The terminal has this many columns and rows now.
    Resize(u16, u16),
    /// The queue was asked for: `None` when it is still the same.
    Queue(Result<Option<Queue>, Failure>),
    /// An order was to be changed.
    Changed(Change, Result<Box<Order>, Failure>),
    /// Who changed an order before us was asked for.
    Tracked {
        /// The order.
        id: OrderId,
        /// Its pick-up number.
        number: u32,
        /// Its last row, if it could be read.
        last: Option<TrackingRow>,
    },
}

/// A change of an order that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The order.
    pub id: OrderId,
    /// Its pick-up number.
    pub number: u32,
    /// What.
    pub what: What,
}

/// What was to be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// The status.
    Move {
        /// To this one.
        to: OrderStatus,
        /// Why, where it must say so.
        reason: Option<String>,
        /// The version that was on the screen: if it has changed since, the key meant something else.
        version: u64,
    },
    /// Whether an item is done.
    Strike {
        /// Its line.
        line: u32,
        /// Done or not.
        struck: bool,
    },
    /// Whether it goes first.
    Prioritise(bool),
}

/// Why a question or a change led to nothing, as far as the board cares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// No answer.
    Unreachable(String),
    /// 401.
    Unauthenticated,
    /// 403.
    Forbidden,
    /// 409 and 412: it is not as it was on the screen.
    Conflict(String),
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
                CallError::Unreachable { reason, .. } => Failure::Unreachable(safe(&reason)),
                other => Failure::Unreachable(detail(&other)),
            },
            Some(401) => Failure::Unauthenticated,
            Some(403) => Failure::Forbidden,
            Some(409 | 412) => Failure::Conflict(detail(&error)),
            Some(status) if status >= 500 => Failure::Broken(status),
            Some(status) => match error {
                CallError::Nonsense { .. } => Failure::Broken(status),
                other => Failure::Refused(detail(&other)),
            },
        }
    }
}
