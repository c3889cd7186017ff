//! Several instances of the service on one MongoDB, and a server that goes away under them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use api::payment::Payment;
use domain::{Clock as _, OrderId, PaymentStatus};
use futures_util::future::join_all;
use payment::Timings;
use serde_json::Value;
use store::Mongo;
use store::mongo::ConnectOptions;
use store::mongo::bson::{Document, doc};
use testkit::mongo::{Kind, Server, database, skip};
use testkit::{Caller, eventually};
use tokio_util::sync::CancellationToken;

use crate::world::{LEFT_FOR, SOON, World, body, body_for, reconciling, timings};

const MANY: usize = 24;

async fn each_charge_is_asked_for_once_through_both(url: String) {
    let world = World::on_mongo(&url, timings()).await;
    let beside = world.beside().await;
    let callers = [world.caller(), world.caller_of(&beside)];
    let payments: Vec<Payment> = join_all((0..MANY).map(|n| {
        let caller = &callers[n % 2];
        async move { caller.post("/payments", &body("pix")).await.expect(201).parse() }
    }))
    .await;
    for payment in &payments {
        let provider_id =
            eventually(SOON, || async { world.payment(payment.payment_id).await.provider_payment_id }).await;
        world.provider.lock().set(&provider_id, "approved", "accredited");
        // Both hear of it, as when the first answer was too late.
        world.notify(&provider_id).await.expect(200);
        world.notify_beside(&beside, &provider_id).await.expect(200);
    }
    for payment in &payments {
        world.orders.told(payment.payment_id, PaymentStatus::Approved).await;
    }
    world.quiet().await;
    let mut asked: HashMap<String, usize> = HashMap::new();
    for (what, key) in world.provider.lock().writes.clone() {
        assert_eq!(what, "create");
        *asked.entry(key).or_default() += 1;
    }
    assert_eq!((asked.len(), asked.values().sum::<usize>()), (MANY, MANY), "{asked:?}");
    assert_eq!(world.dead_letters().await, 0);
    beside.stop().await;
    world.stop().await;
}

async fn what_a_killed_instance_had_begun_is_taken_over_after_its_lease(url: String) {
    let world = World::on_mongo(&url, timings()).await;
    let left = world.left_by_a_killed_instance().await;
    assert!(world.pix().await.qr_code.is_some());
    assert_eq!(world.payment(left).await.qr_code, None, "its lease holds");
    world.clock.advance(LEFT_FOR);
    eventually(SOON, || async { world.payment(left).await.qr_code }).await;
    assert_eq!(world.provider.keys_of("create").len(), 2);
    world.stop().await;
}

async fn an_order_has_one_charge_through_both(url: String) {
    let world = World::on_mongo(&url, timings()).await;
    let beside = world.beside().await;
    let callers = [world.caller(), world.caller_of(&beside)];
    let body = body_for(OrderId::new(), "pix");
    let answers = join_all((0..8).map(|n| callers[n % 2].post("/payments", &body))).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(made, 1, "{answers:#?}");
    assert!(answers.iter().all(|answer| matches!(answer.status, 201 | 409)));
    beside.stop().await;
    world.stop().await;
}

async fn what_an_instance_leaves_the_other_does(url: String) {
    let world = World::on_mongo(&url, timings()).await;
    let beside = world.beside().await;
    let payment: Payment = world.caller_of(&beside).post("/payments", &body("pix")).await.expect(201).parse();
    world.orders.set_down(true);
    let provider_id = payment.provider_payment_id.clone().unwrap();
    world.provider.lock().set(&provider_id, "approved", "accredited");
    world.notify_beside(&beside, &provider_id).await.expect(200);
    world.reaches(payment.payment_id, PaymentStatus::Approved).await;
    world.orders.turned_away().await;
    beside.stop().await;
    world.orders.set_down(false);
    world.orders.told(payment.payment_id, PaymentStatus::Approved).await;
    world.stop().await;
}

async fn a_payment_that_somebody_damaged_spares_the_others(url: String) {
    let world = World::on_mongo(&url, reconciling()).await;
    let (damaged, other) = (world.pix().await, world.pix().await);
    let mongo = Mongo::connect(&url, &ConnectOptions::default()).await.unwrap();
    let payments = mongo.docs("payment", "payments", "a payment");
    let before = world.clock.now().millis();
    let damage = doc! { "$set": { "payment.amount": "Joaquim", "next_check_at": 1_i64 } };
    let found = payments.update(doc! { "_id": damaged.payment_id.to_string() }, damage).await.unwrap();
    assert!(found.unwrap());
    let asked = world.caller().expecting_faults().get(&format!("/payments/{}", damaged.payment_id)).await;
    asked.expect(500);
    let listed: Vec<Value> = world.admin().get("/payments").await.expect(200).parse();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["payment_id"], other.payment_id.to_string());
    // The reconciler reaches the other one, without a notification.
    world.provider.lock().set(&other.provider_payment_id.clone().unwrap(), "approved", "accredited");
    world.orders.told(other.payment_id, PaymentStatus::Approved).await;
    // It was put off, so that many of its kind do not fill a batch.
    let put_off = doc! { "_id": damaged.payment_id.to_string(), "next_check_at": { "$gt": before } };
    assert!(payments.get::<Document>(put_off).await.unwrap().is_some());
    mongo.close().await;
    world.stop().await;
}

/// Every question that the store asks reads what it answers with, and not the history.
async fn nothing_reads_the_history(url: String) {
    let world = World::on_mongo(&url, timings()).await;
    let payment = world.paid().await;
    world.stop().await;
    let mongo = Mongo::connect(&url, &ConnectOptions::default()).await.unwrap();
    let payments = mongo.docs("payment", "payments", "a payment");
    let history: Vec<Document> = (0..1000)
        .map(|n| doc! { "_id": format!("old-{n}"), "order_id": format!("o-{n}"), "live": false, "status": "approved" })
        .collect();
    let collection = payments.raw().clone_with_type::<Document>();
    mongo.run(async move { collection.insert_many(history).await }).await.unwrap();
    let provider_id = payment.provider_payment_id.unwrap();
    for (filter, sort) in [
        (doc! { "order_id": payment.order_id.to_string(), "live": true }, doc! {}),
        (doc! { "key_scope": "a key" }, doc! {}),
        (doc! { "provider_payments": provider_id, "provider_payments.0": { "$exists": true } }, doc! {}),
        (doc! { "order_id": payment.order_id.to_string() }, doc! { "_id": -1 }),
        (doc! { "customer_id": "nobody" }, doc! { "_id": -1 }),
        (doc! { "status": "pending" }, doc! { "_id": -1 }),
        (doc! { "next_check_at": { "$lte": i64::MAX } }, doc! { "next_check_at": 1 }),
    ] {
        let find = doc! { "find": payments.name(), "filter": &filter, "sort": sort };
        let explain = doc! { "explain": find, "verbosity": "executionStats" };
        let database = mongo.database().clone();
        let plan = mongo.run(async move { database.run_command(explain).await }).await.unwrap();
        let stats = plan.get_document("executionStats").unwrap();
        assert!(stats.get_i32("totalDocsExamined").unwrap() <= 2, "{filter}: {stats}");
    }
    mongo.close().await;
}

macro_rules! on_both {
    ($($case:ident)*) => {
        mod mongo_standalone {
            $(#[tokio::test]
            async fn $case() {
                let Some(url) = super::database(super::Kind::Standalone) else { return };
                super::$case(url).await;
            })*
        }
        mod mongo_replica_set {
            $(#[tokio::test]
            async fn $case() {
                let Some(url) = super::database(super::Kind::ReplicaSet) else { return };
                super::$case(url).await;
            })*
        }
    };
}

on_both! {
    what_a_killed_instance_had_begun_is_taken_over_after_its_lease
    each_charge_is_asked_for_once_through_both
    an_order_has_one_charge_through_both
    what_an_instance_leaves_the_other_does
    a_payment_that_somebody_damaged_spares_the_others
    nothing_reads_the_history
}

/// Asks for charges until told, counts and notes those that were answered with 201. Anything but that and 503 ends the
/// test.
async fn ask_on(caller: Caller, count: Arc<AtomicUsize>, stop: CancellationToken) -> Vec<Payment> {
    let caller = caller.expecting_faults();
    let mut made = Vec::new();
    while !stop.is_cancelled() {
        let answer = caller.post("/payments", &body("pix")).await;
        match answer.status {
            201 => {
                made.push(answer.parse());
                count.fetch_add(1, Ordering::Relaxed);
            }
            503 => tokio::task::yield_now().await,
            _ => panic!("neither done nor unavailable: {answer:#?}"),
        }
    }
    made
}

async fn what_was_answered_outlives_a_killed_server(kind: Kind) {
    let dir = testkit::temp_dir();
    let server = match Server::run(Some(dir.path()), kind, &[]) {
        Ok(server) => server,
        Err(why) => return skip(&why),
    };
    // What was under way when the server was killed is held that long.
    let timings = Timings { lease: Timings::default().lease, ..timings() };
    let world = World::on_mongo(&server.database("outage"), timings).await;
    let beside = world.beside().await;
    let (count, stop) = (Arc::new(AtomicUsize::new(0)), CancellationToken::new());
    let askers: Vec<_> = [world.caller(), world.caller_of(&beside), world.caller(), world.caller_of(&beside)]
        .map(|caller| tokio::spawn(ask_on(caller, count.clone(), stop.clone())))
        .into();
    let made = || count.load(Ordering::Relaxed);
    eventually(SOON, || async { (made() >= 20).then_some(()) }).await;
    let path = dir.path().to_owned();
    tokio::task::spawn_blocking(move || {
        Server::kill(&path);
        Server::start_again(&path, kind);
    })
    .await
    .unwrap();
    let before = made();
    eventually(SOON, || async { (made() >= before + 20).then_some(()) }).await;
    stop.cancel();
    let made: Vec<Payment> = join_all(askers).await.into_iter().flat_map(Result::unwrap).collect();
    for payment in &made {
        // Each is there, and its charge is made, also of those whose answer came before the charge.
        eventually(Duration::from_secs(90), || async { world.payment(payment.payment_id).await.qr_code }).await;
    }
    let keys: Vec<String> =
        world.provider.lock().payments.values().map(|p| p["external_reference"].to_string()).collect();
    let distinct: HashSet<&String> = keys.iter().collect();
    assert_eq!(distinct.len(), keys.len(), "nobody is charged twice");
    beside.stop().await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_outlives_a_killed_standalone_server() {
    what_was_answered_outlives_a_killed_server(Kind::Standalone).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_outlives_a_killed_replica_set() {
    what_was_answered_outlives_a_killed_server(Kind::ReplicaSet).await;
}
