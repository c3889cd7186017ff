//! A server that is killed under load and comes back.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use api::order::Order;
use domain::{OrderId, PaymentMethod, Role};
use serde_json::Value;
use store::StoreUrl;
use testkit::mongo::{Kind, Server, skip};
use testkit::{Answer, Caller, eventually};

use crate::kit::{Shop, morning};

const PATIENT: Duration = Duration::from_secs(60);
const KIOSKS: usize = 4;
const ENOUGH: usize = 25;

/// What the kiosks were told, by their keys: nothing where the answer was 503.
#[derive(Default)]
struct Rush {
    told: Mutex<HashMap<String, Option<(OrderId, u32)>>>,
    placed: AtomicUsize,
    refused: AtomicUsize,
    over: AtomicBool,
}

async fn place(kiosk: &Caller, key: &str, body: &Value) -> Answer {
    kiosk.send(kiosk.request(http::Method::POST, "/orders").header("idempotency-key", key).json(body)).await
}

/// One kiosk: each order under a key of its own.
async fn rush(kiosk: Caller, name: usize, body: Value, rush: Arc<Rush>) {
    for n in 0.. {
        if rush.over.load(Ordering::Relaxed) {
            return;
        }
        let key = format!("{name}-{n}");
        let answer = place(&kiosk, &key, &body).await;
        let told = match answer.status {
            201 => {
                rush.placed.fetch_add(1, Ordering::Relaxed);
                let order: Order = answer.parse();
                Some((order.id, order.number))
            }
            _ => {
                answer.refused(api::ProblemKind::StoreUnavailable);
                rush.refused.fetch_add(1, Ordering::Relaxed);
                None
            }
        };
        rush.told.lock().unwrap().insert(key, told);
    }
}

async fn until(counter: &AtomicUsize, many: usize) {
    eventually(PATIENT, || async { (counter.load(Ordering::Relaxed) >= many).then_some(()) }).await;
}

async fn blocking(what: impl FnOnce(PathBuf) + Send + 'static, dir: &std::path::Path) {
    let dir = dir.to_owned();
    tokio::task::spawn_blocking(move || what(dir)).await.unwrap();
}

async fn a_server_killed_under_load_loses_no_order(kind: Kind) {
    let dir = testkit::temp_dir();
    let server = match Server::run(Some(dir.path()), kind, &[]) {
        Ok(server) => server,
        Err(why) => return skip(&why),
    };
    let mut shop = Shop::on(StoreUrl::Mongo(server.database("outage")), morning()).await;
    let body = shop.body(PaymentMethod::Counter).await;
    let kiosk = shop.nobody().with_token(shop.mint.token_for("totem", Role::Kiosk, None)).expecting_faults();
    let state = Arc::new(Rush::default());
    let kiosks: Vec<_> =
        (0..KIOSKS).map(|name| tokio::spawn(rush(kiosk.clone(), name, body.clone(), state.clone()))).collect();
    until(&state.placed, ENOUGH).await;
    blocking(|dir| Server::kill(&dir), dir.path()).await;
    until(&state.refused, KIOSKS).await;
    let kitchen = shop.a(Role::Kitchen).expecting_faults();
    kitchen.get("/orders/queue").await.refused(api::ProblemKind::StoreUnavailable);
    blocking(move |dir| Server::start_again(&dir, kind), dir.path()).await;
    let before = state.placed.load(Ordering::Relaxed);
    until(&state.placed, before + ENOUGH).await;
    state.over.store(true, Ordering::Relaxed);
    for kiosk in kiosks {
        kiosk.await.unwrap();
    }

    let told = state.told.lock().unwrap().clone();
    for (id, number) in told.values().flatten() {
        assert_eq!(shop.order(*id).await.number, *number, "an order that was answered with 201 is there");
    }
    // Who asks again with the key gets the order that there may be, or a new one.
    let mut ids = HashSet::new();
    let mut numbers = HashSet::new();
    for key in told.keys() {
        let order: Order = place(&kiosk, key, &body).await.expect(201).parse();
        assert!(ids.insert(order.id) && numbers.insert(order.number), "one order and one number for each key");
    }
    let all = shop.a(Role::Admin).get("/orders").await.expect(200);
    assert_eq!(all.header("x-total-count"), Some(told.len().to_string().as_str()));
    shop.close().await;
}

#[tokio::test]
async fn mongo_standalone_a_server_killed_under_load_loses_no_order() {
    a_server_killed_under_load_loses_no_order(Kind::Standalone).await;
}

#[tokio::test]
async fn mongo_replica_set_a_server_killed_under_load_loses_no_order() {
    a_server_killed_under_load_loses_no_order(Kind::ReplicaSet).await;
}
