//! What the sandbox keeps. Nothing of a payer is ever kept: MercadoPago's answers do without it too.

pub(crate) mod keys;
pub(crate) mod notes;
pub(crate) mod payments;
pub(crate) mod preferences;
pub(crate) mod refunds;

use std::path::Path;
use std::sync::LazyLock;

use domain::{Money, Timestamp};
use rusqlite::Row;
use rusqlite_migration::{M, Migrations};
use store::{Sqlite, StoreError, StoreResult, WorkTable};

/// Notifications that are still to be sent; each is an aggregate of its own, so that one that is refused holds up no
/// other.
pub(crate) const OUTBOX: WorkTable = WorkTable::new("outbox");

const TABLES: &str = "
CREATE TABLE preference (
  id                 TEXT PRIMARY KEY,
  external_reference TEXT,
  body               TEXT NOT NULL,
  amount             INTEGER NOT NULL,
  expires_from       INTEGER,
  expires_to         INTEGER,
  created_at         INTEGER NOT NULL,
  updated_at         INTEGER NOT NULL
) STRICT;
CREATE INDEX preference_by_reference ON preference (external_reference, created_at);

CREATE TABLE payment (
  id                 INTEGER PRIMARY KEY,
  preference_id      TEXT REFERENCES preference (id),
  external_reference TEXT,
  method             TEXT NOT NULL,
  status             TEXT NOT NULL,
  status_detail      TEXT NOT NULL,
  amount             INTEGER NOT NULL,
  refunded           INTEGER NOT NULL DEFAULT 0,
  notification_url   TEXT,
  qr_code            TEXT,
  extra              TEXT NOT NULL,
  created_at         INTEGER NOT NULL,
  updated_at         INTEGER NOT NULL,
  approved_at        INTEGER,
  expires_at         INTEGER
) STRICT;
CREATE INDEX payment_by_reference ON payment (external_reference, created_at);
CREATE INDEX payment_by_preference ON payment (preference_id) WHERE preference_id IS NOT NULL;
CREATE INDEX payment_expiring ON payment (expires_at) WHERE status = 'pending' AND expires_at IS NOT NULL;

CREATE TABLE refund (
  id         INTEGER PRIMARY KEY,
  payment_id INTEGER NOT NULL REFERENCES payment (id),
  amount     INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX refund_by_payment ON refund (payment_id);

CREATE TABLE idempotency (
  endpoint    TEXT NOT NULL,
  key         TEXT NOT NULL,
  resource_id TEXT NOT NULL,
  created_at  INTEGER NOT NULL,
  PRIMARY KEY (endpoint, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_by_age ON idempotency (created_at);

CREATE TABLE notification (
  id           INTEGER PRIMARY KEY,
  data_id      TEXT NOT NULL,
  body_data_id TEXT NOT NULL,
  topic        TEXT NOT NULL,
  action       TEXT NOT NULL,
  url          TEXT NOT NULL,
  signing      TEXT NOT NULL,
  attempts     INTEGER NOT NULL DEFAULT 0,
  state        TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'given_up')),
  http_status  INTEGER,
  error        TEXT,
  elapsed_ms   INTEGER,
  created_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX notification_by_data ON notification (data_id, id);
CREATE INDEX notification_by_age ON notification (created_at) WHERE state <> 'waiting';
";

/// Notifications that chaos lost, and refunds that take their time.
const CHAOS: &str = "
CREATE TABLE notification_2 (
  id           INTEGER PRIMARY KEY,
  data_id      TEXT NOT NULL,
  body_data_id TEXT NOT NULL,
  topic        TEXT NOT NULL,
  action       TEXT NOT NULL,
  url          TEXT NOT NULL,
  signing      TEXT NOT NULL,
  attempts     INTEGER NOT NULL DEFAULT 0,
  state        TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'given_up', 'dropped')),
  http_status  INTEGER,
  error        TEXT,
  elapsed_ms   INTEGER,
  created_at   INTEGER NOT NULL
) STRICT;
INSERT INTO notification_2 SELECT * FROM notification;
DROP TABLE notification;
ALTER TABLE notification_2 RENAME TO notification;
CREATE INDEX notification_by_data ON notification (data_id, id);
CREATE INDEX notification_by_age ON notification (created_at) WHERE state <> 'waiting';

ALTER TABLE refund ADD COLUMN status TEXT NOT NULL DEFAULT 'approved'
  CHECK (status IN ('approved', 'in_process', 'rejected'));
ALTER TABLE refund ADD COLUMN settles_at INTEGER;
CREATE INDEX refund_settling ON refund (settles_at) WHERE status = 'in_process' AND settles_at IS NOT NULL;

CREATE INDEX payment_by_creation ON payment (created_at, id);
CREATE INDEX preference_by_creation ON preference (created_at, id);
";

static SCHEMA: LazyLock<String> = LazyLock::new(|| TABLES.to_owned() + &WorkTable::create_sql("outbox"));

/// Opens the file, creating what is not there.
pub(crate) fn open(path: &Path) -> StoreResult<Sqlite> {
    Sqlite::open(path, Migrations::new(vec![M::up(&SCHEMA), M::up(CHAOS)]))
}

fn money(row: &Row<'_>, column: &str) -> rusqlite::Result<Money> {
    row.get(column).map(Money::from_centavos)
}

fn moment(row: &Row<'_>, column: &str) -> rusqlite::Result<Timestamp> {
    row.get(column).map(Timestamp::from_millis)
}

fn optional_moment(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<Timestamp>> {
    Ok(row.get::<_, Option<i64>>(column)?.map(Timestamp::from_millis))
}

fn json(row: &Row<'_>, column: &str, id: &impl ToString) -> StoreResult<serde_json::Value> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|_| StoreError::corrupt(format!("the {column} of a row"), id.to_string()))
}

/// The next id of a table: ids grow, have twelve digits, and do not come again in a new file, because they start at
/// the clock.
fn next_id(c: &rusqlite::Connection, table: &'static str, now: Timestamp) -> StoreResult<i64> {
    let sql = format!("SELECT coalesce(max(id), 0) + 1 FROM {table}");
    let next: i64 = c.prepare_cached(&sql)?.query_row([], |row| row.get(0))?;
    Ok(next.max(now.millis() / 10))
}
