//! What only the queue in a SQLite table can do.

use serde_json::json;
use std::time::Duration;
use store::{NewWork, WorkTable};

use crate::support::{OUTBOX, T0};

#[test]
fn leases_of_a_process_that_was_killed_can_be_ended() {
    let c = rusqlite::Connection::open_in_memory().unwrap();
    c.execute_batch(&WorkTable::create_sql("outbox")).unwrap();
    OUTBOX.put(&c, NewWork::new("a", "charge", json!(null), T0), T0).unwrap();
    let claim = || OUTBOX.claim(&c, T0, Duration::from_secs(30), 10).unwrap();
    let lost = claim();
    assert!(claim().is_empty());
    assert_eq!(OUTBOX.release_leases(&c).unwrap(), 1);
    let again = claim();
    assert!(!OUTBOX.done(&c, lost[0].id, &lost[0].lease).unwrap());
    assert!(OUTBOX.done(&c, again[0].id, &again[0].lease).unwrap());
}
