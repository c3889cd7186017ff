use api::auth::Revocation;
use domain::Timestamp;
use rusqlite::{Connection, params};

pub(super) fn insert(c: &Connection, revocation: &Revocation) -> rusqlite::Result<()> {
    match revocation {
        Revocation::Token { jti, exp } => {
            let sql = "INSERT INTO revoked_token (jti, exp) VALUES (?1, ?2)
                       ON CONFLICT DO UPDATE SET exp = max(exp, excluded.exp)";
            c.prepare_cached(sql)?.execute(params![jti, exp])?;
        }
        Revocation::Subject { sub, before, exp } => {
            let sql = "INSERT INTO revoked_subject (sub, before, exp) VALUES (?1, ?2, ?3)
                       ON CONFLICT DO UPDATE SET before = max(before, excluded.before), exp = max(exp, excluded.exp)";
            c.prepare_cached(sql)?.execute(params![sub, before, exp])?;
        }
    }
    Ok(())
}

pub(super) fn living(c: &Connection, now: Timestamp) -> rusqlite::Result<Vec<Revocation>> {
    let mut tokens = c.prepare_cached("SELECT jti, exp FROM revoked_token WHERE exp > ?1 ORDER BY jti")?;
    let tokens =
        tokens.query_map([now.seconds()], |row| Ok(Revocation::Token { jti: row.get(0)?, exp: row.get(1)? }))?;
    let mut list = tokens.collect::<rusqlite::Result<Vec<_>>>()?;
    let mut subjects = c.prepare_cached("SELECT sub, before, exp FROM revoked_subject WHERE exp > ?1 ORDER BY sub")?;
    let subjects = subjects.query_map([now.seconds()], |row| {
        Ok(Revocation::Subject { sub: row.get(0)?, before: row.get(1)?, exp: row.get(2)? })
    })?;
    for subject in subjects {
        list.push(subject?);
    }
    Ok(list)
}

pub(super) fn prune(c: &Connection, now: Timestamp) -> rusqlite::Result<()> {
    c.prepare_cached("DELETE FROM revoked_token WHERE exp <= ?1")?.execute([now.seconds()])?;
    c.prepare_cached("DELETE FROM revoked_subject WHERE exp <= ?1")?.execute([now.seconds()])?;
    Ok(())
}
