//! What the model is made of.

use domain::{OrderId, OrderStatus, Timestamp};

use super::card::Card;
use super::msg::What;

/// A column and the row in each column.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place {
    /// The column, from the left.
    pub column: usize,
    /// The row in each column.
    pub rows: [usize; 3],
}

/// Digits of a pick-up number as they are typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Typed {
    /// The digits.
    pub digits: String,
    /// Until when the next digit belongs to them.
    pub until: Option<Timestamp>,
}

/// What is in front of the cards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// Nothing.
    Board,
    /// The search is being typed.
    Search,
    /// All keys.
    Help {
        /// The first line on the screen.
        first: usize,
    },
    /// How many of each item are still to be made.
    AllDay,
    /// How today is going.
    Shift,
    /// What to look at.
    Filter {
        /// Which of [`super::Model::lenses`] is chosen.
        choice: usize,
    },
    /// All of the selected order.
    Detail {
        /// The item that the strike key is about, from 0.
        item: usize,
    },
    /// Why an order is cancelled.
    Cancel(Box<Cancel>),
}

/// The dialog before a cancellation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cancel {
    /// The order as it was when the dialog opened.
    pub card: Card,
    /// Which of the ready reasons is chosen; one past the last is the typed one.
    pub choice: Option<usize>,
    /// A reason of one's own.
    pub own: String,
    /// Whether it only waits for the second key.
    pub confirming: bool,
}

/// A change on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The order as it was.
    pub before: Card,
    /// Whether it takes an earlier change back.
    pub undoes: bool,
    /// Since when.
    pub since: Timestamp,
}

/// A place in front that is given in a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The order.
    pub id: OrderId,
    /// Its pick-up number.
    pub number: u32,
    /// In front, or back to its place.
    pub first: bool,
    /// When it is sent.
    pub until: Timestamp,
}

/// What this board did to an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// The order.
    pub id: OrderId,
    /// Its pick-up number.
    pub number: u32,
    /// Where it left the order.
    pub status: OrderStatus,
    /// What was said of it.
    pub told: String,
    /// How to take it back; empty when that is not possible.
    pub back: Vec<What>,
}

/// A line for the person at the board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What it says.
    pub text: String,
    /// Whether something was refused.
    pub error: bool,
    /// When it goes away.
    pub until: Timestamp,
}
