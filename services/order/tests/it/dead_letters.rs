//! Errands that the payment service refuses for good: seen, counted, and tried again when an administrator says so.

use std::sync::Arc;
use std::time::Duration;

use api::order::Order;
use api::{DeadLetter, ProblemKind, Replayed};
use domain::{EntryId, ManualClock, OrderStatus, PaymentMethod, PaymentStatus, Role, Timestamp};
use serde_json::{Value, json};
use testkit::{Answer, eventually};

use crate::kit::{SOON, Shop};
use crate::peer::{Log, Mood};

async fn letters(shop: &Shop) -> Vec<DeadLetter> {
    shop.a(Role::Admin).get("/dead-letters").await.expect(200).parse()
}

async fn one(shop: &Shop) -> DeadLetter {
    eventually(SOON, || async { letters(shop).await.pop() }).await
}

async fn replay(shop: &Shop, body: Value) -> u64 {
    shop.a(Role::Admin).post("/dead-letters/replay", &body).await.expect(200).parse::<Replayed>().replayed
}

fn unsent(answer: &Answer) -> Option<(&str, &str)> {
    answer.header("x-outbox-open").zip(answer.header("x-outbox-dead"))
}

/// The queue's answer, once it counts like this.
async fn counted(shop: &Shop, open: &str, dead: &str) -> Answer {
    eventually(SOON, || async {
        let answer = shop.a(Role::Kitchen).get("/orders/queue").await.expect(200);
        (unsent(&answer) == Some((open, dead))).then_some(answer)
    })
    .await
}

#[tokio::test]
async fn a_charge_that_was_refused_is_seen_and_replayed() {
    let shop = Shop::open().await;
    let before = counted(&shop, "0", "0").await;
    shop.peer.mood(Mood::Unwilling);
    let order = shop.place(PaymentMethod::Pix).await;
    let letter = one(&shop).await;
    assert_eq!((letter.queue.as_str(), letter.kind.as_str(), letter.attempts), ("outbox", "charge", 1));
    assert_eq!((letter.aggregate, letter.last_error.as_deref()), (order.id.to_string(), Some("409 conflict")));

    let after = counted(&shop, "0", "1").await;
    let tag = before.header("etag").unwrap();
    assert_eq!(after.header("etag"), Some(tag), "the count is no part of the queue");
    let kitchen = shop.a(Role::Kitchen);
    let same = kitchen.send(kitchen.request(http::Method::GET, "/orders/queue").header("if-none-match", tag)).await;
    assert_eq!((same.status, unsent(&same)), (304, Some(("0", "1"))));
    let panel = shop.nobody().get("/orders/panel").await.expect(200);
    assert_eq!(unsent(&panel), None, "that is nobody's business at the counter");

    shop.peer.mood(Mood::Up);
    assert_eq!(replay(&shop, json!({ "id": letter.id })).await, 1);
    shop.until(order.id, |order| order.qr_code.is_some()).await;
    assert!(letters(&shop).await.is_empty());
    assert_eq!(replay(&shop, json!({})).await, 0);
}

#[tokio::test]
async fn a_refund_is_not_missed_where_the_money_is_back_already() {
    let shop = Shop::open().await;
    let order = shop.paid().await;
    assert_eq!(shop.quiet().await, 0);
    shop.peer.mood(Mood::Unwilling);
    shop.to(order.id, "cancelled").await;
    let letter = one(&shop).await;
    assert_eq!((letter.kind.as_str(), letter.last_error.as_deref()), ("refund", Some("409 conflict")));
    counted(&shop, "0", "1").await;
    shop.peer.log().standing = Some(PaymentStatus::Refunded);
    assert_eq!(replay(&shop, json!({})).await, 1);
    counted(&shop, "0", "0").await;
    assert!(letters(&shop).await.is_empty());
}

/// The payment service keeps it as a dead letter of its own, whether MercadoPago's answer came at once or late.
#[tokio::test]
async fn a_refund_that_mercadopago_refused_is_no_dead_letter_here() {
    let shop = Shop::open().await;
    let order = shop.paid().await;
    shop.peer.mood(Mood::Refuses(409, "refund_refused"));
    shop.to(order.id, "cancelled").await;
    eventually(SOON, || async { (!shop.peer.log().refunds.is_empty()).then_some(()) }).await;
    assert_eq!(shop.quiet().await, 0);
    assert_eq!(shop.order(order.id).await.status, OrderStatus::Cancelled);
    assert!(letters(&shop).await.is_empty());
}

#[tokio::test]
async fn a_charge_waits_as_long_as_the_one_before_it_takes_to_be_closed() {
    let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_790_000_000_000)));
    let shop = Shop::with(clock.clone()).await;
    let checkout = json!({"payment_method": "checkout"});
    let mut orders = Vec::new();
    for _ in 0..2 {
        orders.push(shop.place(PaymentMethod::Pix).await);
    }
    shop.peer.mood(Mood::Refuses(409, "charge_exists"));
    for order in &orders {
        shop.a(Role::Kiosk).post(&format!("/orders/{}/payment", order.id), &checkout).await.expect(200);
    }
    let tries = |order: &Order| {
        let key = format!("{}-2", order.id);
        shop.peer.log().creates.iter().filter(|(_, asked)| *asked == key).count()
    };
    // As much time passes as lies between two tries at most, and a new order has the sender look again.
    let (kiosk, other) = (shop.a(Role::Kiosk), shop.body(PaymentMethod::Counter).await);
    let later = async || {
        clock.advance(Duration::from_secs(5));
        kiosk.post("/orders", &other).await.expect(201);
    };
    eventually(3 * SOON, || async {
        later().await;
        orders.iter().all(|order| tries(order) >= 35).then_some(())
    })
    .await;
    assert!(letters(&shop).await.is_empty());

    // Whoever gives up meanwhile is not held back by it.
    shop.to(orders[0].id, "cancelled").await;
    let given_up = |log: &Log| log.cancels.iter().any(|(id, asked)| *id == orders[0].id && asked.attempt == 2);
    eventually(SOON, || async {
        later().await;
        given_up(&shop.peer.log()).then_some(())
    })
    .await;
    shop.peer.mood(Mood::Up);
    eventually(SOON, || async {
        later().await;
        shop.order(orders[1].id).await.payment_link
    })
    .await;
}

#[tokio::test]
async fn a_charge_that_is_refused_at_the_end_of_the_time_to_pay_is_not_missed() {
    let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_790_000_000_000)));
    let shop = Shop::with(clock.clone()).await;
    shop.peer.mood(Mood::Down);
    let order = shop.place(PaymentMethod::Pix).await;
    // The payment service's clock is ahead of ours.
    shop.peer.mood(Mood::Refuses(422, "invalid_body"));
    clock.advance(Duration::from_secs(30 * 60 - 2));
    eventually(SOON, || async { (!shop.peer.log().creates.is_empty()).then_some(()) }).await;
    clock.advance(Duration::from_secs(2));
    shop.until(order.id, |order| order.status == OrderStatus::Cancelled).await;
    eventually(SOON, || async { (!shop.peer.log().cancels.is_empty()).then_some(()) }).await;
    assert!(letters(&shop).await.is_empty());
}

#[tokio::test]
async fn only_administrators_see_them_and_only_what_is_there_is_replayed() {
    let shop = Shop::open().await;
    for role in [Role::Customer, Role::Kiosk, Role::Kitchen, Role::Cashier, Role::Service] {
        shop.a(role).get("/dead-letters").await.refused(ProblemKind::Forbidden);
        shop.a(role).post("/dead-letters/replay", &json!({})).await.refused(ProblemKind::Forbidden);
    }
    shop.nobody().get("/dead-letters").await.refused(ProblemKind::Unauthenticated);
    let missing = json!({ "id": EntryId::new() });
    shop.a(Role::Admin).post("/dead-letters/replay", &missing).await.refused(ProblemKind::NotFound);
}
