//! What can happen to the board.

use api::client::{Aside, Queue};
use api::order::{Category, Order, Shift, TrackingRow};
use crossterm::event::{KeyEvent, MouseEvent};
use domain::{OrderId, OrderStatus, Timestamp};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// Something that happened.
#[derive(Debug)]
pub enum Msg {
    /// Time went on.
    Tick(Timestamp),
    /// A key was pressed.
    Key(KeyEvent),
    /// The mouse was used.
    Mouse(MouseEvent),
    /// The terminal has this many columns and rows now.
    Resize(u16, u16),
    /// The queue was asked for: `None` when it is still the same; and what the service says besides.
    Queue(Result<Option<Queue>, Failure>, Aside),
    /// An order was to be changed.
    Changed(Change, Result<Box<Order>, Failure>),
    /// Why an order left the queue was asked for: its history.
    Left {
        /// The order.
        id: OrderId,
        /// Its rows.
        rows: Result<Vec<TrackingRow>, Failure>,
    },
    /// The categories of the menu were asked for.
    Categories(Result<Vec<Category>, Failure>),
    /// How today is going was asked for.
    Shift(Result<Shift, Failure>),
    /// The alert command did not work.
    AlertFailed(String),
    /// The recording could not go on.
    RecordFailed(String),
}

/// A change of an order that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The order.
    pub id: OrderId,
    /// Its pick-up number.
    pub number: u32,
    /// What.
    pub what: What,
}

/// What was to be changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
    /// One after the other, as long as each is carried out.
    Series(Vec<What>),
}
