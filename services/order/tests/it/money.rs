//! What money does to an order.

use std::sync::Arc;
use std::time::Duration;

use api::ProblemKind;
use api::order::{NoticeOutcome, Order};
use domain::{CustomerId, ManualClock, Money, OrderStatus, PaymentId, PaymentMethod, PaymentStatus, Role, Timestamp};
use serde_json::json;
use testkit::eventually;

use crate::kit::{SOON, Shop, notice};
use crate::peer::Mood;

#[tokio::test]
async fn an_approved_payment_makes_the_order_paid_once() {
    let shop = Shop::open().await;
    let order = shop.place(PaymentMethod::Pix).await;
    let approved = notice(&order, 3, PaymentStatus::Approved);
    assert_eq!(shop.tell(order.id, &approved).await, NoticeOutcome::Applied);
    let paid = shop.order(order.id).await;
    assert_eq!((paid.status, paid.payment_status), (OrderStatus::Paid, PaymentStatus::Approved));
    assert_eq!(shop.tell(order.id, &approved).await, NoticeOutcome::Applied);
    assert_eq!(shop.tell(order.id, &notice(&order, 2, PaymentStatus::Pending)).await, NoticeOutcome::Stale);
    assert_eq!(shop.order(order.id).await, paid);
    assert_eq!(shop.tracking(order.id).await.len(), 2);
}

#[tokio::test]
async fn only_our_services_tell_and_only_of_the_right_sum() {
    let shop = Shop::open().await;
    let order = shop.place(PaymentMethod::Pix).await;
    let path = format!("/internal/orders/{}/payment", order.id);
    let mut told = notice(&order, 2, PaymentStatus::Approved);
    shop.a(Role::Admin).post(&path, &told).await.refused(ProblemKind::Forbidden);
    told.amount = Money::from_centavos(1);
    shop.a(Role::Service).post(&path, &told).await.refused(ProblemKind::InvalidBody);
    assert_eq!(shop.order(order.id).await.status, OrderStatus::Requested);
    let mut loose = serde_json::to_value(notice(&order, 2, PaymentStatus::Approved)).unwrap();
    loose["news"] = json!("a field of a later version");
    shop.a(Role::Service).post(&path, &loose).await.expect(200);
    let nowhere = format!("/internal/orders/{}/payment", domain::OrderId::new());
    shop.a(Role::Service).post(&nowhere, &loose).await.refused(ProblemKind::NotFound);
}

#[tokio::test]
async fn cancelling_before_payment_closes_the_charge_and_late_money_goes_back() {
    let shop = Shop::open().await;
    let order = shop.place(PaymentMethod::Pix).await;
    shop.to(order.id, "cancelled").await;
    eventually(SOON, || async { (shop.peer.log().cancels.len() == 1).then_some(()) }).await;
    let late = notice(&order, 5, PaymentStatus::Approved);
    assert_eq!(shop.tell(order.id, &late).await, NoticeOutcome::RefundRequested);
    assert_eq!(shop.tell(order.id, &late).await, NoticeOutcome::RefundRequested);
    eventually(SOON, || async { (shop.peer.log().refunds.len() == 1).then_some(()) }).await;
    let (payment, _, key) = shop.peer.log().refunds[0].clone();
    assert_eq!((Some(payment), key), (order.payment_id, format!("{}-late-1", order.id)));
    assert_eq!(shop.tell(order.id, &notice(&order, 6, PaymentStatus::Refunded)).await, NoticeOutcome::Applied);
    let order = shop.order(order.id).await;
    assert_eq!((order.status, order.payment_status), (OrderStatus::Refunded, PaymentStatus::Refunded));
    let again = json!({"status": "cancelled"});
    let same: Order = shop.a(Role::Admin).patch(&format!("/orders/{}", order.id), &again).await.expect(200).parse();
    assert_eq!(same, order);
}

#[tokio::test]
async fn giving_up_a_paid_order_asks_for_the_money_back_even_while_payment_is_down() {
    let shop = Shop::open().await;
    let order = shop.paid().await;
    shop.peer.mood(Mood::Down);
    shop.to(order.id, "rejected").await;
    eventually(SOON, || async { (shop.peer.log().turned_away > 0).then_some(()) }).await;
    shop.peer.mood(Mood::Up);
    eventually(SOON, || async { (!shop.peer.log().refunds.is_empty()).then_some(()) }).await;
    let (payment, refund, key) = shop.peer.log().refunds[0].clone();
    assert_eq!((Some(payment), refund.amount), (order.payment_id, None));
    assert_eq!(key, format!("{}-rejected-1", order.id));
    shop.tell(order.id, &notice(&order, 4, PaymentStatus::Refunded)).await;
    assert_eq!(shop.order(order.id).await.status, OrderStatus::Refunded);
}

#[tokio::test]
async fn cash_is_paid_at_once_and_money_that_still_comes_goes_back() {
    let shop = Shop::open().await;
    let order = shop.place(PaymentMethod::Pix).await;
    let path = format!("/orders/{}", order.id);
    let cash = json!({"status": "paid"});
    shop.a(Role::Kitchen).patch(&path, &cash).await.refused(ProblemKind::Forbidden);
    let paid: Order = shop.a(Role::Cashier).patch(&path, &cash).await.expect(200).parse();
    assert_eq!((paid.payment_method, paid.payment_status), (PaymentMethod::Counter, PaymentStatus::Approved));
    assert!(paid.qr_code.is_none() && paid.qr_code_base64 == api::Picture::None);
    shop.until(order.id, |order| order.payment_id.is_some()).await;
    let recorded = shop.peer.log().counters[0].0.clone();
    assert_eq!((recorded.order_id, recorded.amount, recorded.attempt), (order.id, order.amount, 2));
    assert_eq!(recorded.actor.role, Role::Cashier);
    let late = shop.tell(order.id, &notice(&order, 5, PaymentStatus::Approved)).await;
    assert_eq!(late, NoticeOutcome::RefundRequested);
    let order = shop.order(order.id).await;
    assert_eq!((order.status, order.payment_method), (OrderStatus::Paid, PaymentMethod::Counter));
}

#[tokio::test]
async fn a_refund_in_the_kitchen_ends_the_order_and_later_only_the_payment_tells() {
    let shop = Shop::open().await;
    let early = shop.paid().await;
    shop.tell(early.id, &notice(&early, 9, PaymentStatus::ChargedBack)).await;
    let early = shop.order(early.id).await;
    assert_eq!((early.status, early.payment_status), (OrderStatus::Refunded, PaymentStatus::ChargedBack));
    let ready = shop.paid().await;
    shop.to(ready.id, "preparing").await;
    shop.to(ready.id, "ready_for_pickup").await;
    shop.tell(ready.id, &notice(&ready, 9, PaymentStatus::Refunded)).await;
    let ready = shop.order(ready.id).await;
    assert_eq!((ready.status, ready.payment_status), (OrderStatus::ReadyForPickup, PaymentStatus::Refunded));
}

#[tokio::test]
async fn an_expired_charge_cancels_the_order_and_an_order_without_one_ends_by_itself() {
    let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_790_000_000_000)));
    let shop = Shop::with(clock.clone()).await;
    let pix = shop.place(PaymentMethod::Pix).await;
    let counter = shop.place(PaymentMethod::Counter).await;
    clock.advance(Duration::from_secs(30 * 60));
    let ended = shop.until(counter.id, |order| order.status == OrderStatus::Cancelled).await;
    assert_eq!(shop.tracking(ended.id).await[1].actor.id, "order");
    assert_eq!(shop.order(pix.id).await.status, OrderStatus::Requested, "its charge decides");
    shop.tell(pix.id, &notice(&pix, 4, PaymentStatus::Cancelled)).await;
    assert_eq!(shop.order(pix.id).await.status, OrderStatus::Cancelled);
    assert_eq!(shop.tracking(pix.id).await[1].actor.id, "payment");
}

#[tokio::test]
async fn the_next_attempt_closes_the_first_and_a_payment_that_came_first_wins() {
    let shop = Shop::open().await;
    let ana = shop.customer(CustomerId::new(), "password");
    let body = shop.body(PaymentMethod::Pix).await;
    let order: Order = ana.post("/orders", &body).await.expect(201).parse();
    let path = format!("/orders/{}/payment", order.id);
    let again: Order = ana.post(&path, &json!({"payment_method": "checkout"})).await.expect(200).parse();
    assert_eq!(again.payment_method, PaymentMethod::Checkout);
    assert!(again.payment_link.is_some() && again.payment_id != order.payment_id);
    assert_eq!(shop.peer.log().cancels[0].1.attempt, 1);
    let first = notice(&order, 7, PaymentStatus::Cancelled);
    shop.tell(order.id, &first).await;
    assert_eq!(shop.order(order.id).await.status, OrderStatus::Requested);
    shop.tell(order.id, &api::order::PaymentNotice { version: 8, status: PaymentStatus::Approved, ..first }).await;
    assert_eq!(shop.order(order.id).await.payment_id, order.payment_id);
    ana.post(&path, &json!({"payment_method": "pix"})).await.refused(ProblemKind::AlreadyPaid);
    let second = notice(&order, 1, PaymentStatus::Approved);
    let second = api::order::PaymentNotice { payment_id: PaymentId::new(), attempt: 3, ..second };
    assert_eq!(shop.tell(order.id, &second).await, NoticeOutcome::RefundRequested);
}

#[tokio::test]
async fn any_order_of_arrival_ends_the_same() {
    let shop = Shop::open().await;
    for arrival in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let order = shop.place(PaymentMethod::Pix).await;
        let told = [
            notice(&order, 2, PaymentStatus::InProcess),
            notice(&order, 3, PaymentStatus::Approved),
            notice(&order, 4, PaymentStatus::Refunded),
        ];
        for n in arrival {
            shop.tell(order.id, &told[n]).await;
            shop.tell(order.id, &told[n]).await;
        }
        let end = shop.order(order.id).await;
        assert_eq!((end.status, end.payment_status), (OrderStatus::Refunded, PaymentStatus::Refunded), "{arrival:?}");
        let steps: Vec<OrderStatus> = shop.tracking(order.id).await.iter().map(|row| row.status).collect();
        use OrderStatus::{Cancelled, Paid, Refunded, Requested};
        assert_eq!(steps, [Requested, Paid, Cancelled, Refunded], "{arrival:?}");
    }
}

#[tokio::test]
async fn what_is_paid_stays_paid_and_is_never_closed() {
    let shop = Shop::open().await;
    for method in [PaymentMethod::Pix, PaymentMethod::Checkout] {
        let placed = shop.place(method).await;
        shop.tell(placed.id, &notice(&placed, 2, PaymentStatus::Approved)).await;
        let paid = shop.order(placed.id).await;
        let less =
            [PaymentStatus::InProcess, PaymentStatus::Pending, PaymentStatus::Cancelled, PaymentStatus::Rejected];
        for (version, status) in (3..).zip(less) {
            assert_eq!(shop.tell(paid.id, &notice(&paid, version, status)).await, NoticeOutcome::Applied);
            assert_eq!(shop.order(paid.id).await, paid, "{status}");
        }
        // A kitchen that starts late, and a repeat of the old notice, change nothing about that either.
        shop.tell(paid.id, &notice(&placed, 2, PaymentStatus::Approved)).await;
        let cooking = shop.to(paid.id, "preparing").await;
        shop.tell(paid.id, &notice(&paid, 9, PaymentStatus::InProcess)).await;
        assert_eq!(shop.order(paid.id).await, cooking);
        // Errands of one order are done in turn, so a close that had been asked for would come before this refund.
        shop.to(paid.id, "cancelled").await;
        let refunded =
            || async { shop.peer.log().refunds.iter().any(|(id, ..)| Some(*id) == paid.payment_id).then_some(()) };
        eventually(SOON, refunded).await;
        assert!(shop.peer.log().cancels.is_empty(), "{:?}", shop.peer.log().cancels);
    }
}

#[tokio::test]
async fn money_that_went_back_stays_gone_until_it_is_here_again() {
    let shop = Shop::open().await;
    for gone in [PaymentStatus::Refunded, PaymentStatus::ChargedBack] {
        let order = shop.paid().await;
        shop.tell(order.id, &notice(&order, 3, gone)).await;
        let ended = shop.order(order.id).await;
        shop.tell(order.id, &notice(&order, 4, PaymentStatus::InProcess)).await;
        assert_eq!(shop.order(order.id).await, ended, "{gone}");
        let here = notice(&order, 5, PaymentStatus::Approved);
        assert_eq!(shop.tell(order.id, &here).await, NoticeOutcome::RefundRequested, "nobody has eaten for it");
        let here = shop.order(order.id).await;
        assert_eq!((here.status, here.payment_status), (OrderStatus::Refunded, PaymentStatus::Approved));
        asked_back(&shop, &format!("{}-regained-1", order.id)).await;
        shop.tell(order.id, &notice(&order, 6, PaymentStatus::Refunded)).await;
        assert_eq!(shop.order(order.id).await.payment_status, PaymentStatus::Refunded);
    }
}

/// Until the payment service was asked to give money back under this key.
async fn asked_back(shop: &Shop, key: &str) {
    eventually(SOON, || async { shop.peer.log().refunds.iter().any(|(_, _, asked)| asked == key).then_some(()) }).await;
}

#[tokio::test]
async fn a_dispute_that_is_won_pays_what_was_handed_out_and_nothing_else() {
    let shop = Shop::open().await;
    let order = shop.paid().await;
    for status in ["preparing", "ready_for_pickup", "delivered"] {
        shop.to(order.id, status).await;
    }
    for (version, status) in (5..).zip([PaymentStatus::ChargedBack, PaymentStatus::Approved]) {
        assert_eq!(shop.tell(order.id, &notice(&order, version, status)).await, NoticeOutcome::Applied);
        let seen = shop.order(order.id).await;
        assert_eq!((seen.status, seen.payment_status), (OrderStatus::Delivered, status));
    }

    // Given up, and its refund asked for, before the customer's bank took the money.
    let given_up = shop.paid().await;
    shop.to(given_up.id, "cancelled").await;
    asked_back(&shop, &format!("{}-cancelled-1", given_up.id)).await;
    shop.tell(given_up.id, &notice(&given_up, 5, PaymentStatus::ChargedBack)).await;
    let here = notice(&given_up, 6, PaymentStatus::Approved);
    assert_eq!(shop.tell(given_up.id, &here).await, NoticeOutcome::RefundRequested);
    asked_back(&shop, &format!("{}-regained-1", given_up.id)).await;
    // What the first one had asked for would have been asked for before that.
    assert!(shop.peer.log().refunds.iter().all(|(payment, ..)| Some(*payment) == given_up.payment_id));
}

#[tokio::test]
async fn whoever_pays_again_hears_at_once_that_the_money_came_first() {
    let shop = Shop::open().await;
    for method in ["pix", "checkout", "counter"] {
        let order = shop.place(PaymentMethod::Pix).await;
        for charge in shop.peer.log().charges.values_mut() {
            charge.status = PaymentStatus::Approved;
        }
        let path = format!("/orders/{}/payment", order.id);
        let again = json!({"payment_method": method});
        shop.a(Role::Kiosk).post(&path, &again).await.refused(ProblemKind::AlreadyPaid);
        let paid = shop.order(order.id).await;
        assert_eq!((paid.status, paid.payment_id), (OrderStatus::Paid, order.payment_id), "{method}");
    }
}

#[tokio::test]
async fn an_order_is_tried_to_be_paid_so_often_and_not_more() {
    let shop = Shop::open().await;
    let order = shop.place(PaymentMethod::Counter).await;
    let again = || async {
        let path = format!("/orders/{}/payment", order.id);
        shop.a(Role::Kiosk).post(&path, &json!({"payment_method": "counter"})).await
    };
    for _ in 2..=20 {
        again().await.expect(200);
    }
    let before = shop.order(order.id).await;
    let problem = again().await.refused(ProblemKind::Conflict);
    assert_eq!(problem.detail, "Já houve 20 tentativas de pagamento. Faça outro pedido ou pague no caixa.");
    assert_eq!(shop.order(order.id).await, before);
    shop.to(order.id, "paid").await;
}

#[tokio::test]
async fn an_order_is_not_kept_open_for_ever_by_trying_again() {
    let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_790_000_000_000)));
    let shop = Shop::with(clock.clone()).await;
    let order = shop.place(PaymentMethod::Pix).await;
    let minutes = |n: u64| order.created_at.plus(Duration::from_secs(n * 60));
    let ends = || shop.peer.log().creates.last().and_then(|(asked, _)| asked.expires_at);
    assert_eq!(ends(), Some(minutes(30)));
    for end in [55, 80, 105, 120, 120] {
        clock.advance(Duration::from_secs(25 * 60).min(minutes(119).since(domain::Clock::now(&*clock))));
        let path = format!("/orders/{}/payment", order.id);
        shop.a(Role::Kiosk).post(&path, &json!({"payment_method": "pix"})).await.expect(200);
        assert_eq!(ends(), Some(minutes(end)));
    }
}

#[tokio::test]
async fn money_that_went_before_the_order_heard_that_it_came_ends_the_order() {
    use OrderStatus::{Cancelled, Paid, Refunded, Requested};
    let shop = Shop::open().await;
    for gone in [PaymentStatus::Refunded, PaymentStatus::ChargedBack] {
        for before in [None, Some(PaymentStatus::Pending), Some(PaymentStatus::InProcess)] {
            let order = shop.place(PaymentMethod::Pix).await;
            if let Some(before) = before {
                shop.tell(order.id, &notice(&order, 2, before)).await;
            }
            shop.tell(order.id, &notice(&order, 3, gone)).await;
            let end = shop.order(order.id).await;
            assert_eq!((end.status, end.payment_status), (Refunded, gone), "{before:?}");
            let rows = shop.tracking(order.id).await;
            let steps: Vec<OrderStatus> = rows.iter().map(|row| row.status).collect();
            assert_eq!(steps, [Requested, Paid, Cancelled, Refunded]);
            assert!(rows[1..].iter().all(|row| row.actor.id == "payment"));
        }
    }
}
