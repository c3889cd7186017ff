//! What is remembered of each order: little, because there may be many.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::{Clock, OrderId, SystemClock, Timestamp};

/// An order that was answered with 201.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) id: OrderId,
    /// Which customer's.
    pub(crate) n: u32,
    /// When its money came.
    pub(crate) paid: Option<Timestamp>,
}

/// Every order of the rehearsal, and which of them the kitchen has not seen.
#[derive(Debug, Default)]
pub(crate) struct Book(Mutex<Pages>);

#[derive(Debug, Default)]
struct Pages {
    entries: Vec<Entry>,
    /// Orders that the kitchen is going to see, by their place among the entries.
    expected: HashMap<OrderId, usize>,
}

impl Book {
    fn open(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Enters an order. A `cooked` one is expected by the kitchen.
    pub(crate) fn enter(&self, id: OrderId, n: u32, cooked: bool) {
        let mut pages = self.open();
        let place = pages.entries.len();
        pages.entries.push(Entry { id, n, paid: None });
        if cooked {
            pages.expected.insert(id, place);
        }
    }

    /// The money of an order comes now.
    pub(crate) fn pays(&self, id: OrderId) {
        let mut pages = self.open();
        if let Some(place) = pages.expected.get(&id).copied() {
            pages.entries[place].paid.get_or_insert(SystemClock.now());
        }
    }

    /// An order that will not come to the kitchen after all.
    pub(crate) fn strike(&self, id: OrderId) {
        self.open().expected.remove(&id);
    }

    /// Hands an expected order to the kitchen, once.
    pub(crate) fn hand_over(&self, id: OrderId) -> Option<Entry> {
        let mut pages = self.open();
        let place = pages.expected.remove(&id)?;
        pages.entries.get(place).copied()
    }

    /// How many orders the kitchen still waits for.
    pub(crate) fn expected(&self) -> usize {
        self.open().expected.len()
    }

    /// How many orders were answered.
    pub(crate) fn len(&self) -> usize {
        self.open().entries.len()
    }

    /// All orders.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.open().entries.clone()
    }
}
