//! Notifications: signed, sent at once, and sent again on MercadoPago's schedule until somebody answers 200 or 201.

mod attempt;
mod hostile;
mod schedule;
mod worker;

use domain::Timestamp;
use mercadopago::control::Signing;
use rusqlite::Connection;
use serde_json::json;
use store::{NewWork, StoreResult};

use crate::state::State;
use crate::store::OUTBOX;
use crate::store::notes::{self, NewNote};
use crate::store::payments::Payment;

pub(crate) use hostile::{Plan, deliver};
pub(crate) use worker::run;

/// The action of the notification that tells of a new payment.
pub(crate) const CREATED: &str = "payment.created";
/// The action of every later one.
pub(crate) const UPDATED: &str = "payment.updated";
/// What the entries of the outbox are.
const KIND: &str = "notify";

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
    let note = notes::insert(c, about(payment, action, url, Signing::Genuine), now)?;
    OUTBOX.put(c, NewWork::new(note.id, KIND, json!({}), now), now)?;
    Ok(())
}
