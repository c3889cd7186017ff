//! The stream of changes for one listener: first what it missed, then what happens.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use domain::{OrderId, Timestamp};
use futures_util::{Stream, stream};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::board::Event;
use crate::core::Core;
use crate::watch::OVERLAP;

/// What is older than this is not told again.
const MEMORY: Duration = Duration::from_secs(60 * 60);

/// Orders read at a time.
const PAGE: u32 = 200;

/// What a listener gets.
#[derive(Debug, Clone)]
pub(crate) enum Told {
    /// A change.
    Changed(Arc<Event>),
    /// Too much was missed: the listener shall read the queue again and go on from this moment.
    Reset(Timestamp),
}

/// Where a listener stands, as the `id` of an event: opaque to it.
pub(crate) fn cursor(at: Timestamp) -> String {
    at.millis().to_string()
}

/// Everything after this cursor, which may repeat up to ten seconds; without one, everything from now on.
pub(crate) fn stream(core: Arc<Core>, last_event_id: Option<&str>) -> impl Stream<Item = Told> + Send + use<> {
    let now = core.now();
    let mut listener =
        Listener { live: core.board.listen(), core, waiting: VecDeque::new(), missed: None, at: now, done: false };
    if let Some(text) = last_event_id {
        match text.parse().map(Timestamp::from_millis) {
            Ok(at) if now.since(at) < MEMORY => listener.missed = Some((at.minus(OVERLAP), None)),
            _ => listener.waiting.push_back(Told::Reset(now)),
        }
    }
    stream::unfold(listener, |mut listener| async move { listener.next().await.map(|told| (told, listener)) })
}

struct Listener {
    core: Arc<Core>,
    live: Receiver<Arc<Event>>,
    waiting: VecDeque<Told>,
    /// From where the store has to be read before going on live.
    missed: Option<(Timestamp, Option<OrderId>)>,
    /// The last change told.
    at: Timestamp,
    done: bool,
}

impl Listener {
    async fn next(&mut self) -> Option<Told> {
        loop {
            if let Some(told) = self.waiting.pop_front() {
                if let Told::Changed(event) = &told {
                    self.at = self.at.max(event.at);
                }
                return Some(told);
            }
            if self.done {
                return None;
            }
            match self.missed.take() {
                Some(from) => self.catch_up(from).await,
                None => self.listen().await,
            }
        }
    }

    async fn listen(&mut self) {
        let received = tokio::select! {
            () = self.core.closing.cancelled() => Err(RecvError::Closed),
            received = self.live.recv() => received,
        };
        match received {
            Ok(event) => self.waiting.push_back(Told::Changed(event)),
            Err(RecvError::Lagged(_)) => self.missed = Some((self.at.minus(OVERLAP), None)),
            Err(RecvError::Closed) => self.done = true,
        }
    }

    /// One page of what was missed. A store that does not answer ends the stream; the listener comes back with its
    /// cursor.
    async fn catch_up(&mut self, (since, after): (Timestamp, Option<OrderId>)) {
        match self.core.store.changed(since, after, PAGE).await {
            Ok(orders) => {
                if let Some(last) = orders.last().filter(|_| orders.len() == PAGE as usize) {
                    self.missed = Some((last.updated_at, Some(last.id)));
                }
                let told = orders.iter().map(|order| Told::Changed(Arc::new(Event::of(&order.to_entry()))));
                self.waiting.extend(told);
            }
            Err(error) => {
                tracing::warn!(?error, "a stream of changes ends early");
                self.done = true;
            }
        }
    }
}
