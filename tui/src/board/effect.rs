//! What the board asks to be done.

use domain::OrderId;

use super::msg::Change;
use super::news::Alert;

/// Something to be done outside; all but the last three answer with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Ask for the queue, unless it is still the one with this tag.
    Fetch {
        /// The tag.
        etag: Option<String>,
    },
    /// Change an order.
    Change(Change),
    /// Ask why an order left the queue.
    Why {
        /// The order.
        id: OrderId,
    },
    /// Ask for the categories of the menu.
    Categories,
    /// Ask how today is going.
    Shift,
    /// Run the alert command.
    Alert(Alert),
    /// Ring the terminal's bell.
    Bell,
    /// Let the shell have the terminal for a while.
    Suspend,
    /// End.
    Quit,
}
