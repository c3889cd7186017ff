//! What the board asks to be done.

use domain::OrderId;

use super::msg::Change;

/// Something to be done outside; each of the first three answers with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Ask for the queue, unless it is still the one with this tag.
    Fetch {
        /// The tag.
        etag: Option<String>,
    },
    /// Change an order.
    Change(Change),
    /// Ask who changed an order.
    Track {
        /// The order.
        id: OrderId,
        /// Its pick-up number.
        number: u32,
    },
    /// Ring the terminal's bell.
    Bell,
    /// End.
    Quit,
}
