//! Notifications that the control panel asks for: as MercadoPago sends them, or as a hostile network would.

use std::sync::Arc;
use std::time::Duration;

use domain::EntryId;
use mercadopago::control::{Delivered, Delivery};
use serde_json::json;
use store::{Lease, NewWork, StoreError, StoreResult};
use tokio::task::JoinSet;

use super::{KIND, attempt, schedule};
use crate::state::State;
use crate::store::OUTBOX;
use crate::store::notes::{self, NewNote, Note};

/// How long an attempt may take, with the time to write it down.
const ATTEMPT: Duration = Duration::from_secs(30);

/// What is to be sent, in steps: everything of one step at once, and the next step when the last was answered.
#[derive(Default)]
pub(crate) struct Plan {
    steps: Vec<Vec<NewNote>>,
    delay: Duration,
}

impl Plan {
    /// The copies of a notification that a delivery asks for, and with `reorder` an `older` one behind them.
    pub(crate) fn new(note: NewNote, older: NewNote, delivery: &Delivery) -> Self {
        if !delivery.notify {
            return Plan::default();
        }
        let copies = 1 + delivery.duplicate as usize;
        let mut steps = vec![vec![note; copies]];
        if delivery.reorder {
            steps.push(vec![older]);
        }
        Plan { steps, delay: Duration::from_millis(delivery.delay_ms) }
    }
}

/// A stored notification and the right to send it first.
struct Held {
    note: Note,
    entry: EntryId,
    lease: Option<Lease>,
}

/// Stores what is to be sent and sends it; answers when the last was answered. If the one who asked goes away, or the
/// process ends, the worker sends what is left.
pub(crate) async fn deliver(state: &Arc<State>, plan: Plan) -> StoreResult<Vec<Delivered>> {
    let steps = store_all(state, plan.steps, plan.delay).await?;
    let sender = state.clone();
    // A task of its own, which ends its work though nobody waits for it.
    let task = tokio::spawn(async move {
        tokio::time::sleep(plan.delay).await;
        let mut sent = Vec::new();
        for step in steps {
            let mut running = JoinSet::new();
            for held in step {
                let state = sender.clone();
                running.spawn(async move { send(&state, held).await });
            }
            for note in running.join_all().await {
                sent.push(note?.shown());
            }
        }
        sent.sort_by_key(|delivered| delivered.id);
        Ok(sent)
    });
    task.await.map_err(StoreError::internal)?
}

async fn store_all(state: &State, steps: Vec<Vec<NewNote>>, delay: Duration) -> StoreResult<Vec<Vec<Held>>> {
    let now = state.now();
    let patience = u32::try_from(steps.len()).unwrap_or(u32::MAX);
    let lease_for = delay + ATTEMPT * patience;
    let hold = move |c: &rusqlite::Connection, new| {
        let note = notes::insert(c, new, now)?;
        let work = NewWork::new(note.id, KIND, json!({}), now.plus(delay)).leased_for(lease_for);
        let entry = work.id;
        Ok(Held { note, entry, lease: OUTBOX.put(c, work, now)? })
    };
    let all = move |c: &rusqlite::Connection| {
        steps.into_iter().map(|step| step.into_iter().map(|new| hold(c, new)).collect()).collect()
    };
    state.store.write(all).await
}

async fn send(state: &State, held: Held) -> StoreResult<Note> {
    let Held { note, entry, lease } = held;
    let note = attempt::send(state, note).await;
    let (sent, now) = (note.clone(), state.now());
    let again = schedule::wait(note.attempts, state.settings.retry_scale).filter(|_| note.state == "waiting");
    let finish = move |c: &rusqlite::Connection| {
        notes::record(c, &sent)?;
        match (lease, again) {
            (Some(lease), Some(wait)) => OUTBOX.retry(c, entry, &lease, now.plus(wait), "not accepted"),
            (Some(lease), None) => OUTBOX.done(c, entry, &lease),
            (None, _) => Ok(false),
        }
    };
    state.store.write(finish).await?;
    Ok(note)
}
