use std::time::Duration;

use domain::{EntryId, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use crate::work::{Dead, FirstLease, Lease, MAX_BACKOFF, NewWork, Raised, Work, WorkCounts, WorkEntry, WorkState};
use crate::{StoreError, StoreResult};

/// Longest error text that is kept, in characters.
const MAX_ERROR: usize = 500;

/// `raised` counts the notifications that one entry stands for. The lease is a random token and a moment.
const DDL: &str = "
CREATE TABLE {table} (
  seq         INTEGER PRIMARY KEY AUTOINCREMENT,
  id          TEXT NOT NULL UNIQUE,
  aggregate   TEXT NOT NULL,
  kind        TEXT NOT NULL,
  payload     TEXT NOT NULL,
  created_at  INTEGER NOT NULL,
  due_at      INTEGER NOT NULL,
  attempts    INTEGER NOT NULL,
  raised      INTEGER NOT NULL,
  lease_token TEXT,
  lease_until INTEGER,
  state       TEXT NOT NULL CHECK (state IN ('open', 'dead')),
  last_error  TEXT
) STRICT;
CREATE INDEX {table}_by_aggregate ON {table} (aggregate, seq);
CREATE INDEX {table}_due ON {table} (due_at, seq) WHERE state = 'open';
CREATE INDEX {table}_dead ON {table} (seq) WHERE state = 'dead';
";

/// A table that is a queue of work: an outbox or an inbox. Every method takes the connection of a running job, so that it
/// happens in the same step as the change that it belongs to. Times are the caller's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkTable {
    name: &'static str,
}

impl WorkTable {
    /// The table of this name, which must be a plain SQL name.
    pub const fn new(name: &'static str) -> Self {
        WorkTable { name }
    }

    /// What a migration runs to create a table of this name with its indexes.
    pub fn create_sql(name: &str) -> String {
        DDL.replace("{table}", name)
    }

    fn sql(&self, sql: &str) -> String {
        sql.replace("{table}", self.name)
    }

    /// Puts an entry at the end of its aggregate. The lease that it asks for is given only when nothing of its aggregate
    /// must go first; without one, the worker takes it in turn.
    ///
    /// # Errors
    /// Those of the database; an id that exists is [`StoreError::Internal`].
    pub fn put(&self, c: &Connection, entry: NewWork, now: Timestamp) -> StoreResult<Option<Lease>> {
        let lease_for = entry.lease.map(|FirstLease(lease_for)| lease_for);
        let lease = match lease_for {
            Some(_) if !self.waits(c, &entry.aggregate)? => Some(Lease { token: EntryId::new(), raised: 1 }),
            _ => None,
        };
        let until = lease.as_ref().and(lease_for).map(|lease_for| now.plus(lease_for).millis());
        c.prepare_cached(&self.sql(
            "INSERT INTO {table} (id, aggregate, kind, payload, created_at, due_at, attempts, raised, lease_token,
               lease_until, state)
             VALUES (:id, :aggregate, :kind, :payload, :now, :due, :token IS NOT NULL, 1, :token, :until, 'open')",
        ))?
        .execute(named_params! {
            ":id": entry.id.to_string(),
            ":aggregate": entry.aggregate,
            ":kind": entry.kind,
            ":payload": entry.payload.to_string(),
            ":now": now.millis(),
            ":due": entry.due_at.millis(),
            ":token": lease.as_ref().map(|lease| lease.token.to_string()),
            ":until": until,
        })?;
        Ok(lease)
    }

    fn waits(&self, c: &Connection, aggregate: &str) -> StoreResult<bool> {
        let sql = self.sql("SELECT 1 FROM {table} WHERE aggregate = ?1");
        Ok(c.prepare_cached(&sql)?.exists([aggregate])?)
    }

    /// Puts an entry unless there is one of this aggregate and kind; then raises that one's counter, takes the new payload
    /// and makes it due now, even if it was a dead letter. An entry raised while it is handled is handled again.
    ///
    /// # Errors
    /// Those of the database.
    pub fn put_or_wake(&self, c: &Connection, entry: NewWork, now: Timestamp) -> StoreResult<Raised> {
        let raised = c
            .prepare_cached(&self.sql(
                "UPDATE {table} SET raised = raised + 1, payload = :payload, due_at = min(due_at, :now),
                   attempts = iif(state = 'dead', 0, attempts), state = 'open'
                 WHERE seq = (SELECT min(seq) FROM {table} WHERE aggregate = :aggregate AND kind = :kind)",
            ))?
            .execute(named_params! {
                ":aggregate": entry.aggregate,
                ":kind": entry.kind,
                ":payload": entry.payload.to_string(),
                ":now": now.millis(),
            })?;
        if raised > 0 {
            return Ok(Raised::Seen);
        }
        self.put(c, NewWork { lease: None, ..entry }, now)?;
        Ok(Raised::New)
    }

    /// Leases up to `limit` entries that are due and that nobody holds, the longest due first: of each aggregate only its
    /// oldest entry, so that a dead letter or a leased entry holds its own aggregate back and no other.
    ///
    /// # Errors
    /// Those of the database. An entry that cannot be read becomes a dead letter.
    pub fn claim(&self, c: &Connection, now: Timestamp, lease_for: Duration, limit: usize) -> StoreResult<Vec<Work>> {
        let heads: Vec<i64> = c
            .prepare_cached(&self.sql(
                "SELECT seq FROM {table} AS entry
                 WHERE state = 'open' AND due_at <= :now AND (lease_until IS NULL OR lease_until <= :now)
                   AND NOT EXISTS (SELECT 1 FROM {table} WHERE aggregate = entry.aggregate AND seq < entry.seq)
                 ORDER BY due_at, seq LIMIT :limit",
            ))?
            .query_map(
                named_params! { ":now": now.millis(), ":limit": i64::try_from(limit).unwrap_or(i64::MAX) },
                |row| row.get(0),
            )?
            .collect::<Result<_, _>>()?;
        let mut lease = c.prepare_cached(&self.sql(
            "UPDATE {table} SET lease_token = :token, lease_until = :until, attempts = attempts + 1 WHERE seq = :seq
             RETURNING id, aggregate, kind, payload, attempts, created_at, raised",
        ))?;
        let until = now.plus(lease_for).millis();
        let mut works = Vec::with_capacity(heads.len());
        for seq in heads {
            let token = EntryId::new();
            let params = named_params! { ":token": token.to_string(), ":until": until, ":seq": seq };
            match lease.query_one(params, |row| Ok(leased(row, token)))? {
                Ok(work) => works.push(work),
                Err(why) => self.bury_unreadable(c, seq, &why)?,
            }
        }
        Ok(works)
    }

    /// One entry that cannot be read must not keep the worker from all others.
    fn bury_unreadable(&self, c: &Connection, seq: i64, why: &StoreError) -> StoreResult<()> {
        tracing::error!(table = self.name, seq, error = ?why, "an entry cannot be read");
        let sql = self.sql(
            "UPDATE {table} SET state = 'dead', last_error = ?2, lease_token = NULL, lease_until = NULL WHERE seq = ?1",
        );
        c.prepare_cached(&sql)?.execute((seq, why.to_string()))?;
        Ok(())
    }

    /// The lease ends at `until` instead. `false` when it is not the valid one any more.
    ///
    /// # Errors
    /// Those of the database.
    pub fn renew(&self, c: &Connection, id: EntryId, lease: &Lease, until: Timestamp) -> StoreResult<bool> {
        let sql = self.sql("UPDATE {table} SET lease_until = ?3 WHERE id = ?1 AND lease_token = ?2");
        let renewed = c.prepare_cached(&sql)?.execute((id.to_string(), lease.token.to_string(), until.millis()))?;
        Ok(renewed > 0)
    }

    /// The entry is done: it leaves the table, unless it was raised since it was leased; then it is due again at once.
    /// `false` when the lease is not the valid one any more.
    ///
    /// # Errors
    /// Those of the database.
    pub fn done(&self, c: &Connection, id: EntryId, lease: &Lease) -> StoreResult<bool> {
        let sql = "DELETE FROM {table} WHERE id = :id AND lease_token = :token AND raised = :raised";
        Ok(self.complete(c, sql, id, lease, &[])? || self.release_raised(c, id, lease)?)
    }

    /// The attempt failed: the entry is due at `due_at`, or at once if it was raised meanwhile. `false` when the lease is
    /// not the valid one any more.
    ///
    /// # Errors
    /// Those of the database.
    pub fn retry(
        &self,
        c: &Connection,
        id: EntryId,
        lease: &Lease,
        due_at: Timestamp,
        error: &str,
    ) -> StoreResult<bool> {
        let sql = "UPDATE {table} SET due_at = :due, last_error = :error, lease_token = NULL, lease_until = NULL
                   WHERE id = :id AND lease_token = :token AND raised = :raised";
        let error = shortened(error);
        let set: [(&str, &dyn rusqlite::ToSql); 2] = [(":due", &due_at.millis()), (":error", &error)];
        Ok(self.complete(c, sql, id, lease, &set)? || self.release_raised(c, id, lease)?)
    }

    /// Nothing helps: the entry becomes a dead letter, or is due again at once if it was raised meanwhile. `false` when the
    /// lease is not the valid one any more.
    ///
    /// # Errors
    /// Those of the database.
    pub fn bury(&self, c: &Connection, id: EntryId, lease: &Lease, error: &str) -> StoreResult<bool> {
        let sql = "UPDATE {table} SET state = 'dead', last_error = :error, lease_token = NULL, lease_until = NULL
                   WHERE id = :id AND lease_token = :token AND raised = :raised";
        let set: [(&str, &dyn rusqlite::ToSql); 1] = [(":error", &shortened(error))];
        Ok(self.complete(c, sql, id, lease, &set)? || self.release_raised(c, id, lease)?)
    }

    fn complete(
        &self,
        c: &Connection,
        sql: &str,
        id: EntryId,
        lease: &Lease,
        set: &[(&str, &dyn rusqlite::ToSql)],
    ) -> StoreResult<bool> {
        let (id, token) = (id.to_string(), lease.token.to_string());
        let mut params: Vec<(&str, &dyn rusqlite::ToSql)> =
            vec![(":id", &id), (":token", &token), (":raised", &lease.raised)];
        params.extend_from_slice(set);
        Ok(c.prepare_cached(&self.sql(sql))?.execute(params.as_slice())? > 0)
    }

    /// Gives an entry back that was raised while it was handled. Raising it has made it due already.
    fn release_raised(&self, c: &Connection, id: EntryId, lease: &Lease) -> StoreResult<bool> {
        let sql = "UPDATE {table} SET attempts = 0, lease_token = NULL, lease_until = NULL
                   WHERE id = :id AND lease_token = :token AND raised > :raised";
        self.complete(c, sql, id, lease, &[])
    }

    /// Opens dead letters, due now; returns how many.
    ///
    /// # Errors
    /// Those of the database.
    pub fn replay(&self, c: &Connection, which: &Dead, now: Timestamp) -> StoreResult<usize> {
        let (condition, value) = match which {
            Dead::All => ("?2 IS NULL", None),
            Dead::Entry(id) => ("id = ?2", Some(id.to_string())),
            Dead::About(aggregate) => ("aggregate = ?2", Some(aggregate.to_owned())),
        };
        let sql = format!(
            "UPDATE {{table}} SET state = 'open', attempts = 0, due_at = ?1 WHERE state = 'dead' AND {condition}"
        );
        Ok(c.prepare_cached(&self.sql(&sql))?.execute((now.millis(), value))?)
    }

    /// Makes entries of one kind, or of all, due now that wait only because an attempt failed; returns how many. What was
    /// put for later, or asked for more patience than [`backoff`](crate::backoff) ever gives, keeps its time.
    ///
    /// # Errors
    /// Those of the database.
    pub fn wake_all(&self, c: &Connection, kind: Option<&str>, now: Timestamp) -> StoreResult<usize> {
        let sql = self.sql(
            "UPDATE {table} SET due_at = :now
             WHERE state = 'open' AND attempts > 0 AND due_at > :now AND due_at <= :soon
               AND (:kind IS NULL OR kind = :kind)",
        );
        let soon = now.plus(MAX_BACKOFF).millis();
        Ok(c.prepare_cached(&sql)?.execute(named_params! { ":now": now.millis(), ":soon": soon, ":kind": kind })?)
    }

    /// Ends every lease; returns how many. For the start of the only process that works on this table: a process that was
    /// killed must not hold its entries for the rest of their leases. What an old lease completes later is refused.
    ///
    /// # Errors
    /// Those of the database.
    pub fn release_leases(&self, c: &Connection) -> StoreResult<usize> {
        let sql = self.sql("UPDATE {table} SET lease_token = NULL, lease_until = NULL WHERE lease_token IS NOT NULL");
        Ok(c.prepare_cached(&sql)?.execute([])?)
    }

    /// How much there is to do.
    ///
    /// # Errors
    /// Those of the database.
    pub fn counts(&self, c: &Connection) -> StoreResult<WorkCounts> {
        let count = |state| -> StoreResult<u64> {
            let sql = self.sql(&format!("SELECT count(*) FROM {{table}} WHERE state = '{state}'"));
            let many: i64 = c.prepare_cached(&sql)?.query_one([], |row| row.get(0))?;
            Ok(u64::try_from(many).unwrap_or(0))
        };
        let sql = self.sql("SELECT created_at FROM {table} WHERE state = 'open' ORDER BY seq LIMIT 1");
        let oldest: Option<i64> = c.prepare_cached(&sql)?.query_row([], |row| row.get(0)).optional()?;
        Ok(WorkCounts { open: count("open")?, dead: count("dead")?, oldest: oldest.map(Timestamp::from_millis) })
    }

    /// Up to `limit` entries in this state, oldest first.
    ///
    /// # Errors
    /// Those of the database; [`StoreError::Corrupt`] for an entry that cannot be read.
    pub fn list(&self, c: &Connection, state: WorkState, limit: usize) -> StoreResult<Vec<WorkEntry>> {
        // The state stands in the text: a partial index is only used for what is known when the statement is made
        // (https://www.sqlite.org/partialindex.html#queries_using_partial_indexes).
        let sql = self.sql(&format!(
            "SELECT id, aggregate, kind, attempts, created_at, due_at, last_error FROM {{table}}
             WHERE state = '{}' ORDER BY seq LIMIT :limit",
            state.as_str(),
        ));
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        c.prepare_cached(&sql)?.query_and_then(named_params! { ":limit": limit }, |row| entry(row, state))?.collect()
    }

    /// Up to `limit` dead letters, oldest first.
    ///
    /// # Errors
    /// As [`WorkTable::list`].
    pub fn list_dead(&self, c: &Connection, limit: usize) -> StoreResult<Vec<WorkEntry>> {
        self.list(c, WorkState::Dead, limit)
    }
}

fn shortened(error: &str) -> String {
    error.chars().take(MAX_ERROR).collect()
}

fn id_of(row: &Row<'_>) -> StoreResult<EntryId> {
    let text: String = row.get("id")?;
    text.parse().map_err(|_| StoreError::corrupt("an entry's id", text))
}

fn leased(row: &Row<'_>, token: EntryId) -> StoreResult<Work> {
    let id = id_of(row)?;
    let payload: String = row.get("payload")?;
    Ok(Work {
        id,
        aggregate: row.get("aggregate")?,
        kind: row.get("kind")?,
        payload: serde_json::from_str(&payload).map_err(|_| StoreError::corrupt("an entry's payload", id))?,
        attempts: row.get("attempts")?,
        created_at: Timestamp::from_millis(row.get("created_at")?),
        lease: Lease { token, raised: row.get("raised")? },
    })
}

fn entry(row: &Row<'_>, state: WorkState) -> StoreResult<WorkEntry> {
    Ok(WorkEntry {
        id: id_of(row)?,
        aggregate: row.get("aggregate")?,
        kind: row.get("kind")?,
        state,
        attempts: row.get("attempts")?,
        created_at: Timestamp::from_millis(row.get("created_at")?),
        due_at: Timestamp::from_millis(row.get("due_at")?),
        last_error: row.get("last_error")?,
    })
}
