//! Idempotency keys: which resource a request with a key made.

use std::time::Duration;

use domain::Timestamp;
use rusqlite::{Connection, OptionalExtension};
use store::StoreResult;

/// How long a key is remembered. MercadoPago states this for orders only, so nobody should count on more.
const REMEMBERED: Duration = Duration::from_secs(24 * 3600);

/// What the request with this key made, if there was one.
pub(crate) fn find(c: &Connection, endpoint: &str, key: &str, now: Timestamp) -> StoreResult<Option<String>> {
    let sql = "SELECT resource_id FROM idempotency WHERE endpoint = ?1 AND key = ?2 AND created_at > ?3";
    let since = now.minus(REMEMBERED).millis();
    Ok(c.prepare_cached(sql)?.query_row((endpoint, key, since), |row| row.get(0)).optional()?)
}

/// Remembers what a request with this key made.
pub(crate) fn keep(c: &Connection, endpoint: &str, key: &str, resource: &str, now: Timestamp) -> StoreResult<()> {
    let sql = "INSERT OR REPLACE INTO idempotency (endpoint, key, resource_id, created_at) VALUES (?1, ?2, ?3, ?4)";
    c.prepare_cached(sql)?.execute((endpoint, key, resource, now.millis()))?;
    Ok(())
}

/// Forgets the keys that are too old.
pub(crate) fn forget_old(c: &Connection, now: Timestamp) -> StoreResult<usize> {
    let sql = "DELETE FROM idempotency WHERE created_at <= ?1";
    Ok(c.prepare_cached(sql)?.execute([now.minus(REMEMBERED).millis()])?)
}
