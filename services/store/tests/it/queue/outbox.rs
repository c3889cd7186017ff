use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use domain::{EntryId, Timestamp};
use serde_json::json;
use store::mongo::bson::{Document, doc};
use store::{Dead, DeadLetters, Lease, NewWork, WorkState};
use tokio::task::JoinSet;

use super::back_ends::Documents;
use super::{LEASE, Queue, SECOND, claim, claim_one, done, on_every_queue};
use crate::mongo::server::{Place, on_mongo};
use crate::support::T0;

async fn put(queue: &dyn Queue, aggregate: &str, kind: &str) -> EntryId {
    let work = NewWork::new(aggregate, kind, json!({ "of": aggregate }), T0);
    let id = work.id;
    assert_eq!(queue.put(work, T0).await, None);
    id
}

async fn one_aggregate_goes_in_order_and_others_beside_it(queue: Arc<dyn Queue>) {
    let a1 = put(&*queue, "a", "charge").await;
    let a2 = put(&*queue, "a", "refund").await;
    let b1 = put(&*queue, "b", "charge").await;
    let mut works = claim(&*queue, T0).await;
    works.sort_by(|one, other| one.aggregate.cmp(&other.aggregate));
    assert_eq!(works.iter().map(|work| work.id).collect::<Vec<_>>(), [a1, b1]);
    assert_eq!((works[0].kind.as_str(), &works[0].payload, works[0].attempts), ("charge", &json!({ "of": "a" }), 1));
    assert_eq!((works[0].aggregate.as_str(), works[0].created_at), ("a", T0));
    assert!(claim(&*queue, T0).await.is_empty());
    assert!(done(&*queue, &works[0]).await);
    assert_eq!(claim_one(&*queue, T0).await.id, a2);
    assert_eq!(queue.counts().await.open, 2);
}

async fn the_longest_due_goes_first_and_no_more_than_wanted(queue: Arc<dyn Queue>) {
    for (aggregate, seconds) in [("c", 3), ("a", 1), ("b", 2)] {
        queue.put(NewWork::new(aggregate, "charge", json!(null), T0.plus(SECOND * seconds)), T0).await;
    }
    let mut claimed = Vec::new();
    for _ in 0..3 {
        let works = queue.claim(T0.plus(SECOND * 5), LEASE, 1).await.unwrap();
        assert_eq!(works.len(), 1);
        claimed.push(works[0].aggregate.clone());
    }
    assert_eq!(claimed, ["a", "b", "c"]);
    assert!(queue.claim(T0.plus(SECOND * 5), LEASE, 0).await.unwrap().is_empty());
}

async fn an_entry_that_waits_for_its_time_holds_its_successors_back(queue: Arc<dyn Queue>) {
    let late = NewWork::new("a", "later", json!(null), T0.plus(SECOND));
    let late_id = late.id;
    queue.put(late, T0).await;
    put(&*queue, "a", "next").await;
    assert!(claim(&*queue, T0).await.is_empty());
    assert_eq!(queue.wake_all(None, T0).await.unwrap(), 0, "what was put for later is not woken");
    assert_eq!(claim_one(&*queue, T0.plus(SECOND)).await.id, late_id);
}

async fn a_lease_that_ran_out_is_handed_over_and_completes_nothing(queue: Arc<dyn Queue>) {
    put(&*queue, "a", "charge").await;
    let slow = claim_one(&*queue, T0).await;
    assert!(claim(&*queue, T0.plus(LEASE - Duration::from_millis(1))).await.is_empty());
    let quick = claim_one(&*queue, T0.plus(LEASE)).await;
    assert_eq!((quick.id, quick.attempts), (slow.id, 2));
    assert!(!done(&*queue, &slow).await);
    assert!(!queue.retry(&slow, T0, "late").await.unwrap());
    assert!(!queue.bury(&slow, "late").await.unwrap());
    assert!(done(&*queue, &quick).await);
    assert!(!done(&*queue, &quick).await);
    assert_eq!(queue.counts().await.open, 0);
}

async fn whoever_puts_an_entry_may_hold_it_first_but_not_out_of_turn(queue: Arc<dyn Queue>) {
    let first = NewWork::new("a", "charge", json!(1), T0).leased_for(LEASE);
    let lease: Option<Lease> = queue.put(first, T0).await;
    assert!(lease.is_some());
    assert!(claim(&*queue, T0).await.is_empty());
    let second = NewWork::new("a", "refund", json!(2), T0).leased_for(LEASE);
    assert_eq!(queue.put(second, T0).await, None);
    let again = claim_one(&*queue, T0.plus(LEASE)).await;
    assert_eq!((again.kind.as_str(), again.attempts), ("charge", 2));
    assert!(done(&*queue, &again).await);
    assert_eq!(claim_one(&*queue, T0.plus(LEASE)).await.kind, "refund");
}

async fn a_dead_letter_stops_only_its_own_aggregate_until_it_is_replayed(queue: Arc<dyn Queue>) {
    let (dead, next) = (put(&*queue, "a", "charge").await, put(&*queue, "a", "refund").await);
    let other = put(&*queue, "b", "charge").await;
    let works = claim(&*queue, T0).await;
    for work in &works {
        if work.id == dead {
            assert!(queue.bury(work, &"x".repeat(5000)).await.unwrap());
        } else {
            assert_eq!(work.id, other);
            assert!(done(&*queue, work).await);
        }
    }
    assert!(claim(&*queue, T0.plus(LEASE)).await.is_empty());
    let letters = queue.list(WorkState::Dead).await;
    assert_eq!((letters.len(), letters[0].id, letters[0].state), (1, dead, WorkState::Dead));
    assert_eq!((letters[0].aggregate.as_str(), letters[0].attempts), ("a", 1));
    assert_eq!(letters[0].last_error.as_ref().unwrap().len(), 500);
    let counts = queue.counts().await;
    assert_eq!((counts.open, counts.dead, counts.oldest), (1, 1, Some(T0)));
    assert_eq!(queue.list(WorkState::Open).await[0].id, next);
    assert_eq!(queue.replay(&Dead::Entry(next), T0).await.unwrap(), 0);
    assert_eq!(queue.replay(&Dead::Entry(dead), T0).await.unwrap(), 1);
    let again = claim_one(&*queue, T0).await;
    assert_eq!((again.id, again.attempts), (dead, 1));
    assert!(done(&*queue, &again).await);
    assert_eq!(claim_one(&*queue, T0).await.id, next);
}

async fn a_renewed_lease_holds_on_and_a_lost_one_cannot_be_renewed(queue: Arc<dyn Queue>) {
    put(&*queue, "a", "charge").await;
    let work = claim_one(&*queue, T0).await;
    assert!(queue.renew(&work, T0.plus(LEASE * 2)).await.unwrap());
    assert!(claim(&*queue, T0.plus(LEASE)).await.is_empty());
    let again = claim_one(&*queue, T0.plus(LEASE * 2)).await;
    assert!(!queue.renew(&work, T0.plus(LEASE * 9)).await.unwrap(), "somebody else has it");
    assert!(queue.renew(&again, T0.plus(LEASE * 4)).await.unwrap());
    assert!(done(&*queue, &again).await);
    assert!(!queue.renew(&again, T0.plus(LEASE * 5)).await.unwrap(), "it is done");
}

async fn dead_letters_are_paged_oldest_first_and_replayed_by_what_they_are_about(queue: Arc<dyn Queue>) {
    let mut dead = Vec::new();
    for (second, aggregate) in ["a", "b", "c"].into_iter().enumerate() {
        let now = T0.plus(SECOND * second as u32);
        queue.put(NewWork::new(aggregate, "charge", json!(second), now), now).await;
        let work = claim_one(&*queue, now).await;
        assert!(queue.bury(&work, aggregate).await.unwrap());
        dead.push(work.id);
    }
    put(&*queue, "d", "charge").await;
    let letters = DeadLetters::new([("outbox", queue.clone() as Arc<dyn store::WorkQueue>)]);
    let page = letters.page(domain::Page { skip: 1, limit: 1 }).await.unwrap();
    let seen: Vec<_> = page.iter().map(|(queue, entry)| (*queue, entry.id, entry.last_error.as_deref())).collect();
    assert_eq!(seen, [("outbox", dead[1], Some("b"))]);
    assert_eq!(letters.replay(&Dead::About("d".to_owned()), T0).await.unwrap(), 0, "it is not dead");
    assert_eq!(letters.replay(&Dead::About("b".to_owned()), T0).await.unwrap(), 1);
    let left: Vec<_> = queue.dead(10).await.unwrap().into_iter().map(|entry| entry.id).collect();
    assert_eq!(left, [dead[0], dead[2]]);
    assert_eq!(letters.replay(&Dead::All, T0).await.unwrap(), 2);
    assert_eq!(queue.counts().await.dead, 0);
}

async fn one_success_wakes_what_failed_and_not_what_asked_for_patience(queue: Arc<dyn Queue>) {
    for aggregate in ["a", "b", "c"] {
        put(&*queue, aggregate, if aggregate == "c" { "erase" } else { "charge" }).await;
    }
    for work in claim(&*queue, T0).await {
        let wait = if work.aggregate == "b" { 300 } else { 5 };
        assert!(queue.retry(&work, T0.plus(Duration::from_secs(wait)), "down").await.unwrap());
    }
    assert!(queue.list(WorkState::Open).await.iter().all(|entry| entry.last_error.as_deref() == Some("down")));
    let now = T0.plus(SECOND);
    assert!(claim(&*queue, now).await.is_empty());
    assert_eq!(queue.wake_all(Some("charge"), now).await.unwrap(), 1);
    assert_eq!(claim_one(&*queue, now).await.aggregate, "a");
    assert_eq!(queue.wake_all(None, now).await.unwrap(), 1);
    assert_eq!(claim_one(&*queue, now).await.aggregate, "c");
}

async fn an_entry_that_cannot_be_read_does_not_stop_the_queue(queue: Arc<dyn Queue>) {
    let bad = put(&*queue, "a", "charge").await;
    put(&*queue, "b", "charge").await;
    queue.damage("a").await;
    assert_eq!(claim_one(&*queue, T0).await.aggregate, "b");
    assert_eq!(queue.list(WorkState::Dead).await[0].id, bad);
}

async fn payloads_come_back_exactly_and_stay_out_of_the_log(queue: Arc<dyn Queue>) {
    let payload = json!({ "name": "Joaquim", "$set": [1.5, 35.0, -1, u64::MAX, null, "ção"], "a.b": { "": true } });
    let work = NewWork::new("a", "erase", payload.clone(), T0);
    assert!(!format!("{work:?}").contains("Joaquim"));
    queue.put(work, T0).await;
    let claimed = claim_one(&*queue, T0).await;
    assert_eq!(claimed.payload, payload);
    assert!(!format!("{claimed:?}").contains("Joaquim"));
}

/// Many workers at once: each entry is handled, in order, and by one at a time.
async fn many_claimers_never_hold_the_same(queue: Arc<dyn Queue>) {
    const AGGREGATES: usize = 12;
    const EACH: usize = 4;
    for n in 0..EACH {
        for aggregate in 0..AGGREGATES {
            let work = NewWork::new(aggregate, "step", json!(n), T0);
            queue.put(work, T0).await;
        }
    }
    let mut claimers = JoinSet::new();
    for _ in 0..6 {
        let queue = queue.clone();
        claimers.spawn(async move {
            let mut handled = Vec::new();
            while queue.counts().await.open > 0 {
                for work in queue.claim(T0, LEASE, 3).await.unwrap() {
                    assert!(done(&*queue, &work).await, "somebody else had it");
                    handled.push((work.aggregate.clone(), work.payload.as_u64().unwrap()));
                }
                tokio::task::yield_now().await;
            }
            handled
        });
    }
    let mut times: HashMap<(String, u64), usize> = HashMap::new();
    for handled in claimers.join_all().await.into_iter().flatten() {
        *times.entry(handled).or_default() += 1;
    }
    assert_eq!(times.len(), AGGREGATES * EACH);
    assert!(times.values().all(|times| *times == 1));
}

on_every_queue! { outbox:
    one_aggregate_goes_in_order_and_others_beside_it,
    the_longest_due_goes_first_and_no_more_than_wanted,
    an_entry_that_waits_for_its_time_holds_its_successors_back,
    a_lease_that_ran_out_is_handed_over_and_completes_nothing,
    whoever_puts_an_entry_may_hold_it_first_but_not_out_of_turn,
    a_dead_letter_stops_only_its_own_aggregate_until_it_is_replayed,
    a_renewed_lease_holds_on_and_a_lost_one_cannot_be_renewed,
    dead_letters_are_paged_oldest_first_and_replayed_by_what_they_are_about,
    one_success_wakes_what_failed_and_not_what_asked_for_patience,
    an_entry_that_cannot_be_read_does_not_stop_the_queue,
    payloads_come_back_exactly_and_stay_out_of_the_log,
    many_claimers_never_hold_the_same,
}

/// Looking for work reads what is open, and not the history.
async fn looking_for_work_costs_what_is_open(place: Place) {
    let documents = Documents::open(&place, true).await;
    let history: Vec<_> = (0..2000).map(|n| doc! { "_id": format!("old-{n}"), "outbox": [] }).collect();
    let collection = documents.docs.raw().clone_with_type::<Document>();
    documents.docs.mongo().run(async move { collection.insert_many(history).await }).await.unwrap();
    for aggregate in ["a", "b", "c"] {
        put(&documents, aggregate, "charge").await;
    }
    let name = documents.docs.name().to_owned();
    let due = doc! {
        "outbox.0.state": "open",
        "outbox.0.due_at": { "$lte": T0.millis() },
        "outbox.0.lease_until": { "$lte": T0.millis() },
    };
    for filter in [due, doc! { "outbox.0.state": { "$in": ["open", "dead"] } }] {
        let find = doc! { "find": &name, "filter": filter, "sort": { "outbox.0.due_at": 1 } };
        let explain = doc! { "explain": find, "verbosity": "executionStats" };
        let database = documents.docs.mongo().database().clone();
        let plan = documents.docs.mongo().run(async move { database.run_command(explain).await }).await.unwrap();
        let stats = plan.get_document("executionStats").unwrap();
        assert_eq!(stats.get_i32("nReturned").unwrap(), 3);
        assert!(stats.get_i32("totalDocsExamined").unwrap() <= 3, "{stats}");
        assert!(stats.get_i32("totalKeysExamined").unwrap() <= 5, "{stats}");
    }
    assert_eq!(documents.queue.counts().await.unwrap().open, 3);
}

/// What was left inside an aggregate by a document that somebody cut down by hand.
async fn an_aggregate_without_a_readable_list_is_left_alone(place: Place) {
    let documents = Documents::open(&place, true).await;
    for (n, outbox) in
        [doc! {}, doc! { "outbox": "none" }, doc! { "outbox": [1] }, doc! { "outbox": [{}] }].iter().enumerate()
    {
        let mut document = outbox.clone();
        document.insert("_id", n.to_string());
        documents.docs.insert(&document).await.unwrap().unwrap();
    }
    documents
        .docs
        .insert(&doc! { "_id": "bad", "outbox": [{ "state": "open", "due_at": 0_i64, "lease_until": 0_i64 }] })
        .await
        .unwrap()
        .unwrap();
    put(&documents, "good", "charge").await;
    assert_eq!(claim_one(&documents, T0).await.aggregate, "good");
    assert!(claim(&documents, Timestamp::from_millis(T0.millis() + 1)).await.is_empty());
    assert_eq!(documents.counts().await.dead, 1);
}

on_mongo! {
    looking_for_work_costs_what_is_open,
    an_aggregate_without_a_readable_list_is_left_alone,
}
