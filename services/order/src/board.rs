//! What the kitchen looks at all the time, kept in memory: the queue, the pick-up screen, and the stream of changes.
//! Fed after each commit; a change that comes late or twice is recognised by its version.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use api::order::{Panel, QueueEntry};
use domain::{OrderId, OrderStatus, Timestamp};
use tokio::sync::broadcast;

use crate::digest;
use crate::order::Order;

/// Changes that a slow listener may lag behind before it reads the store instead.
const BACKLOG: usize = 1024;
/// How long the version of an order outside the queue is remembered: longer than any commit takes to be told.
const REMEMBERED: Duration = Duration::from_secs(60);
/// From this many on, old ones are forgotten.
const MANY: usize = 4096;

/// The queue as it is now, ready to be sent.
#[derive(Debug)]
pub(crate) struct View {
    /// The queue's JSON.
    pub(crate) queue: String,
    /// Its entity tag: a hash of the (id, version) list.
    pub(crate) queue_tag: String,
    /// The pick-up screen's JSON.
    pub(crate) panel: String,
    /// Its entity tag.
    pub(crate) panel_tag: String,
}

/// One change, ready to be sent.
#[derive(Debug)]
pub(crate) struct Event {
    /// When it was made.
    pub(crate) at: Timestamp,
    /// The queue entry's JSON.
    pub(crate) data: String,
}

impl Event {
    pub(crate) fn of(entry: &QueueEntry) -> Self {
        let data = serde_json::to_string(entry).unwrap_or_default();
        Event { at: entry.updated_at, data }
    }
}

/// The live state.
pub(crate) struct Board {
    state: Mutex<State>,
    events: broadcast::Sender<Arc<Event>>,
}

#[derive(Default)]
struct State {
    queued: HashMap<OrderId, QueueEntry>,
    others: HashMap<OrderId, (u64, Timestamp)>,
    view: Option<Arc<View>>,
}

impl Board {
    pub(crate) fn new(queued: &[Order]) -> Self {
        let queued = queued.iter().map(|order| (order.id, order.to_entry())).collect();
        let state = State { queued, ..State::default() };
        Board { state: Mutex::new(state), events: broadcast::channel(BACKLOG).0 }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in what was committed.
    pub(crate) fn tell(&self, order: &Order) {
        let entry = order.to_entry();
        let mut state = self.state();
        if state.knows(order.id, order.version) {
            return;
        }
        let event = Arc::new(Event::of(&entry));
        state.take(entry);
        // Nobody may be listening.
        let _ = self.events.send(event);
    }

    /// Those whose version is new here.
    pub(crate) fn unknown(&self, versions: &[(OrderId, u64)]) -> Vec<OrderId> {
        let state = self.state();
        versions.iter().filter(|(id, version)| !state.knows(*id, *version)).map(|(id, _)| *id).collect()
    }

    /// What differs from the queue as the store has it: new versions, and what is not in it any more.
    pub(crate) fn astray(&self, queue: &[(OrderId, u64)]) -> Vec<OrderId> {
        let mut astray = self.unknown(queue);
        let queue: HashSet<OrderId> = queue.iter().map(|(id, _)| *id).collect();
        astray.extend(self.state().queued.keys().filter(|id| !queue.contains(id)));
        astray
    }

    /// Takes an order away that the store cannot show, and does not ask for this version of it again.
    pub(crate) fn lose(&self, id: OrderId, version: u64, now: Timestamp) {
        let mut state = self.state();
        if state.queued.get(&id).is_some_and(|entry| entry.version <= version) {
            state.queued.remove(&id);
            state.view = None;
        }
        let known = state.others.get(&id).map_or(0, |(known, _)| *known);
        state.others.insert(id, (known.max(version), now));
    }

    /// The version of a queued order.
    pub(crate) fn version(&self, id: OrderId) -> Option<u64> {
        self.state().queued.get(&id).map(|entry| entry.version)
    }

    /// All changes from now on.
    pub(crate) fn listen(&self) -> broadcast::Receiver<Arc<Event>> {
        self.events.subscribe()
    }

    /// The queue now.
    pub(crate) fn view(&self) -> Arc<View> {
        let mut state = self.state();
        match &state.view {
            Some(view) => view.clone(),
            None => {
                let view = Arc::new(state.draw());
                state.view = Some(view.clone());
                view
            }
        }
    }
}

impl State {
    fn knows(&self, id: OrderId, version: u64) -> bool {
        let queued = self.queued.get(&id).map(|entry| entry.version);
        let other = self.others.get(&id).map(|(version, _)| *version);
        queued.max(other).is_some_and(|known| known >= version)
    }

    fn take(&mut self, entry: QueueEntry) {
        if entry.status.queue_rank().is_some() {
            self.others.remove(&entry.id);
            self.queued.insert(entry.id, entry);
            self.view = None;
            return;
        }
        if self.queued.remove(&entry.id).is_some() {
            self.view = None;
        }
        if self.others.len() >= MANY {
            let oldest = entry.updated_at.minus(REMEMBERED);
            self.others.retain(|_, (_, at)| *at > oldest);
        }
        self.others.insert(entry.id, (entry.version, entry.updated_at));
    }

    fn draw(&self) -> View {
        let mut entries: Vec<&QueueEntry> = self.queued.values().collect();
        entries.sort_by_key(|entry| (entry.status.queue_rank(), !entry.prioritized, entry.created_at, entry.id));
        let versions: Vec<String> = entries.iter().map(|entry| format!("{}:{}", entry.id, entry.version)).collect();
        let numbers = |status: OrderStatus| {
            entries.iter().filter(|entry| entry.status == status).map(|entry| entry.number).collect()
        };
        let panel = Panel { preparing: numbers(OrderStatus::Preparing), ready: numbers(OrderStatus::ReadyForPickup) };
        let panel = serde_json::to_string(&panel).unwrap_or_default();
        View {
            queue: serde_json::to_string(&entries).unwrap_or_default(),
            queue_tag: digest::etag(versions.join(" ").as_bytes()),
            panel_tag: digest::etag(panel.as_bytes()),
            panel,
        }
    }
}
