use std::sync::LazyLock;

use rusqlite_migration::{M, Migrations};
use store::WorkTable;

/// `live` is 1 while money may still come: the unique index on it is what keeps an order from being charged twice.
const PAYMENTS: &str = "
CREATE TABLE payments (
  id            TEXT PRIMARY KEY,
  order_id      TEXT NOT NULL,
  customer_id   TEXT,
  status        TEXT NOT NULL,
  live          INTEGER NOT NULL CHECK (live IN (0, 1)),
  version       INTEGER NOT NULL,
  created_at    INTEGER NOT NULL,
  next_check_at INTEGER,
  checks        INTEGER NOT NULL DEFAULT 0,
  key_scope     TEXT,
  value         TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX payments_live ON payments (order_id) WHERE live = 1;
CREATE UNIQUE INDEX payments_key ON payments (key_scope) WHERE key_scope IS NOT NULL;
CREATE INDEX payments_by_order ON payments (order_id, id);
CREATE INDEX payments_by_customer ON payments (customer_id, id) WHERE customer_id IS NOT NULL;
CREATE INDEX payments_by_status ON payments (status, id);
CREATE INDEX payments_due ON payments (next_check_at) WHERE next_check_at IS NOT NULL;

-- Each of MercadoPago's payments belongs to one of ours.
CREATE TABLE provider_payments (
  provider_payment_id TEXT PRIMARY KEY,
  payment_id          TEXT NOT NULL REFERENCES payments (id)
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
  seq        INTEGER PRIMARY KEY AUTOINCREMENT,
  payment_id TEXT NOT NULL REFERENCES payments (id),
  value      TEXT NOT NULL
) STRICT;
CREATE INDEX events_by_payment ON events (payment_id, seq);
-- The log is only ever added to.
CREATE TRIGGER events_stay BEFORE UPDATE ON events BEGIN SELECT raise(ABORT, 'the log is append-only'); END;
CREATE TRIGGER events_remain BEFORE DELETE ON events BEGIN SELECT raise(ABORT, 'the log is append-only'); END;

CREATE TABLE memory (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
";

static FIRST: LazyLock<String> =
    LazyLock::new(|| [PAYMENTS, &WorkTable::create_sql("inbox"), &WorkTable::create_sql("outbox")].concat());

/// Every step from an empty file to the current schema.
pub(crate) fn migrations() -> Migrations<'static> {
    Migrations::new(vec![M::up(FIRST.as_str())])
}
