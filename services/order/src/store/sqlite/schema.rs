use rusqlite_migration::{M, Migrations};
use store::WorkTable;

/// An order is kept whole, as JSON; the columns that are searched for are computed from it, so that they can't
/// disagree with it. Times are RFC 3339 texts of one length, which sort as they should.
const FIRST: &str = "
CREATE TABLE categories (
  id       TEXT PRIMARY KEY,
  name     TEXT NOT NULL,
  name_key TEXT NOT NULL UNIQUE,
  position INTEGER NOT NULL
) STRICT;

CREATE TABLE products (
  id          TEXT PRIMARY KEY,
  name        TEXT NOT NULL,
  name_key    TEXT NOT NULL,
  description TEXT NOT NULL,
  price       INTEGER NOT NULL CHECK (price > 0),
  category_id TEXT REFERENCES categories (id),
  enabled     INTEGER NOT NULL,
  sold        INTEGER NOT NULL DEFAULT 0,
  retired     INTEGER NOT NULL DEFAULT 0,
  CHECK (retired OR category_id IS NOT NULL)
) STRICT;
CREATE UNIQUE INDEX products_name ON products (name_key) WHERE NOT retired;
CREATE INDEX products_category ON products (category_id);

CREATE TABLE days (
  day  TEXT PRIMARY KEY,
  last INTEGER NOT NULL
) STRICT;

CREATE TABLE orders (
  id          TEXT PRIMARY KEY,
  version     INTEGER NOT NULL,
  body        TEXT NOT NULL,
  day         TEXT    NOT NULL GENERATED ALWAYS AS (body ->> '$.day'),
  number      INTEGER NOT NULL GENERATED ALWAYS AS (body ->> '$.number'),
  customer_id TEXT             GENERATED ALWAYS AS (body ->> '$.customer_id'),
  status      TEXT    NOT NULL GENERATED ALWAYS AS (body ->> '$.status'),
  created_at  TEXT    NOT NULL GENERATED ALWAYS AS (body ->> '$.created_at'),
  updated_at  TEXT    NOT NULL GENERATED ALWAYS AS (body ->> '$.updated_at'),
  ends_at     TEXT             GENERATED ALWAYS AS (body ->> '$.ends_at'),
  scope       TEXT             GENERATED ALWAYS AS (body ->> '$.request.scope'),
  request_key TEXT             GENERATED ALWAYS AS (body ->> '$.request.key')
) STRICT;
CREATE UNIQUE INDEX orders_number ON orders (day, number);
CREATE UNIQUE INDEX orders_request ON orders (scope, request_key) WHERE request_key IS NOT NULL;
CREATE INDEX orders_newest ON orders (created_at, id);
CREATE INDEX orders_customer ON orders (customer_id, created_at, id) WHERE customer_id IS NOT NULL;
CREATE INDEX orders_status ON orders (status, created_at, id);
CREATE INDEX orders_changed ON orders (updated_at, id);
CREATE INDEX orders_ends ON orders (ends_at) WHERE ends_at IS NOT NULL;

CREATE TABLE keys (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  jwks TEXT NOT NULL
) STRICT;
";

/// The table of the outbox.
pub(crate) const OUTBOX: WorkTable = WorkTable::new("outbox");

/// Every version of the schema, oldest first.
pub(crate) fn migrations() -> Migrations<'static> {
    let outbox: &'static str = Box::leak(WorkTable::create_sql("outbox").into_boxed_str());
    Migrations::new(vec![M::up(FIRST), M::up(outbox)])
}
