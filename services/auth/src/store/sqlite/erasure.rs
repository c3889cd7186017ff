use ::store::{NewWork, StoreError, StoreResult};
use domain::{CustomerId, ErasureId, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::OUTBOX;
use crate::erasure::{Erased, Erasure, Place};

pub(super) fn begin(c: &Connection, erasure: &Erasure, work: NewWork) -> StoreResult<ErasureId> {
    let customer = erasure.customer_id.map(|id| id.uuid().into_bytes());
    let under_way: Option<[u8; 16]> = c
        .prepare_cached("SELECT id FROM erasure WHERE customer_id = ?1")?
        .query_row([customer], |row| row.get(0))
        .optional()?;
    if let Some(id) = under_way {
        return Ok(ErasureId::from_uuid(Uuid::from_bytes(id)));
    }
    let id = erasure.id.uuid().into_bytes();
    c.prepare_cached("INSERT INTO erasure (id, customer_id, requested_at) VALUES (?1, ?2, ?3)")?.execute(params![
        id,
        customer,
        erasure.requested_at.millis()
    ])?;
    OUTBOX.put(c, work, erasure.requested_at)?;
    Ok(erasure.id)
}

pub(super) fn find(c: &Connection, id: ErasureId) -> StoreResult<Option<Erasure>> {
    let key = id.uuid().into_bytes();
    let found = c
        .prepare_cached("SELECT customer_id, requested_at, completed_at FROM erasure WHERE id = ?1")?
        .query_row([key], |row| {
            Ok(Erasure {
                id,
                customer_id: row.get::<_, Option<[u8; 16]>>(0)?.map(|id| CustomerId::from_uuid(Uuid::from_bytes(id))),
                requested_at: Timestamp::from_millis(row.get(1)?),
                completed_at: row.get::<_, Option<i64>>(2)?.map(Timestamp::from_millis),
                erased: Vec::new(),
            })
        })
        .optional()?;
    let Some(mut erasure) = found else { return Ok(None) };
    let mut rows = c.prepare_cached("SELECT place, records, erased_at FROM erased WHERE erasure_id = ?1")?;
    let rows =
        rows.query_map([key], |row| Ok((row.get::<_, String>(0)?, row.get(1)?, Timestamp::from_millis(row.get(2)?))))?;
    for row in rows {
        let (place, records, erased_at) = row?;
        let place = Place::parse(&place).ok_or_else(|| StoreError::corrupt("a place of an erasure", id))?;
        erasure.erased.push(Erased { place, records, erased_at });
    }
    erasure.erased.sort_by_key(|erased| erased.place);
    Ok(Some(erasure))
}

pub(super) fn note(c: &Connection, id: ErasureId, place: Place, records: u32, at: Timestamp) -> rusqlite::Result<()> {
    let sql = "INSERT INTO erased (erasure_id, place, records, erased_at) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT DO UPDATE SET records = records + excluded.records, erased_at = excluded.erased_at";
    c.prepare_cached(sql)?.execute(params![id.uuid().into_bytes(), place.as_str(), records, at.millis()])?;
    Ok(())
}

pub(super) fn complete(c: &Connection, id: ErasureId, at: Timestamp) -> rusqlite::Result<()> {
    let sql = "UPDATE erasure SET customer_id = NULL, completed_at = ?2 WHERE id = ?1 AND completed_at IS NULL";
    c.prepare_cached(sql)?.execute(params![id.uuid().into_bytes(), at.millis()])?;
    Ok(())
}
