//! Closing and opening again loses nothing, and what was promised is done.

use std::sync::Arc;

use api::order::Order;
use domain::{OrderStatus, PaymentMethod, Role, SystemClock};
use order::store::{SqliteStore, Store as _};
use serde_json::Value;

use crate::kit::{Shop, notice};
use crate::peer::Mood;

#[tokio::test]
async fn reopening_keeps_everything() {
    let shop = Shop::open().await;
    let paid = shop.paid().await;
    let cooking = shop.paid().await;
    shop.to(cooking.id, "preparing").await;
    let queue = shop.a(Role::Kitchen).get("/orders/queue").await.expect(200);
    let menu: Value = shop.nobody().get("/products").await.expect(200).json;
    let rows = shop.tracking(cooking.id).await;
    let shop = shop.reopen().await;
    let again = shop.a(Role::Kitchen).get("/orders/queue").await.expect(200);
    assert_eq!((again.header("etag"), &again.json), (queue.header("etag"), &queue.json));
    assert_eq!(shop.nobody().get("/products").await.expect(200).json, menu);
    assert_eq!(shop.order(paid.id).await, paid);
    assert_eq!(shop.tracking(cooking.id).await, rows);
    assert_eq!(shop.place(PaymentMethod::Counter).await.number, 3);
}

#[tokio::test]
async fn a_charge_that_was_promised_is_asked_for_after_a_restart() {
    let shop = Shop::open().await;
    shop.peer.mood(Mood::Down);
    let order = shop.place(PaymentMethod::Pix).await;
    let shop = shop.reopen().await;
    assert_eq!(shop.order(order.id).await.status, OrderStatus::Requested);
    shop.peer.mood(Mood::Up);
    let order = shop.until(order.id, |order| order.qr_code.is_some()).await;
    shop.tell(order.id, &notice(&order, 2, domain::PaymentStatus::Approved)).await;
    assert_eq!(shop.order(order.id).await.status, OrderStatus::Paid);
}

#[tokio::test]
async fn it_says_what_it_needs_and_what_it_has_to_do() {
    let shop = Shop::open().await;
    let ready = shop.nobody().ready().await;
    assert_eq!(ready.json["dependencies"][0]["name"], "store");
    assert_eq!(shop.nobody().get("/health").await.expect(200).json["service"], "order");
    let metrics = shop.nobody().get("/metrics").await.expect(200).text;
    for name in ["order_outbox_open", "order_outbox_dead", "order_outbox_oldest_seconds", "orders_open"] {
        assert!(metrics.contains(name), "{name}");
    }
    let document = order::openapi();
    for (path, item) in &document.paths.paths {
        let text = serde_json::to_value(item).unwrap();
        for (method, operation) in text.as_object().unwrap() {
            assert!(!operation["responses"]["default"].is_null(), "{method} {path} has no default answer");
        }
    }
}

#[tokio::test]
async fn a_damaged_order_is_left_out_and_the_rest_goes_on() {
    let dir = testkit::temp_dir();
    let path = dir.path().join("order.db");
    let shop = Shop::on(format!("sqlite:{}", path.display()).parse().unwrap(), Arc::new(SystemClock)).await;
    let (damaged, sound) = (shop.paid().await, shop.paid().await);
    let file = rusqlite::Connection::open(&path).unwrap();
    file.busy_timeout(crate::kit::SOON).unwrap();
    let damage = "UPDATE orders SET body = json_set(body, '$.amount', 'Joaquim') WHERE id = ?1";
    assert_eq!(file.execute(damage, [damaged.id.to_string()]).unwrap(), 1);
    // What the log says of it names the order and the place, and nothing that is in it.
    let store = SqliteStore::open(&path).unwrap();
    let error = format!("{:?}", store.order(damaged.id).await.unwrap_err());
    store.close().await;
    assert!(error.contains(&damaged.id.to_string()) && error.contains("line 1 column"), "{error}");
    assert!(!error.contains("Joaquim"), "{error}");
    let list = shop.a(Role::Admin).get("/orders").await.expect(200);
    let found: Vec<Order> = list.parse();
    assert_eq!(found.iter().map(|order| order.id).collect::<Vec<_>>(), [sound.id]);
    let paid = shop.a(Role::Admin).get("/orders?status=paid&limit=1").await.expect(200);
    assert_eq!(paid.header("x-total-count"), Some("2"), "it is still there");
    let path = format!("/orders/{}", damaged.id);
    shop.a(Role::Admin).expecting_faults().get(&path).await.refused(api::ProblemKind::Internal);
    // A start finds the others too.
    let shop = shop.reopen().await;
    let queue = shop.a(Role::Kitchen).get("/orders/queue").await.expect(200);
    assert_eq!(queue.json.as_array().unwrap().len(), 1);
    assert_eq!(queue.json[0]["id"], sound.id.to_string());
}
