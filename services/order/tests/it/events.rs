//! The stream of changes.

use std::sync::Arc;
use std::time::Duration;

use api::ProblemKind;
use api::order::QueueEntry;
use domain::{Clock as _, ManualClock, OrderStatus, Role, SystemClock};
use testkit::mongo::Kind;

use crate::kit::{SOON, Shop};
use crate::stores::on_mongo_url;

#[derive(Debug)]
struct Event {
    kind: String,
    id: String,
    data: String,
}

/// A connection to the stream, read event by event.
macro_rules! listen {
    ($shop:expr, $last:expr) => {{ listen!($shop, $last, $shop.mint.token(Role::Kitchen)) }};
    ($shop:expr, $last:expr, $token:expr) => {{
        let kitchen = $shop.nobody().with_token($token);
        let mut request = kitchen.request(http::Method::GET, "/orders/events");
        if let Some(last) = $last {
            request = request.header("last-event-id", last);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        (response, String::new())
    }};
}

macro_rules! next {
    ($stream:expr) => {{
        let (response, text) = &mut $stream;
        tokio::time::timeout(SOON, async {
            loop {
                if let Some((event, rest)) = text.split_once("\n\n").map(|(e, r)| (e.to_owned(), r.to_owned())) {
                    *text = rest;
                    match parse(&event) {
                        Some(event) => break event,
                        None => continue,
                    }
                }
                let chunk = response.chunk().await.unwrap().expect("the stream goes on");
                text.push_str(std::str::from_utf8(&chunk).unwrap());
            }
        })
        .await
        .expect("an event in time")
    }};
}

fn parse(text: &str) -> Option<Event> {
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        Some(line.trim_start().to_owned())
    };
    Some(Event { kind: field("event")?, id: field("id")?, data: field("data")? })
}

fn entry(event: &Event) -> QueueEntry {
    assert_eq!(event.kind, "order");
    serde_json::from_str(&event.data).unwrap()
}

/// What one instance does, the listeners of another hear.
async fn changes_at_another_instance_are_told(kind: Kind) {
    on_mongo_url(kind, async |url| {
        let shop = Shop::on(url, Arc::new(SystemClock)).await;
        let mut other = shop.beside().await;
        let mut stream = listen!(shop, None::<&str>);
        let order = other.paid().await;
        for step in ["preparing", "ready_for_pickup", "delivered"] {
            other.to(order.id, step).await;
        }
        let mut last = (OrderStatus::Requested, 0);
        while last.0 != OrderStatus::Delivered {
            let entry = entry(&next!(stream));
            assert_eq!(entry.id, order.id);
            assert!(entry.version > last.1, "told in order, and each once");
            last = (entry.status, entry.version);
        }
        drop(stream);
        other.close().await;
        let mut shop = shop;
        shop.close().await;
    })
    .await;
}

#[tokio::test]
async fn mongo_standalone_changes_at_another_instance_are_told() {
    changes_at_another_instance_are_told(Kind::Standalone).await;
}

#[tokio::test]
async fn mongo_replica_set_changes_at_another_instance_are_told() {
    changes_at_another_instance_are_told(Kind::ReplicaSet).await;
}

#[tokio::test]
async fn each_change_is_told_after_its_commit() {
    let shop = Shop::open().await;
    let order = shop.paid().await;
    let mut stream = listen!(shop, None::<&str>);
    shop.to(order.id, "preparing").await;
    shop.to(order.id, "ready_for_pickup").await;
    let (first, second) = (entry(&next!(stream)), entry(&next!(stream)));
    assert_eq!((first.id, first.status), (order.id, OrderStatus::Preparing));
    assert_eq!((second.status, second.version), (OrderStatus::ReadyForPickup, first.version + 1));
}

#[tokio::test]
async fn it_resumes_where_the_listener_stopped_even_after_a_restart() {
    let shop = Shop::open().await;
    let order = shop.paid().await;
    let mut stream = listen!(shop, None::<&str>);
    shop.to(order.id, "preparing").await;
    let last = next!(stream).id;
    drop(stream);
    let missed = shop.paid().await;
    let shop = shop.reopen().await;
    let mut stream = listen!(shop, Some(last.as_str()));
    loop {
        let told = entry(&next!(stream));
        if told.id == missed.id && told.status == OrderStatus::Paid {
            break;
        }
    }
    shop.to(missed.id, "preparing").await;
    loop {
        let told = entry(&next!(stream));
        if told.id == missed.id && told.status == OrderStatus::Preparing {
            break;
        }
    }
}

#[tokio::test]
async fn who_missed_too_much_is_told_to_read_the_queue_again() {
    let shop = Shop::open().await;
    let long_ago = (shop.clock.now().millis() - 3_600_001).to_string();
    for last in [long_ago.as_str(), "nonsense"] {
        let mut stream = listen!(shop, Some(last));
        assert_eq!(next!(stream).kind, "reset");
    }
    shop.a(Role::Kiosk).get("/orders/events").await.refused(ProblemKind::Forbidden);
}

#[tokio::test]
async fn it_ends_with_the_token() {
    let clock = Arc::new(ManualClock::new(SystemClock.now()));
    let shop = Shop::with(clock.clone()).await;
    let mut stream = listen!(shop, None::<&str>);
    let order = shop.paid().await;
    while entry(&next!(stream)).status != OrderStatus::Paid {}
    clock.advance(Duration::from_secs(400 * 24 * 3600));
    let ends = async { while stream.0.chunk().await.is_ok_and(|chunk| chunk.is_some()) {} };
    tokio::time::timeout(SOON, ends).await.expect("it ends");
    assert_eq!(shop.order(order.id).await.id, order.id, "a new token goes on");
}

#[tokio::test]
async fn it_ends_when_the_token_is_taken_back() {
    let shop = Shop::open().await;
    let claims = shop.mint.claims(Role::Kitchen);
    let mut stream = listen!(shop, None::<&str>, shop.mint.sign(&claims));
    let mut goes_on = listen!(shop, None::<&str>);
    shop.revoked.take_back(&claims);
    let ends = async { while stream.0.chunk().await.is_ok_and(|chunk| chunk.is_some()) {} };
    tokio::time::timeout(SOON, ends).await.expect("it ends");
    let order = shop.paid().await;
    while entry(&next!(goes_on)).id != order.id {}
}

#[tokio::test]
async fn a_stream_too_many_is_put_off_until_one_ends() {
    let (dir, mint) = (testkit::temp_dir(), testkit::Mint::new());
    let nowhere: url::Url = "http://127.0.0.1:9/".parse().unwrap();
    let store = store::StoreUrl::Sqlite(dir.path().join("order.db"));
    let rules = web::TokenRules::default();
    let mut settings = order::Settings::new(store, nowhere.clone(), nowhere, "secret".into(), rules).unwrap();
    settings.keys = Some(mint.keys());
    settings.limits.event_streams = 1;
    let running = testkit::spawn(order::Service::open(settings).await.unwrap().router());
    let kitchen = running.caller().with_token(mint.token(Role::Kitchen));
    let open = || kitchen.request(http::Method::GET, "/orders/events").send();

    let first = open().await.unwrap();
    assert_eq!(first.status(), 200);
    kitchen.expecting_faults().get("/orders/events").await.refused(ProblemKind::Overloaded);
    kitchen.get("/orders/queue").await.expect(200);
    drop(first);
    testkit::eventually(SOON, || async { (open().await.unwrap().status() == 200).then_some(()) }).await;
}
