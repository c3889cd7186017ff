use std::time::Duration;

use domain::{EntryId, Timestamp};
use rusqlite::Connection;
use serde_json::json;
use store::{Lease, NewWork, Raised, Work, WorkState, WorkTable};

use crate::support::{OUTBOX, T0};

const LEASE: Duration = Duration::from_secs(30);
const SECOND: Duration = Duration::from_secs(1);

fn database() -> Connection {
    let c = Connection::open_in_memory().unwrap();
    c.execute_batch(&WorkTable::create_sql("outbox")).unwrap();
    c
}

fn put(c: &Connection, aggregate: &str, kind: &str) -> EntryId {
    let work = NewWork::new(aggregate, kind, json!({ "of": aggregate }), T0);
    let id = work.id;
    assert_eq!(OUTBOX.put(c, work, T0).unwrap(), None);
    id
}

fn claim(c: &Connection, now: Timestamp) -> Vec<Work> {
    OUTBOX.claim(c, now, LEASE, 10).unwrap()
}

fn claim_one(c: &Connection, now: Timestamp) -> Work {
    let mut works = claim(c, now);
    assert_eq!(works.len(), 1);
    works.remove(0)
}

fn done(c: &Connection, work: &Work) -> bool {
    OUTBOX.done(c, work.id, &work.lease).unwrap()
}

fn raise(c: &Connection, n: u32, now: Timestamp) -> Raised {
    OUTBOX.put_or_wake(c, NewWork::new("payment", "look", json!(n), now), now).unwrap()
}

#[test]
fn one_aggregate_goes_in_order_and_others_beside_it() {
    let c = database();
    let (a1, a2, b1) = (put(&c, "a", "charge"), put(&c, "a", "refund"), put(&c, "b", "charge"));
    let works = claim(&c, T0);
    assert_eq!(works.iter().map(|work| work.id).collect::<Vec<_>>(), [a1, b1]);
    assert_eq!((works[0].kind.as_str(), &works[0].payload, works[0].attempts), ("charge", &json!({ "of": "a" }), 1));
    assert!(claim(&c, T0).is_empty());
    assert!(done(&c, &works[0]));
    assert_eq!(claim_one(&c, T0).id, a2);
    assert_eq!(OUTBOX.counts(&c).unwrap().open, 2);
}

#[test]
fn an_entry_that_waits_for_its_time_holds_its_successors_back() {
    let c = database();
    let late = NewWork::new("a", "later", json!(null), T0.plus(SECOND));
    let late_id = late.id;
    OUTBOX.put(&c, late, T0).unwrap();
    put(&c, "a", "next");
    assert!(claim(&c, T0).is_empty());
    assert_eq!(OUTBOX.wake_all(&c, None, T0).unwrap(), 0, "what was put for later is not woken");
    assert_eq!(claim_one(&c, T0.plus(SECOND)).id, late_id);
}

#[test]
fn a_lease_that_ran_out_is_handed_over_and_completes_nothing() {
    let c = database();
    put(&c, "a", "charge");
    let slow = claim_one(&c, T0);
    assert!(claim(&c, T0.plus(LEASE - Duration::from_millis(1))).is_empty());
    let quick = claim_one(&c, T0.plus(LEASE));
    assert_eq!((quick.id, quick.attempts), (slow.id, 2));
    assert!(!done(&c, &slow));
    assert!(!OUTBOX.retry(&c, slow.id, &slow.lease, T0, "late").unwrap());
    assert!(!OUTBOX.bury(&c, slow.id, &slow.lease, "late").unwrap());
    assert!(done(&c, &quick));
    assert!(!done(&c, &quick));
    assert_eq!(OUTBOX.counts(&c).unwrap().open, 0);
}

#[test]
fn whoever_puts_an_entry_may_hold_it_first_but_not_out_of_turn() {
    let c = database();
    let first = NewWork::new("a", "charge", json!(1), T0).leased_for(LEASE);
    let id = first.id;
    let lease: Lease = OUTBOX.put(&c, first, T0).unwrap().unwrap();
    assert!(claim(&c, T0).is_empty());
    let second = NewWork::new("a", "refund", json!(2), T0).leased_for(LEASE);
    assert_eq!(OUTBOX.put(&c, second, T0).unwrap(), None);
    assert!(OUTBOX.done(&c, id, &lease).unwrap());
    assert_eq!(claim_one(&c, T0).kind, "refund");
}

#[test]
fn leases_of_a_process_that_was_killed_can_be_ended() {
    let c = database();
    put(&c, "a", "charge");
    let lost = claim_one(&c, T0);
    assert_eq!(OUTBOX.release_leases(&c).unwrap(), 1);
    let again = claim_one(&c, T0);
    assert!(!done(&c, &lost));
    assert!(done(&c, &again));
}

#[test]
fn a_dead_letter_stops_only_its_own_aggregate_until_it_is_replayed() {
    let c = database();
    let (dead, next, other) = (put(&c, "a", "charge"), put(&c, "a", "refund"), put(&c, "b", "charge"));
    let works = claim(&c, T0);
    assert!(OUTBOX.bury(&c, works[0].id, &works[0].lease, &"x".repeat(5000)).unwrap());
    assert!(done(&c, &works[1]));
    assert_eq!(works[1].id, other);
    assert!(claim(&c, T0.plus(LEASE)).is_empty());
    let letters = OUTBOX.list_dead(&c, 10).unwrap();
    assert_eq!((letters.len(), letters[0].id, letters[0].state), (1, dead, WorkState::Dead));
    assert_eq!(letters[0].last_error.as_ref().unwrap().len(), 500);
    let counts = OUTBOX.counts(&c).unwrap();
    assert_eq!((counts.open, counts.dead, counts.oldest), (1, 1, Some(T0)));
    assert_eq!(OUTBOX.list(&c, WorkState::Open, 10).unwrap()[0].id, next);
    assert_eq!(OUTBOX.replay(&c, Some(next), T0).unwrap(), 0);
    assert_eq!(OUTBOX.replay(&c, Some(dead), T0).unwrap(), 1);
    let again = claim_one(&c, T0);
    assert_eq!((again.id, again.attempts), (dead, 1));
    assert!(done(&c, &again));
    assert_eq!(claim_one(&c, T0).id, next);
}

#[test]
fn one_success_wakes_what_failed_and_not_what_asked_for_patience() {
    let c = database();
    for aggregate in ["a", "b", "c"] {
        put(&c, aggregate, if aggregate == "c" { "erase" } else { "charge" });
    }
    let works = claim(&c, T0);
    for (work, wait) in works.iter().zip([5, 300, 5]) {
        let due = T0.plus(Duration::from_secs(wait));
        assert!(OUTBOX.retry(&c, work.id, &work.lease, due, "down").unwrap());
    }
    let now = T0.plus(SECOND);
    assert!(claim(&c, now).is_empty());
    assert_eq!(OUTBOX.wake_all(&c, Some("charge"), now).unwrap(), 1);
    assert_eq!(claim_one(&c, now).aggregate, "a");
    assert_eq!(OUTBOX.wake_all(&c, None, now).unwrap(), 1);
    assert_eq!(claim_one(&c, now).aggregate, "c");
}

#[test]
fn notifications_of_one_resource_are_one_entry() {
    let c = database();
    assert_eq!(raise(&c, 1, T0), Raised::New);
    assert_eq!(raise(&c, 2, T0), Raised::Seen);
    let work = claim_one(&c, T0);
    assert_eq!(work.payload, json!(2));
    assert!(done(&c, &work));
    assert_eq!(raise(&c, 3, T0), Raised::New);
}

#[test]
fn an_entry_raised_while_it_is_handled_is_handled_again() {
    type Complete = fn(&Connection, &Work) -> bool;
    let completions: [Complete; 3] = [
        |c, work| done(c, work),
        |c, work| OUTBOX.retry(c, work.id, &work.lease, T0.plus(Duration::from_secs(300)), "down").unwrap(),
        |c, work| OUTBOX.bury(c, work.id, &work.lease, "gone").unwrap(),
    ];
    for complete in completions {
        let c = database();
        raise(&c, 1, T0);
        let first = claim_one(&c, T0);
        assert_eq!(raise(&c, 2, T0), Raised::Seen);
        assert!(claim(&c, T0).is_empty(), "raising does not break a lease");
        assert!(complete(&c, &first));
        let again = claim_one(&c, T0);
        assert_eq!(again.payload, json!(2));
        assert!(done(&c, &again));
        assert_eq!(OUTBOX.counts(&c).unwrap().open, 0);
    }
}

#[test]
fn a_new_notification_brings_a_dead_letter_back() {
    let c = database();
    raise(&c, 1, T0);
    let work = claim_one(&c, T0);
    assert!(OUTBOX.bury(&c, work.id, &work.lease, "unknown").unwrap());
    assert_eq!(raise(&c, 2, T0), Raised::Seen);
    assert_eq!(claim_one(&c, T0).payload, json!(2));
}

#[test]
fn an_entry_that_cannot_be_read_does_not_stop_the_queue() {
    let c = database();
    let bad = put(&c, "a", "charge");
    put(&c, "b", "charge");
    c.execute("UPDATE outbox SET payload = '{' WHERE id = ?1", [bad.to_string()]).unwrap();
    assert_eq!(claim_one(&c, T0).aggregate, "b");
    assert_eq!(OUTBOX.list_dead(&c, 10).unwrap()[0].id, bad);
}

#[test]
fn payloads_stay_out_of_the_log() {
    let work = NewWork::new("a", "erase", json!({ "name": "Joaquim" }), T0);
    assert!(!format!("{work:?}").contains("Joaquim"));
    let c = database();
    OUTBOX.put(&c, work, T0).unwrap();
    assert!(!format!("{:?}", claim_one(&c, T0)).contains("Joaquim"));
}
