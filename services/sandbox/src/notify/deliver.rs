//! Sending while somebody waits for the answers: what the control panel asks for.

use std::sync::Arc;
use std::time::Duration;

use domain::{EntryId, Timestamp};
use mercadopago::control::Delivered;
use rusqlite::Connection;
use serde_json::json;
use store::{Lease, NewWork, StoreError, StoreResult};
use tokio::task::JoinSet;

use super::plan::{Plan, Sending};
use super::{KIND, attempt, schedule};
use crate::state::State;
use crate::store::OUTBOX;
use crate::store::notes::{self, NewNote, Note};

/// How long an attempt may take, with the time to write it down.
const ATTEMPT: Duration = Duration::from_secs(30);

/// A stored notification and the right to send it first; without that right it is lost, or the worker sends it.
struct Held {
    note: Note,
    wait: Duration,
    place: Option<(EntryId, Lease)>,
}

/// Stores what is to be sent and sends it; answers when the last was answered. If the one who asked goes away, or the
/// process ends, the worker sends what is left.
pub(crate) async fn deliver(state: &Arc<State>, plan: Plan) -> StoreResult<Vec<Delivered>> {
    let steps = store_all(state, plan).await?;
    let sender = state.clone();
    // A task of its own, which ends its work though nobody waits for it.
    let task = tokio::spawn(async move {
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

async fn store_all(state: &State, plan: Plan) -> StoreResult<[Vec<Held>; 2]> {
    let now = state.now();
    let longest = plan.first.iter().map(|sending| sending.wait).max().unwrap_or_default();
    let all = move |c: &Connection| {
        let first = plan.first.into_iter().map(|sending| hold(c, sending, longest, now)).collect::<StoreResult<_>>()?;
        let behind = plan.behind.into_iter().map(|note| hold(c, at_once(note), longest, now));
        Ok::<_, StoreError>([first, behind.collect::<StoreResult<_>>()?])
    };
    state.store.write(all).await
}

fn at_once(note: NewNote) -> Sending {
    Sending { note, wait: Duration::ZERO, lost: false }
}

/// Stores one and takes the right to send it first, for as long as all of them may take.
fn hold(c: &Connection, sending: Sending, longest: Duration, now: Timestamp) -> StoreResult<Held> {
    let Sending { note, wait, lost } = sending;
    let note = notes::insert(c, note, lost, now)?;
    if lost {
        return Ok(Held { note, wait, place: None });
    }
    let work = NewWork::new(note.id, KIND, json!({}), now.plus(longest)).leased_for(longest + 2 * ATTEMPT);
    let entry = work.id;
    let place = OUTBOX.put(c, work, now)?.map(|lease| (entry, lease));
    Ok(Held { note, wait, place })
}

async fn send(state: &State, held: Held) -> StoreResult<Note> {
    let Held { note, wait, place } = held;
    let Some((entry, lease)) = place else { return Ok(note) };
    tokio::time::sleep(wait).await;
    let note = attempt::send(state, note).await;
    let (sent, now) = (note.clone(), state.now());
    let again = schedule::wait(note.attempts, state.settings.retry_scale).filter(|_| note.state == "waiting");
    let finish = move |c: &Connection| {
        notes::record(c, &sent)?;
        match again {
            Some(wait) => OUTBOX.retry(c, entry, &lease, now.plus(wait), "not accepted"),
            None => OUTBOX.done(c, entry, &lease),
        }
    };
    state.store.write(finish).await?;
    Ok(note)
}
