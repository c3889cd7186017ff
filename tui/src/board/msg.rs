//! What can happen to the board.

use api::client::Queue;
use api::order::{Order, TrackingRow};
use crossterm::event::KeyEvent;
use domain::{OrderId, OrderStatus, Timestamp};

use crate::failure::Failure;

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
