use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use store::mongo::bson::{Document, doc};
use store::mongo::{Change, ConnectOptions, Part};
use store::{Mongo, StoreError};
use tokio::task::JoinSet;

use super::server::{Kind, Place, Server, on_mongo, skip};
use crate::support::until;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Order {
    _id: String,
    lines: Vec<Line>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Line {
    name: String,
    quantity: u32,
}

fn order(id: &str) -> Order {
    Order { _id: id.to_owned(), lines: vec![Line { name: "X-Burguer".into(), quantity: 2 }] }
}

async fn a_document_comes_back_as_stored(place: Place) {
    let orders = place.connect().await.docs("order", "orders", "an order");
    orders.insert(&order("1")).await.unwrap().unwrap();
    assert_eq!(orders.get(doc! { "_id": "1" }).await.unwrap(), Some(order("1")));
    assert_eq!(orders.get::<Order>(doc! { "_id": "2" }).await.unwrap(), None);
    assert!(orders.delete(doc! { "_id": "1" }).await.unwrap());
    assert!(!orders.delete(doc! { "_id": "1" }).await.unwrap());
}

async fn lists_page_in_their_order_and_count_to_a_limit(place: Place) {
    let orders = place.connect().await.docs("order", "orders", "an order");
    for id in ["a", "b", "c", "d"] {
        orders.insert(&order(id)).await.unwrap().unwrap();
    }
    let part = Part { sort: doc! { "_id": -1 }, skip: 1, limit: 2, only: None };
    assert_eq!(orders.list::<Order>(doc! {}, part).await.unwrap(), [order("c"), order("b")]);
    assert_eq!(orders.count_to(doc! {}, 3).await.unwrap(), 3);
    assert_eq!(orders.count_to(doc! { "_id": { "$gt": "b" } }, 3).await.unwrap(), 2);
}

async fn a_sequence_gives_each_number_once(place: Place) {
    #[derive(Deserialize)]
    struct Last {
        last: i64,
    }
    let days = place.connect().await.docs("order", "days", "a day");
    let mut takers = JoinSet::new();
    for _ in 0..32 {
        let days = days.clone();
        takers.spawn(async move {
            loop {
                let next = Change::new(doc! { "_id": "2026-11-23" }, doc! { "$inc": { "last": 1_i64 } }).or_insert();
                if let Ok(taken) = days.change::<Last>(next).await.unwrap() {
                    return taken.unwrap().last;
                }
            }
        });
    }
    let numbers: HashSet<i64> = takers.join_all().await.into_iter().collect();
    assert_eq!(numbers, (1..=32).collect());
}

async fn two_that_make_a_document_at_once_both_succeed(place: Place) {
    let docs = place.connect().await.docs("order", "days", "a day");
    let mut makers = JoinSet::new();
    for _ in 0..16 {
        let docs = docs.clone();
        makers.spawn(async move { docs.upsert(doc! { "_id": 1 }, doc! { "$inc": { "n": 1 } }).await.unwrap() });
    }
    assert_eq!(makers.join_all().await.into_iter().filter(|made| *made).count(), 1);
    assert_eq!(docs.get::<Document>(doc! {}).await.unwrap().unwrap(), doc! { "_id": 1, "n": 16 });
}

async fn a_damaged_document_is_named_without_its_content_and_spares_the_others(place: Place) {
    let orders = place.connect().await.docs("order", "orders", "an order");
    for id in ["1", "2", "3"] {
        orders.insert(&order(id)).await.unwrap().unwrap();
    }
    let damage = doc! { "$set": { "lines.0.quantity": "Joaquim" } };
    assert!(orders.update(doc! { "_id": "2" }, damage).await.unwrap().unwrap());
    let error = orders.get::<Order>(doc! { "_id": "2" }).await.unwrap_err();
    let StoreError::Corrupt { what, id } = &error else { panic!("{error:?}") };
    assert_eq!((what.as_str(), id.as_deref()), ("an order, at lines[0].quantity", Some("2")));
    assert!(!format!("{error:?}").contains("Joaquim"));
    let rest = orders.list::<Order>(doc! {}, Part { sort: doc! { "_id": 1 }, ..Part::default() }).await.unwrap();
    assert_eq!(rest, [order("1"), order("3")]);
}

async fn a_caller_that_goes_away_leaves_a_whole_write(place: Place) {
    let mongo = place.connect().await;
    let orders = mongo.docs("order", "orders", "an order");
    for n in 0..50 {
        let order = order(&n.to_string());
        let write = orders.insert(&order);
        // Polled once, so that the call has begun, and then dropped, as by a client that hangs up.
        tokio::select! {
            biased;
            _ = write => {}
            () = tokio::task::yield_now() => {}
        }
    }
    until("all are there", async || orders.count_to(doc! {}, 100).await.unwrap() == 50).await;
    mongo.close().await;
}

async fn a_late_call_is_unavailable_and_still_happens(place: Place) {
    let brief = ConnectOptions { call_timeout: Duration::from_millis(300), ..ConnectOptions::default() };
    let (mongo, slow) = (place.connect().await, Mongo::connect(&place.url, &brief).await.unwrap());
    let orders = mongo.docs("order", "orders", "an order");
    orders.insert(&order("1")).await.unwrap().unwrap();
    let update = doc! { "$set": { "seen": { "$function": {
        "body": "function() { sleep(10000); return true; }", "args": [], "lang": "js",
    } } } };
    let waited = slow.docs("order", "orders", "an order").update(doc! { "_id": "1" }, vec![update]).await.unwrap_err();
    assert!(waited.is_unavailable(), "{waited:?}");
    assert_eq!(orders.count_to(doc! { "seen": true }, 1).await.unwrap(), 0, "nobody waited for it");
    until("it happens", async || orders.count_to(doc! { "seen": true }, 1).await.unwrap() == 1).await;
}

async fn more_calls_than_can_wait_are_refused_at_once(place: Place) {
    let mongo = place.connect().await;
    let docs = mongo.docs("order", "orders", "an order");
    let mut waiting = JoinSet::new();
    let mut refused = false;
    while !refused && waiting.len() < 5000 {
        for _ in 0..100 {
            let mongo = mongo.clone();
            waiting.spawn(async move { mongo.run(std::future::pending::<mongodb::error::Result<()>>()).await });
        }
        // They take what is free before we ask.
        tokio::task::yield_now().await;
        refused = docs.count_to(doc! {}, 1).await.is_err_and(|error| format!("{error:?}").contains("too many"));
    }
    assert!(refused);
}

async fn what_is_asked_of_a_closed_store_is_refused(place: Place) {
    let mongo = place.connect().await;
    mongo.close().await;
    let docs = mongo.docs("order", "orders", "an order");
    assert!(docs.insert(&order("1")).await.is_err_and(|error| error.is_unavailable()));
    assert!(docs.get::<Order>(doc! {}).await.is_err_and(|error| error.is_unavailable()));
    mongo.close().await;
}

on_mongo! {
    a_document_comes_back_as_stored,
    lists_page_in_their_order_and_count_to_a_limit,
    a_sequence_gives_each_number_once,
    two_that_make_a_document_at_once_both_succeed,
    a_damaged_document_is_named_without_its_content_and_spares_the_others,
    a_caller_that_goes_away_leaves_a_whole_write,
    a_late_call_is_unavailable_and_still_happens,
    more_calls_than_can_wait_are_refused_at_once,
    what_is_asked_of_a_closed_store_is_refused,
}

/// Eight writers, and a server that is killed and started again under them.
async fn what_was_acknowledged_survives(kind: Kind) {
    let dir = tempfile::tempdir().unwrap();
    let server = match Server::run(Some(dir.path()), kind, &[]) {
        Ok(server) => server,
        Err(why) => return skip(&why),
    };
    let mongo = Mongo::connect(&server.database("load"), &ConnectOptions::default()).await.unwrap();
    let orders = mongo.docs("order", "orders", "an order");
    let stop = Arc::new(AtomicU32::new(0));
    let mut writers = JoinSet::new();
    for writer in 0..8 {
        let (orders, stop) = (orders.clone(), stop.clone());
        writers.spawn(async move {
            let mut acknowledged = Vec::new();
            let mut n = 0;
            while stop.load(Ordering::SeqCst) < 2 {
                let id = format!("{writer}-{n}");
                n += 1;
                match orders.insert(&order(&id)).await {
                    Ok(stored) => {
                        stored.expect("an id of our own is never taken");
                        acknowledged.push(id);
                        if stop.load(Ordering::SeqCst) == 1 && acknowledged.len() > 200 {
                            stop.store(2, Ordering::SeqCst);
                        }
                    }
                    Err(error) => assert!(error.is_unavailable(), "{error:?}"),
                }
            }
            acknowledged
        });
    }
    until("some are stored", async || orders.count_to(doc! {}, 200).await.is_ok_and(|many| many == 200)).await;
    let path = dir.path().to_owned();
    tokio::task::spawn_blocking(move || {
        Server::kill(&path);
        Server::start_again(&path, kind);
    })
    .await
    .unwrap();
    // From now on each writer goes on until one of them has stored enough.
    stop.store(1, Ordering::SeqCst);
    let acknowledged: Vec<String> = writers.join_all().await.into_iter().flatten().collect();
    for id in &acknowledged {
        assert!(orders.get::<Order>(doc! { "_id": id }).await.unwrap().is_some(), "{id} is lost");
    }
    assert!(acknowledged.len() > 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_a_kill_of_a_standalone_server() {
    what_was_acknowledged_survives(Kind::Standalone).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_a_kill_of_a_replica_set() {
    what_was_acknowledged_survives(Kind::ReplicaSet).await;
}
