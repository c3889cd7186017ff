//! The kitchen's queue and the pick-up screen.

use api::ProblemKind;
use api::order::{Panel, QueueEntry};
use domain::{OrderStatus, PaymentMethod, Role};
use serde_json::json;
use testkit::Answer;

use crate::kit::{SOON, Shop};

async fn queue(shop: &Shop) -> Vec<(u32, OrderStatus)> {
    let entries: Vec<QueueEntry> = shop.a(Role::Kitchen).get("/orders/queue").await.expect(200).parse();
    entries.iter().map(|entry| (entry.number, entry.status)).collect()
}

async fn ask(shop: &Shop, path: &str, tag: &str) -> Answer {
    let kitchen = shop.a(Role::Kitchen);
    kitchen.send(kitchen.request(http::Method::GET, path).header("if-none-match", tag)).await
}

#[tokio::test]
async fn ready_then_preparing_then_paid_and_the_oldest_first() {
    use OrderStatus::{Paid, Preparing, ReadyForPickup};
    let shop = Shop::open().await;
    let mut ids = Vec::new();
    for _ in 0..6 {
        ids.push(shop.paid().await.id);
    }
    shop.place(PaymentMethod::Pix).await;
    for (order, steps) in [(5, 2), (4, 1), (3, 2), (2, 1), (1, 3)] {
        for step in ["preparing", "ready_for_pickup", "delivered"].iter().take(steps) {
            shop.to(ids[order], step).await;
        }
    }
    let expected = [(4, ReadyForPickup), (6, ReadyForPickup), (3, Preparing), (5, Preparing), (1, Paid)];
    assert_eq!(queue(&shop).await, expected);
    let first = json!({"prioritized": true});
    shop.a(Role::Kitchen).patch(&format!("/orders/{}", ids[4]), &first).await.expect(200);
    let expected = [(4, ReadyForPickup), (6, ReadyForPickup), (5, Preparing), (3, Preparing), (1, Paid)];
    assert_eq!(queue(&shop).await, expected);
    let panel: Panel = shop.nobody().get("/orders/panel").await.expect(200).parse();
    assert_eq!((panel.preparing, panel.ready), (vec![5, 3], vec![4, 6]));
    shop.to(ids[5], "out_for_delivery").await;
    let expected = [(4, ReadyForPickup), (5, Preparing), (3, Preparing), (1, Paid)];
    assert_eq!(queue(&shop).await, expected);
}

#[tokio::test]
async fn an_unchanged_queue_is_304_and_a_change_gives_a_new_tag() {
    let shop = Shop::open().await;
    let order = shop.paid().await;
    let tag = shop.a(Role::Kitchen).get("/orders/queue").await.expect(200).header("etag").unwrap().to_owned();
    let same = ask(&shop, "/orders/queue", &tag).await.expect(304);
    assert_eq!((same.text.as_str(), same.header("etag")), ("", Some(tag.as_str())));
    shop.place(PaymentMethod::Pix).await;
    ask(&shop, "/orders/queue", &format!("\"other\", W/{tag}")).await.expect(304);
    shop.to(order.id, "preparing").await;
    let changed = ask(&shop, "/orders/queue", &tag).await.expect(200);
    assert_ne!(changed.header("etag"), Some(tag.as_str()));
    let panel = shop.nobody().get("/orders/panel").await.expect(200).header("etag").unwrap().to_owned();
    ask(&shop, "/orders/panel", &panel).await.expect(304);
}

/// The board says `SANDBOX` on the word of the payment service, and on nobody else's.
#[tokio::test]
async fn every_answer_says_whether_real_money_moves_as_soon_as_the_payment_service_does() {
    let shop = Shop::open().await;
    let said = async || {
        let answer = shop.a(Role::Kitchen).get("/orders/queue").await.expect(200);
        answer.header("x-payments-live").map(str::to_owned)
    };
    assert_eq!(said().await, None, "nothing is claimed that is not known");
    *shop.peer.live.lock().unwrap() = Some(false);
    testkit::eventually(SOON, async || (said().await.as_deref() == Some("false")).then_some(())).await;
    let tag = shop.a(Role::Kitchen).get("/orders/queue").await.expect(200).header("etag").unwrap().to_owned();
    assert_eq!(ask(&shop, "/orders/queue", &tag).await.expect(304).header("x-payments-live"), Some("false"));
}

#[tokio::test]
async fn it_shows_no_person_and_no_qr_and_only_to_the_kitchen() {
    let shop = Shop::open().await;
    shop.paid().await;
    let entry = shop.a(Role::Kitchen).get("/orders/queue").await.expect(200).json[0].clone();
    let fields: Vec<&String> = entry.as_object().unwrap().keys().collect();
    for hidden in ["customer_id", "qr_code", "qr_code_base64", "payment_link", "email"] {
        assert!(!fields.iter().any(|field| *field == hidden), "{hidden}");
    }
    shop.a(Role::Kiosk).get("/orders/queue").await.refused(ProblemKind::Forbidden);
    shop.nobody().get("/orders/queue").await.refused(ProblemKind::Unauthenticated);
    let panel = shop.nobody().get("/orders/panel").await.expect(200);
    assert_eq!(panel.json, json!({"preparing": [], "ready": []}));
}

#[tokio::test]
async fn a_parameter_that_is_unknown_is_refused_everywhere() {
    let shop = Shop::open().await;
    let order = shop.place(PaymentMethod::Pix).await;
    let product = shop.product("X-Burger").await;
    let paths = [
        "/orders/queue".to_owned(),
        "/orders/panel".to_owned(),
        "/orders/events".to_owned(),
        format!("/orders/{}", order.id),
        format!("/orders/{}/tracking", order.id),
        format!("/products/{}", product.id),
        format!("/categories/{}", product.category_id),
    ];
    for path in paths {
        let problem = shop.a(Role::Admin).get(&format!("{path}?limite=1")).await.refused(ProblemKind::InvalidParameter);
        assert_eq!(problem.errors[0].parameter.as_deref(), Some("limite"), "{path}");
    }
    shop.nobody().get("/orders/queue?limite=1").await.refused(ProblemKind::Unauthenticated);
}
