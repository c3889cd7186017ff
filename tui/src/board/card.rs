//! An order as a card.

use std::time::Duration;

use api::order::{Order, OrderItem, QueueEntry};
use domain::{Money, OrderId, OrderStatus, PaymentMethod, Timestamp};

use crate::text::{fold, safe};

/// An order as the board keeps it. Every text in it is safe to draw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// The order.
    pub id: OrderId,
    /// Its pick-up number.
    pub number: u32,
    /// Who will be called.
    pub name: Option<String>,
    /// Whether it goes first inside its status.
    pub prioritized: bool,
    /// Where it is.
    pub status: OrderStatus,
    /// How it was paid.
    pub method: PaymentMethod,
    /// The total.
    pub amount: Money,
    /// What to make.
    pub items: Vec<Item>,
    /// Placed at.
    pub created_at: Timestamp,
    /// From when its age counts: the payment, or since when it has been ready.
    pub since: Timestamp,
    /// Grows with each change.
    pub version: u64,
}

/// One line of a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its number in the order, from 1.
    pub line: u32,
    /// How many.
    pub quantity: u32,
    /// What.
    pub name: String,
    /// How it is wanted.
    pub comment: Option<String>,
    /// Whether it is done.
    pub struck: bool,
}

impl Card {
    /// How long it has been waiting.
    pub fn age(&self, now: Timestamp) -> Duration {
        now.since(self.since)
    }

    /// The first item that is still to be made.
    pub fn next_item(&self) -> Option<&Item> {
        self.items.iter().find(|item| !item.struck)
    }

    /// Whether a search (see [`fold`]) finds it: by number, name, item or comment.
    pub fn matches(&self, query: &str) -> bool {
        let words = [self.name.as_deref().unwrap_or_default()].into_iter();
        let items = self.items.iter().flat_map(|i| [i.name.as_str(), i.comment.as_deref().unwrap_or_default()]);
        self.number.to_string().starts_with(query) || words.chain(items).any(|text| fold(text).contains(query))
    }

    /// Where the queue would put it among the others, as far as a card can tell.
    pub(crate) fn rank(&self) -> (usize, bool, Timestamp) {
        (self.status.queue_rank().unwrap_or(usize::MAX), !self.prioritized, self.created_at)
    }
}

impl From<OrderItem> for Item {
    fn from(item: OrderItem) -> Self {
        Item {
            line: item.line,
            quantity: item.quantity,
            name: safe(&item.name),
            comment: item.comment.as_deref().map(safe).filter(|comment| !comment.trim().is_empty()),
            struck: item.struck_at.is_some(),
        }
    }
}

fn since(status: OrderStatus, created: Timestamp, paid: Option<Timestamp>, ready: Option<Timestamp>) -> Timestamp {
    let ready = ready.filter(|_| status == OrderStatus::ReadyForPickup);
    ready.or(paid).unwrap_or(created)
}

/// The name to call, if there is anything in it.
fn name(name: Option<String>) -> Option<String> {
    name.map(|name| safe(name.trim())).filter(|name| !name.is_empty())
}

impl From<QueueEntry> for Card {
    fn from(entry: QueueEntry) -> Self {
        Card {
            id: entry.id,
            number: entry.number,
            name: name(entry.pickup_name),
            prioritized: entry.prioritized,
            status: entry.status,
            method: entry.payment_method,
            amount: entry.amount,
            items: entry.items.into_iter().map(Item::from).collect(),
            created_at: entry.created_at,
            since: since(entry.status, entry.created_at, entry.paid_at, entry.ready_at),
            version: entry.version,
        }
    }
}

impl From<Order> for Card {
    fn from(order: Order) -> Self {
        Card {
            id: order.id,
            number: order.number,
            name: name(order.pickup_name),
            prioritized: order.prioritized,
            status: order.status,
            method: order.payment_method,
            amount: order.amount,
            items: order.items.into_iter().map(Item::from).collect(),
            created_at: order.created_at,
            since: since(order.status, order.created_at, order.paid_at, order.ready_at),
            version: order.version,
        }
    }
}
