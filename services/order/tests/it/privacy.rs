//! A person is taken out of their orders, in the store too.

use std::sync::Arc;
use std::time::Duration;

use api::order::{ErasedOrders, Order};
use domain::{CustomerId, OrderStatus, Role, SystemClock};
use serde_json::json;
use store::mongo::ConnectOptions;
use store::mongo::bson::{Document, doc};
use store::{Mongo, StoreUrl};
use testkit::mongo::Kind;

use crate::kit::Shop;
use crate::peer::Mood;
use crate::stores::on_mongo_url;

/// What must be nowhere afterwards; the person's id is the other thing.
const TRACES: [&str; 6] =
    ["Benedita", "bene@example.com", "sem pimenta", "mudei de ideia", "ligou a Dita", "chave-da-bene"];

async fn nothing_is_left_of_a_person(url: StoreUrl) -> (Shop, CustomerId) {
    let shop = Shop::on(url, Arc::new(SystemClock)).await;
    let (bene, ana) = (CustomerId::new(), CustomerId::new());
    // What was to be sent still waits, with its reasons.
    shop.peer.mood(Mood::Down);
    let product = shop.product("X-Burger").await.id;
    let body = json!({"pickup_name": "Benedita", "email": "bene@example.com", "order_items": [
        {"product_id": product, "quantity": 1, "comment": "sem pimenta"}]});
    let place = async |who: CustomerId, key: &str| -> Order {
        let caller = shop.customer(who, "password");
        let request = caller.request(http::Method::POST, "/orders").header("idempotency-key", key);
        caller.send(request.json(&body)).await.expect(201).parse()
    };
    let (first, second, other) = (place(bene, "a").await, place(bene, "b").await, place(ana, "a").await);
    // What a kiosk asks for in their name, with a key that names them.
    let kiosk = shop.a(Role::Kiosk);
    let keyed = |path: &str| kiosk.request(http::Method::POST, path).header("idempotency-key", "chave-da-bene");
    let mut named = body.clone();
    named["customer_id"] = json!(bene);
    let third: Order = kiosk.send(keyed("/orders").json(&named)).await.expect(201).parse();
    let again = keyed(&format!("/orders/{}/payment", third.id)).json(&json!({"payment_method": "pix"}));
    kiosk.send(again).await.expect(200);
    let path = format!("/orders/{}", first.id);
    let why = json!({"status": "cancelled", "reason": "mudei de ideia"});
    shop.customer(bene, "password").patch(&path, &why).await.expect(200);
    let again = shop.customer(bene, "password");
    let again = again.request(http::Method::POST, &format!("/orders/{}/payment", second.id));
    let again = again.header("idempotency-key", "c").json(&json!({"payment_method": "pix"}));
    shop.customer(bene, "password").send(again).await.expect(200);
    shop.to(second.id, "paid").await;
    let why = json!({"status": "cancelled", "reason": "ligou a Dita"});
    shop.a(Role::Admin).patch(&format!("/orders/{}", second.id), &why).await.expect(200);

    let erase = format!("/internal/customers/{bene}/erase");
    shop.a(Role::Admin).post(&erase, &json!({})).await.expect(403);
    let receipt: ErasedOrders = shop.a(Role::Service).post(&erase, &json!({})).await.expect(200).parse();
    assert_eq!((receipt.customer_id, receipt.orders), (bene, 3));
    let again: ErasedOrders = shop.a(Role::Service).post(&erase, &json!({})).await.expect(200).parse();
    assert_eq!(again.orders, 0);

    for order in [&first, &second, &third] {
        let id = order.id;
        let now = shop.order(id).await;
        assert_eq!((now.customer_id, now.number, now.amount), (None, order.number, order.amount));
        let told = shop.a(Role::Admin).get(&format!("/orders/{id}")).await.expect(200).text
            + &shop.a(Role::Admin).get(&format!("/orders/{id}/tracking")).await.expect(200).text;
        assert!(!TRACES.iter().any(|trace| told.contains(trace)) && !told.contains(&bene.to_string()), "{told}");
        shop.customer(bene, "password").get(&format!("/orders/{id}")).await.expect(404);
    }
    let stays = shop.order(other.id).await;
    assert_eq!((stays.customer_id, stays.pickup_name.as_deref()), (Some(ana), Some("Benedita")));
    // What waited is done all the same.
    let gone: ErasedOrders =
        shop.a(Role::Service).post(&format!("/internal/customers/{ana}/erase"), &json!({})).await.expect(200).parse();
    assert_eq!(gone.orders, 1);
    shop.peer.mood(Mood::Up);
    shop.until(second.id, |order| order.status == OrderStatus::Refunded || order.payment_id.is_some()).await;
    (shop, bene)
}

#[tokio::test]
async fn sqlite() {
    let dir = testkit::temp_dir();
    let url = format!("sqlite:{}", dir.path().join("order.db").display()).parse().unwrap();
    let (mut shop, bene) = nothing_is_left_of_a_person(url).await;
    for file in std::fs::read_dir(dir.path()).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        for trace in TRACES.iter().map(|trace| (*trace).to_owned()).chain([bene.to_string()]) {
            let found = bytes.windows(trace.len()).any(|window| window == trace.as_bytes());
            assert!(!found, "{trace:?} is still in {}", path.display());
        }
    }
    shop.close().await;
}

#[tokio::test]
async fn mongo() {
    on_mongo_url(Kind::ReplicaSet, async |url| {
        let (mut shop, bene) = nothing_is_left_of_a_person(url.clone()).await;
        shop.close().await;
        let StoreUrl::Mongo(url) = url else { unreachable!("a server's database") };
        let mongo = Mongo::connect(&url, &ConnectOptions::default()).await.unwrap();
        let limit = Duration::from_secs(20);
        let database = mongo.database().clone();
        let all = mongo.run(async move {
            let mut told = String::new();
            for name in database.list_collection_names().await? {
                let mut found = database.collection::<Document>(&name).find(doc! {}).max_time(limit).await?;
                while found.advance().await? {
                    told += &found.deserialize_current()?.to_string();
                }
            }
            Ok(told)
        });
        let all = all.await.unwrap();
        assert!(all.contains("apagado"));
        for trace in TRACES.iter().map(|trace| (*trace).to_owned()).chain([bene.to_string()]) {
            assert!(!all.contains(&trace), "{trace:?} is still there");
        }
        mongo.close().await;
    })
    .await;
}
