//! Notifications: signed, sent at once, and sent again on MercadoPago's schedule until somebody answers 200 or 201.

mod attempt;
mod deliver;
mod plan;
mod schedule;
mod worker;

use domain::Timestamp;
use mercadopago::control::{Delivery, Signing};
use rusqlite::Connection;
use serde_json::{Value, json};
use store::{NewWork, StoreResult};

use crate::state::State;
use crate::store::OUTBOX;
use crate::store::notes::{self, NewNote};
use crate::store::payments::Payment;

pub(crate) use deliver::deliver;
pub(crate) use plan::Plan;
pub(crate) use worker::run;

/// The action of the notification that tells of a new payment.
pub(crate) const CREATED: &str = "payment.created";
/// The action of every later one.
pub(crate) const UPDATED: &str = "payment.updated";
/// What the entries of the outbox are.
const KIND: &str = "notify";
/// The notifications that are sent when that of an entry was.
const BEHIND: &str = "behind";

/// Where the notifications of a payment go: its own address, or the one of the whole sandbox.
pub(crate) fn address(state: &State, payment: &Payment) -> Option<String> {
    let own = payment.notification_url.clone();
    own.or_else(|| state.settings.notification_url.as_ref().map(ToString::to_string))
}

/// What is said of a payment.
pub(crate) fn about(payment: &Payment, action: &str, url: String, signing: Signing) -> NewNote {
    let id = payment.id.to_string();
    NewNote {
        data_id: id.clone(),
        body_data_id: id,
        topic: "payment".to_owned(),
        action: action.to_owned(),
        url,
        signing,
    }
}

/// Puts a notification of a change into the outbox, in the same step as the change. Whoever calls this wakes the
/// worker after the commit.
pub(crate) fn announce(
    c: &Connection,
    state: &State,
    payment: &Payment,
    action: &str,
    now: Timestamp,
) -> StoreResult<()> {
    let Some(url) = address(state, payment) else { return Ok(()) };
    let note = |action: &str| about(payment, action, url.clone(), Signing::Genuine);
    let older = (action != CREATED).then(|| note(CREATED));
    let plan = Plan::new(note(action), older, &Delivery::default()).through(&state.chaos(), &payment.known_as());
    put(c, plan, now)
}

/// Puts a plan into the outbox. What comes behind is named by the first entry, whose sender puts it there.
fn put(c: &Connection, plan: Plan, now: Timestamp) -> StoreResult<()> {
    let mut behind = Vec::new();
    for note in plan.behind {
        behind.push(notes::insert(c, note, false, now)?.id);
    }
    for sending in plan.first {
        let note = notes::insert(c, sending.note, sending.lost, now)?;
        if !sending.lost {
            let then = json!({ BEHIND: std::mem::take(&mut behind) });
            OUTBOX.put(c, NewWork::new(note.id, KIND, then, now.plus(sending.wait)), now)?;
        }
    }
    Ok(())
}

/// Puts what comes behind an entry into the outbox, once that was sent for the first time; says whether there is any.
fn put_behind(c: &Connection, payload: &Value, now: Timestamp) -> StoreResult<bool> {
    let behind = payload.get(BEHIND).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for id in behind {
        OUTBOX.put(c, NewWork::new(id, KIND, json!({}), now), now)?;
    }
    Ok(!behind.is_empty())
}
