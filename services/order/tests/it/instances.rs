//! Several instances of the service on one database.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use api::order::{NewLine, NewOrder, Order, TrackingActor};
use domain::{Clock, ManualClock, OrderStatus, PaymentMethod, Role, Timestamp};
use futures_util::future::join_all;
use order::Menu;
use order::order::Placing;
use order::store::{Inserted, MongoStore, Store};
use serde_json::{Value, json};
use store::mongo::ConnectOptions;
use store::{NewWork, StoreUrl};
use testkit::mongo::Kind;
use testkit::{Answer, eventually};

use crate::kit::{SOON, Shop, morning};
use crate::peer::Mood;
use crate::stores::on_mongo_url;

const LEASE: Duration = Duration::from_secs(30);

/// Two that start at once, on a database without anything, and load the same menu.
async fn two(url: StoreUrl) -> [Shop; 2] {
    Shop::two_on(url, morning()).await
}

async fn close(shops: [Shop; 2]) {
    for mut shop in shops {
        shop.close().await;
    }
}

async fn place(shop: &Shop, key: &str, body: &Value) -> Answer {
    let kiosk = shop.nobody().with_token(shop.mint.token_for("totem", Role::Kiosk, None));
    kiosk.send(kiosk.request(http::Method::POST, "/orders").header("idempotency-key", key).json(body)).await
}

async fn queue(shop: &Shop) -> (String, Value) {
    let answer = shop.a(Role::Kitchen).get("/orders/queue").await.expect(200);
    (answer.header("etag").unwrap().to_owned(), answer.json)
}

async fn numbers_are_unique_through_both(url: StoreUrl) {
    let shops = two(url).await;
    let body = shops[0].body(PaymentMethod::Counter).await;
    let keys: Vec<String> = (0..24).map(|n| format!("k{n}")).collect();
    let placed = join_all(keys.iter().enumerate().map(|(n, key)| place(&shops[n % 2], key, &body))).await;
    let numbers: HashSet<u32> = placed.into_iter().map(|answer| answer.expect(201).parse::<Order>().number).collect();
    assert_eq!(numbers.len(), 24);
    for shop in &shops {
        assert_eq!(shop.a(Role::Admin).get("/orders").await.expect(200).header("x-total-count"), Some("24"));
    }
    close(shops).await;
}

async fn one_key_makes_one_order_through_both(url: StoreUrl) {
    let shops = two(url).await;
    let body = shops[0].body(PaymentMethod::Pix).await;
    let answers = join_all((0..12).map(|n| place(&shops[n % 2], "same", &body))).await;
    let answers: Vec<Answer> = answers.into_iter().map(|answer| answer.expect(201)).collect();
    let ids: HashSet<_> = answers.iter().map(|answer| answer.parse::<Order>().id).collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.header("idempotent-replayed").is_none()).count(), 1);
    assert_eq!(shops[0].peer.log().charges.len(), 1);
    close(shops).await;
}

async fn queues_and_tags_agree(url: StoreUrl) {
    let shops = two(url).await;
    let mut orders = Vec::new();
    for n in 0..6 {
        orders.push(shops[n % 2].paid().await);
    }
    shops[0].to(orders[1].id, "preparing").await;
    shops[1].to(orders[0].id, "preparing").await;
    shops[1].to(orders[0].id, "ready_for_pickup").await;
    shops[0].to(orders[2].id, "cancelled").await;
    shops[1].to(orders[3].id, "preparing").await;
    let expected = 5;
    let (tag, shown) = eventually(SOON, || async {
        let (one, other) = (queue(&shops[0]).await, queue(&shops[1]).await);
        let whole = one.1.as_array().is_some_and(|queue| queue.len() == expected);
        (whole && one == other && one.1[0]["status"] == "ready_for_pickup").then_some(one)
    })
    .await;
    // An instance that comes later reads the same from the store alone.
    let mut third = shops[0].beside().await;
    assert_eq!(queue(&third).await, (tag.clone(), shown));
    let panels = [&shops[0], &shops[1], &third].map(|shop| async { shop.nobody().get("/orders/panel").await });
    let tags: HashSet<String> =
        join_all(panels).await.iter().map(|panel| panel.header("etag").unwrap().to_owned()).collect();
    assert_eq!(tags.len(), 1);
    third.to(orders[4].id, "preparing").await;
    eventually(SOON, || async {
        let (one, other) = (queue(&shops[0]).await, queue(&shops[1]).await);
        (one.0 != tag && one == other).then_some(())
    })
    .await;
    third.close().await;
    close(shops).await;
}

async fn the_menu_is_the_same_everywhere(url: StoreUrl) {
    let shops = two(url).await;
    let path = format!("/products/{}", shops[0].product("Água").await.id);
    shops[1].a(Role::Admin).patch(&path, &json!({"price": 4.5, "enabled": false})).await.expect(200);
    eventually(SOON, || async {
        let water = shops[0].product("Água").await;
        (water.price.centavos() == 450 && !water.enabled).then_some(())
    })
    .await;
    let name = json!({"name": "água", "price": 3, "category_id": shops[0].product("Água").await.category_id});
    let refused = shops[0].a(Role::Admin).post("/products", &name).await;
    refused.refused(api::ProblemKind::Conflict);
    close(shops).await;
}

/// Who adds something through one and changes it through the other at once need not know that there are two.
async fn what_one_added_the_other_changes_at_once(url: StoreUrl) {
    let shops = two(url).await;
    for n in 0..5 {
        let category = json!({"name": format!("Novidades {n}")});
        let category = shops[0].a(Role::Admin).post("/categories", &category).await.expect(201).json["id"].clone();
        let path = format!("/categories/{}", category.as_str().unwrap());
        shops[1].a(Role::Admin).patch(&path, &json!({"position": 90 + n})).await.expect(200);
        let product = json!({"name": format!("Novidade {n}"), "price": 5, "category_id": category});
        let product = shops[0].a(Role::Admin).post("/products", &product).await.expect(201).json["id"].clone();
        let path = format!("/products/{}", product.as_str().unwrap());
        shops[1].a(Role::Admin).patch(&path, &json!({"enabled": false})).await.expect(200);
        shops[1].a(Role::Admin).delete(&path).await.expect(204);
        shops[0].a(Role::Admin).patch(&path, &json!({"enabled": true})).await.refused(api::ProblemKind::NotFound);
    }
    close(shops).await;
}

/// An order whose first errand is leased by an instance that is killed before it can do it.
async fn left_behind(url: &StoreUrl, menu: &Menu, now: Timestamp) -> domain::OrderId {
    let StoreUrl::Mongo(url) = url else { unreachable!("a server's database") };
    let killed = MongoStore::open(url, &ConnectOptions::default()).await.unwrap();
    let order_items = vec![NewLine { product_id: menu.products()[0].id, quantity: 1, comment: None }];
    let payment_method = Some(PaymentMethod::Pix);
    let body = NewOrder { customer_id: None, order_items, payment_method, email: None, pickup_name: None };
    let actor = TrackingActor::new(Role::Kiosk, "totem");
    let (day, expires_after) = ("2026-09-21".to_owned(), Duration::from_secs(1800));
    let placing = Placing { customer_id: None, actor, now, day, expires_after, request: None };
    let (order, errand) = order::order::Order::place(&body, menu, placing).unwrap();
    let entry = NewWork::new(order.id, "charge", serde_json::to_value(errand).unwrap(), now).leased_for(LEASE);
    let inserted = killed.insert(order, Some(entry)).await.unwrap();
    assert!(matches!(&inserted, Inserted::New(_, Some(_))), "{inserted:?}");
    let Inserted::New(order, _) = inserted else { unreachable!() };
    order.id
}

/// Whose errands anybody could do now.
async fn due(url: &StoreUrl, now: Timestamp) -> Vec<String> {
    let StoreUrl::Mongo(url) = url else { unreachable!("a server's database") };
    let store = MongoStore::open(url, &ConnectOptions::default()).await.unwrap();
    let claimed = store.outbox().claim(now, Duration::ZERO, 100).await.unwrap();
    store.close().await;
    claimed.into_iter().map(|work| work.aggregate).collect()
}

async fn what_a_killed_instance_had_claimed_comes_back(url: StoreUrl) {
    let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_790_000_000_000)));
    let mut shop = Shop::on(url.clone(), clock.clone()).await;
    let product = shop.product("X-Burger").await;
    let left = left_behind(&url, &Menu::new(Vec::new(), vec![product]), clock.now()).await;
    // Starting another instance does not touch the lease either.
    let mut other = shop.beside().await;
    shop.peer.mood(Mood::Down);
    let own = shop.place(PaymentMethod::Pix).await;
    shop.peer.mood(Mood::Up);
    clock.advance(Duration::from_secs(9));
    shop.until(own.id, |order| order.qr_code.is_some()).await;
    let due = due(&url, clock.now()).await;
    assert!(!due.contains(&left.to_string()), "its lease holds");
    assert!(!shop.peer.log().creates.iter().any(|(body, _)| body.order_id == left));
    clock.advance(LEASE);
    let done = other.until(left, |order| order.qr_code.is_some()).await;
    assert_eq!(done.status, OrderStatus::Requested);
    assert_eq!(shop.peer.log().creates.iter().filter(|(body, _)| body.order_id == left).count(), 1);
    other.close().await;
    shop.close().await;
}

macro_rules! on_mongo {
    ($($case:ident),* $(,)?) => {
        mod mongo_standalone {
            use super::*;
            $(#[tokio::test]
            async fn $case() {
                on_mongo_url(Kind::Standalone, super::$case).await;
            })*
        }
        mod mongo_replica_set {
            use super::*;
            $(#[tokio::test]
            async fn $case() {
                on_mongo_url(Kind::ReplicaSet, super::$case).await;
            })*
        }
    };
}

on_mongo! {
    numbers_are_unique_through_both,
    one_key_makes_one_order_through_both,
    queues_and_tags_agree,
    the_menu_is_the_same_everywhere,
    what_one_added_the_other_changes_at_once,
    what_a_killed_instance_had_claimed_comes_back,
}
