use rusqlite::{Error, ffi};

/// What must be unique and was not: the columns (`orders.day, orders.number`), or the name of an index on an expression.
/// `None` for any other error.
pub fn is_unique_violation(error: &Error) -> Option<String> {
    let Error::SqliteFailure(code, Some(message)) = error else { return None };
    let unique = [ffi::SQLITE_CONSTRAINT_UNIQUE, ffi::SQLITE_CONSTRAINT_PRIMARYKEY, ffi::SQLITE_CONSTRAINT_ROWID];
    if !unique.contains(&code.extended_code) {
        return None;
    }
    let what = message.split_once(": ").map_or(message.as_str(), |(_, what)| what);
    Some(what.strip_prefix("index ").unwrap_or(what).trim_matches('\'').to_owned())
}
