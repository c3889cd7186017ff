//! An order as a card.

use std::time::Duration;

use api::order::{Order, OrderItem, QueueEntry};
use domain::{CategoryId, Money, OrderId, OrderStatus, PaymentMethod, Role, Timestamp};

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
    /// It was cancelled and is here only until somebody has seen that.
    pub cancelled: Option<Cancellation>,
    /// What a search looks through: every word of it, folded.
    words: String,
}

/// Who cancelled an order, when and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cancellation {
    /// As what.
    pub role: Role,
    /// When.
    pub at: Timestamp,
    /// Why; empty where none was given.
    pub reason: String,
}

/// One line of a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its number in the order, from 1.
    pub line: u32,
    /// Its group on the menu.
    pub category: CategoryId,
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

    /// Whether a search (see [`fold`]) finds it: by number, name, item or comment.
    pub fn matches(&self, query: &str) -> bool {
        self.words.contains(query) || self.number.to_string().starts_with(query)
    }

    /// The name of an item.
    pub fn item_name(&self, line: u32) -> &str {
        self.items.iter().find(|item| item.line == line).map_or("", |item| &item.name)
    }

    /// Where the queue would put it among the others, as far as a card can tell.
    pub(crate) fn rank(&self) -> (usize, bool, Timestamp) {
        (super::moves::queue_place(self.status), !self.prioritized, self.created_at)
    }
}

impl From<OrderItem> for Item {
    fn from(item: OrderItem) -> Self {
        Item {
            line: item.line,
            category: item.category_id,
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

/// Everything that a search looks through.
fn words(name: Option<&str>, items: &[Item]) -> String {
    let mut words = fold(name.unwrap_or_default());
    for text in items.iter().flat_map(|item| [Some(&item.name), item.comment.as_ref()]).flatten() {
        words.push('\n');
        words.push_str(&fold(text));
    }
    words
}

macro_rules! card {
    ($order:ident) => {{
        let items: Vec<Item> = $order.items.into_iter().map(Item::from).collect();
        let name = name($order.pickup_name);
        Card {
            id: $order.id,
            number: $order.number,
            words: words(name.as_deref(), &items),
            name,
            prioritized: $order.prioritized,
            status: $order.status,
            method: $order.payment_method,
            amount: $order.amount,
            items,
            created_at: $order.created_at,
            since: since($order.status, $order.created_at, $order.paid_at, $order.ready_at),
            version: $order.version,
            cancelled: None,
        }
    }};
}

impl From<QueueEntry> for Card {
    fn from(entry: QueueEntry) -> Self {
        card!(entry)
    }
}

impl From<Order> for Card {
    fn from(order: Order) -> Self {
        card!(order)
    }
}
