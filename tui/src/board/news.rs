//! What nobody has seen yet: orders that are new, that somebody else changed, or that were cancelled.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{OrderId, Timestamp};

use super::card::Card;

/// How long a mark stays after somebody was at the board.
const FADES: Duration = Duration::from_secs(20);

/// What happened to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Another board or a person elsewhere changed it.
    Changed,
    /// It was paid.
    New,
    /// It was cancelled.
    Cancelled,
}

impl Kind {
    /// As the alert command is told.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Changed => "changed",
            Kind::New => "new",
            Kind::Cancelled => "cancelled",
        }
    }
}

/// One thing that happened.
#[derive(Debug, Clone, Copy)]
struct Piece {
    kind: Kind,
    number: u32,
    seen: Option<Timestamp>,
}

/// What nobody has seen yet, and when it is said again.
#[derive(Debug, Clone, Default)]
pub struct News {
    pieces: BTreeMap<OrderId, Piece>,
    again: Option<Timestamp>,
    /// Orders that left the queue, until it is known why.
    pub(crate) leaving: Vec<Leaving>,
}

/// An order that left the queue without this board's doing.
#[derive(Debug, Clone)]
pub(crate) struct Leaving {
    pub(crate) card: Card,
    pub(crate) asked: bool,
    pub(crate) tries: u8,
}

/// What is said about all news together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alert {
    /// The most urgent.
    pub kind: Kind,
    /// The pick-up number of the first of that kind.
    pub number: u32,
    /// How many orders there is news of.
    pub count: usize,
}

impl News {
    /// Something happened.
    pub(crate) fn add(&mut self, kind: Kind, card: &Card) {
        self.pieces.insert(card.id, Piece { kind, number: card.number, seen: None });
    }

    /// An order is no news any more.
    pub(crate) fn forget(&mut self, id: OrderId) {
        self.pieces.remove(&id);
    }

    /// Somebody is at the board: no more noise. Marks stay a little longer, a cancellation's until it is confirmed.
    pub(crate) fn seen(&mut self, now: Timestamp) {
        self.again = None;
        for piece in self.pieces.values_mut() {
            piece.seen.get_or_insert(now);
        }
    }

    /// Forgets what was seen a while ago, and orders that `stays` does not want.
    pub(crate) fn fade(&mut self, now: Timestamp, stays: impl Fn(OrderId, Kind) -> bool) {
        self.pieces.retain(|id, piece| {
            let fades = piece.kind != Kind::Cancelled && piece.seen.is_some_and(|at| now.since(at) >= FADES);
            !fades && stays(*id, piece.kind)
        });
    }

    /// What is to be said now, if anything; it is said again after `repeat`, unless that is zero.
    pub(crate) fn say(&mut self, now: Timestamp, repeat: Duration) -> Option<Alert> {
        let unseen = || self.pieces.values().filter(|piece| piece.seen.is_none());
        let urgent = unseen().map(|piece| piece.kind).max()?;
        let number = unseen().find(|piece| piece.kind == urgent)?.number;
        let alert = Alert { kind: urgent, number, count: unseen().count() };
        self.again = (!repeat.is_zero()).then(|| now.plus(repeat));
        Some(alert)
    }

    /// Whether it is time to say it again.
    pub(crate) fn is_due(&self, now: Timestamp) -> bool {
        self.again.is_some_and(|at| now >= at)
    }

    /// The machine's clock was set back.
    pub(crate) fn clock_set_back(&mut self, now: Timestamp) {
        self.again = self.again.map(|at| at.min(now));
        for piece in self.pieces.values_mut() {
            piece.seen = piece.seen.map(|at| at.min(now));
        }
    }

    /// Nothing more to say for now.
    pub(crate) fn hush(&mut self) {
        self.again = None;
    }

    /// The mark of an order.
    pub fn mark(&self, id: OrderId) -> Option<Kind> {
        self.pieces.get(&id).map(|piece| piece.kind)
    }
}
