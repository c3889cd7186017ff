//! Notifications: what was sent, what waits, and what came of it.

use std::time::Duration;

use domain::Timestamp;
use mercadopago::control::{Delivered, Signing};
use rusqlite::{Connection, Row, named_params};
use store::{StoreError, StoreResult};

use super::{moment, next_id};

/// How long finished notifications stay in the log.
const REMEMBERED: Duration = Duration::from_secs(24 * 3600);

/// A notification as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct Note {
    pub(crate) id: i64,
    /// The `data.id` of the query, which is signed.
    pub(crate) data_id: String,
    /// The `data.id` of the body.
    pub(crate) body_data_id: String,
    pub(crate) topic: String,
    pub(crate) action: String,
    pub(crate) url: String,
    pub(crate) signing: Signing,
    pub(crate) attempts: u32,
    pub(crate) state: String,
    pub(crate) http_status: Option<u16>,
    pub(crate) error: Option<String>,
    pub(crate) elapsed_ms: Option<u64>,
    pub(crate) created_at: Timestamp,
}

impl Note {
    /// As the control panel shows it.
    pub(crate) fn shown(self) -> Delivered {
        Delivered {
            id: self.id,
            data_id: self.data_id,
            action: self.action,
            url: self.url,
            signing: self.signing,
            attempts: self.attempts,
            state: self.state,
            http_status: self.http_status,
            error: self.error,
            elapsed_ms: self.elapsed_ms,
            created_at: self.created_at,
        }
    }
}

const fn word(signing: Signing) -> &'static str {
    match signing {
        Signing::Genuine => "genuine",
        Signing::Forged => "forged",
        Signing::WrongSecret => "wrong_secret",
        Signing::StaleTs => "stale_ts",
    }
}

fn row(row: &Row<'_>) -> StoreResult<Note> {
    let id: i64 = row.get("id")?;
    let signing: String = row.get("signing")?;
    let all = [Signing::Genuine, Signing::Forged, Signing::WrongSecret, Signing::StaleTs];
    let signing = all.into_iter().find(|one| word(*one) == signing);
    Ok(Note {
        id,
        data_id: row.get("data_id")?,
        body_data_id: row.get("body_data_id")?,
        topic: row.get("topic")?,
        action: row.get("action")?,
        url: row.get("url")?,
        signing: signing.ok_or_else(|| StoreError::corrupt("the signing of a notification", id))?,
        attempts: row.get("attempts")?,
        state: row.get("state")?,
        http_status: row.get("http_status")?,
        error: row.get("error")?,
        elapsed_ms: row.get::<_, Option<i64>>("elapsed_ms")?.and_then(|ms| u64::try_from(ms).ok()),
        created_at: moment(row, "created_at")?,
    })
}

/// What a notification says, before it has an id.
#[derive(Debug, Clone)]
pub(crate) struct NewNote {
    pub(crate) data_id: String,
    pub(crate) body_data_id: String,
    pub(crate) topic: String,
    pub(crate) action: String,
    pub(crate) url: String,
    pub(crate) signing: Signing,
}

/// Stores a notification that is to be sent, or that is lost on the way.
pub(crate) fn insert(c: &Connection, new: NewNote, lost: bool, now: Timestamp) -> StoreResult<Note> {
    let id = next_id(c, "notification", now)?;
    let state = if lost { "dropped" } else { "waiting" };
    let sql = "INSERT INTO notification (id, data_id, body_data_id, topic, action, url, signing, state, created_at)
               VALUES (:id, :data_id, :body_data_id, :topic, :action, :url, :signing, :state, :now)";
    c.prepare_cached(sql)?.execute(named_params! {
        ":id": id,
        ":data_id": new.data_id,
        ":body_data_id": new.body_data_id,
        ":topic": new.topic,
        ":action": new.action,
        ":url": new.url,
        ":signing": word(new.signing),
        ":state": state,
        ":now": now.millis(),
    })?;
    Ok(Note {
        id,
        data_id: new.data_id,
        body_data_id: new.body_data_id,
        topic: new.topic,
        action: new.action,
        url: new.url,
        signing: new.signing,
        attempts: 0,
        state: state.to_owned(),
        http_status: None,
        error: None,
        elapsed_ms: None,
        created_at: now,
    })
}

/// Writes down what came of an attempt.
pub(crate) fn record(c: &Connection, note: &Note) -> StoreResult<()> {
    let sql =
        "UPDATE notification SET attempts = :attempts, state = :state, http_status = :http_status, error = :error,
                 elapsed_ms = :elapsed_ms WHERE id = :id";
    c.prepare_cached(sql)?.execute(named_params! {
        ":id": note.id,
        ":attempts": note.attempts,
        ":state": note.state,
        ":http_status": note.http_status,
        ":error": note.error,
        ":elapsed_ms": note.elapsed_ms.and_then(|ms| i64::try_from(ms).ok()),
    })?;
    Ok(())
}

/// The notification of this id.
pub(crate) fn get(c: &Connection, id: i64) -> StoreResult<Option<Note>> {
    c.prepare_cached("SELECT * FROM notification WHERE id = ?1")?.query_and_then([id], row)?.next().transpose()
}

/// The notifications about one payment, or all, newest first.
pub(crate) fn list(c: &Connection, data_id: Option<&str>, limit: u32) -> StoreResult<Vec<Note>> {
    let newest = "ORDER BY id DESC LIMIT ?1";
    match data_id {
        None => {
            c.prepare_cached(&format!("SELECT * FROM notification {newest}"))?.query_and_then([limit], row)?.collect()
        }
        Some(id) => {
            let sql = format!("SELECT * FROM notification WHERE data_id = ?2 {newest}");
            c.prepare_cached(&sql)?.query_and_then((limit, id), row)?.collect()
        }
    }
}

/// Drops finished notifications from the log that are too old.
pub(crate) fn forget_old(c: &Connection, now: Timestamp) -> StoreResult<usize> {
    let sql = "DELETE FROM notification WHERE state <> 'waiting' AND created_at <= ?1";
    Ok(c.prepare_cached(sql)?.execute([now.minus(REMEMBERED).millis()])?)
}
