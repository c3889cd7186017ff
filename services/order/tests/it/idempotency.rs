//! The same key and body make one order.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use api::ProblemKind;
use api::order::Order;
use domain::{ManualClock, PaymentMethod, Role, Timestamp};
use serde_json::{Value, json};
use testkit::{Answer, Caller};
use tokio::task::JoinSet;

use crate::kit::Shop;

async fn place(caller: &Caller, key: &str, body: &Value) -> Answer {
    caller.send(caller.request(http::Method::POST, "/orders").header("idempotency-key", key).json(body)).await
}

#[tokio::test]
async fn thirty_two_at_once_make_one_order() {
    let shop = Shop::open().await;
    let body = shop.body(PaymentMethod::Pix).await;
    let kiosk = shop.a(Role::Kiosk);
    let mut tries = JoinSet::new();
    for _ in 0..32 {
        let (kiosk, body) = (kiosk.clone(), body.clone());
        tries.spawn(async move {
            let answer = place(&kiosk, "totem-1-42", &body).await.expect(201);
            (answer.parse::<Order>().id, answer.header("idempotent-replayed").is_some())
        });
    }
    let answers = tries.join_all().await;
    assert_eq!(answers.iter().map(|(id, _)| id).collect::<HashSet<_>>().len(), 1);
    assert_eq!(answers.iter().filter(|(_, replayed)| !replayed).count(), 1);
    assert_eq!(shop.a(Role::Admin).get("/orders").await.expect(200).header("x-total-count"), Some("1"));
}

#[tokio::test]
async fn a_repeat_shows_the_order_as_it_is_now() {
    let shop = Shop::open().await;
    let mut body = shop.body(PaymentMethod::Pix).await;
    let kiosk = shop.a(Role::Kiosk);
    let first: Order = place(&kiosk, "k", &body).await.expect(201).parse();
    shop.to(first.id, "paid").await;
    let juice = format!("/products/{}", shop.product("Suco de laranja").await.id);
    shop.a(Role::Admin).patch(&juice, &json!({"enabled": false})).await.expect(200);
    let repeat = place(&kiosk, "k", &body).await.expect(201);
    assert_eq!(repeat.header("idempotent-replayed"), Some("true"));
    let repeat: Order = repeat.parse();
    assert_eq!((repeat.id, repeat.status), (first.id, domain::OrderStatus::Paid));
    body["order_items"][0]["quantity"] = json!(3);
    place(&kiosk, "k", &body).await.refused(ProblemKind::IdempotencyMismatch);
}

#[tokio::test]
async fn a_key_belongs_to_its_subject_and_refusals_are_not_remembered() {
    let shop = Shop::open().await;
    let body = shop.body(PaymentMethod::Counter).await;
    let (one, other) = (shop.a(Role::Kiosk), shop.a(Role::Kiosk));
    place(&one, "k", &json!({"order_items": []})).await.refused(ProblemKind::InvalidBody);
    let first: Order = place(&one, "k", &body).await.expect(201).parse();
    let second: Order = place(&other, "k", &body).await.expect(201).parse();
    assert_ne!(first.id, second.id);
    let long = "k".repeat(129);
    place(&one, &long, &body).await.refused(ProblemKind::InvalidParameter);
}

#[tokio::test]
async fn a_key_is_free_again_after_a_day() {
    let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_790_000_000_000)));
    let shop = Shop::with(clock.clone()).await;
    let body = shop.body(PaymentMethod::Counter).await;
    let subject = || shop.nobody().with_token(shop.mint.token_for("totem", Role::Kiosk, None));
    let first: Order = place(&subject(), "k", &body).await.expect(201).parse();
    clock.advance(Duration::from_secs(24 * 3600));
    let second: Order = place(&subject(), "k", &body).await.expect(201).parse();
    assert_ne!(first.id, second.id);
    assert_eq!(second.number, 1, "another day counts from one again");
}

#[tokio::test]
async fn the_same_key_opens_one_attempt_to_pay() {
    let shop = Shop::open().await;
    let order = shop.place(PaymentMethod::Pix).await;
    let path = format!("/orders/{}/payment", order.id);
    let kiosk = shop.a(Role::Kiosk);
    let again = async |caller: &Caller, key: &str, method: &str| {
        let request = caller.request(http::Method::POST, &path).header("idempotency-key", key);
        caller.send(request.json(&json!({ "payment_method": method }))).await
    };
    let answers = futures_util::future::join_all((0..8).map(|_| again(&kiosk, "k", "checkout"))).await;
    let first = answers.iter().filter(|answer| answer.header("idempotent-replayed").is_none()).count();
    assert_eq!(first, 1);
    for answer in answers {
        assert_eq!(answer.expect(200).json["payment_method"], "checkout");
    }
    again(&kiosk, "k", "pix").await.refused(ProblemKind::IdempotencyMismatch);
    let other: Order = again(&shop.a(Role::Kiosk), "k", "pix").await.expect(200).parse();
    assert_eq!(other.payment_method, PaymentMethod::Pix);
    // Paid meanwhile: a repeat is told what came of it, another attempt is refused.
    shop.to(order.id, "paid").await;
    assert_eq!(again(&kiosk, "k", "checkout").await.expect(200).json["status"], "paid");
    again(&kiosk, "l", "checkout").await.refused(ProblemKind::AlreadyPaid);
}
