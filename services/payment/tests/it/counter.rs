//! Cash, and giving a charge up for an order.

use api::ProblemKind;
use api::payment::{CancelledCharge, Payment};
use domain::{OrderId, PaymentMethod, PaymentStatus};
use serde_json::{Value, json};
use testkit::Answer;

use crate::provider::Fault;
use crate::world::{World, body_for};

fn cash(order: OrderId, attempt: u32) -> Value {
    json!({ "order_id": order, "amount": 35.0, "attempt": attempt, "customer_id": null,
            "actor": { "role": "cashier", "id": "caixa-1" }, "an_unknown_field": true })
}

async fn cancel(world: &World, order: OrderId) -> Option<Payment> {
    cancelled(world, order).await.payment
}

async fn cancelled(world: &World, order: OrderId) -> CancelledCharge {
    let path = format!("/internal/orders/{order}/charge/cancel");
    let answer: Answer = world.caller().post(&path, &json!({ "attempt": 1, "reason": "pedido cancelado" })).await;
    answer.expect(200).parse()
}

#[tokio::test]
async fn cash_is_an_approved_payment_and_closes_the_live_charge() {
    let world = World::start().await;
    let order = OrderId::new();
    let pix = world.create(&body_for(order, "pix")).await;
    let paid: Payment = world.caller().post("/internal/payments/counter", &cash(order, 1)).await.expect(201).parse();
    assert_eq!((paid.status, paid.method), (PaymentStatus::Approved, PaymentMethod::Counter));
    assert_ne!(paid.payment_id, pix.payment_id);
    world.reaches(pix.payment_id, PaymentStatus::Cancelled).await;
    world.orders.told(paid.payment_id, PaymentStatus::Approved).await;
    let again = world.caller().post("/internal/payments/counter", &cash(order, 1)).await.expect(201);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.parse::<Payment>().payment_id, paid.payment_id);
    let event = world.logged(paid.payment_id, "cash").await;
    assert_eq!(event.actor, "cashier:caixa-1");
}

#[tokio::test]
async fn cash_for_a_payment_that_waited_for_it_approves_that_one() {
    let world = World::start().await;
    let order = OrderId::new();
    let waiting = world.create(&body_for(order, "counter")).await;
    let paid: Payment = world.caller().post("/internal/payments/counter", &cash(order, 1)).await.expect(201).parse();
    assert_eq!((paid.payment_id, paid.status), (waiting.payment_id, PaymentStatus::Approved));
}

#[tokio::test]
async fn cash_at_the_same_time_is_recorded_once() {
    let world = World::start().await;
    let order = OrderId::new();
    let taking = (0..8).map(|_| {
        let caller = world.caller();
        async move { caller.post("/internal/payments/counter", &cash(order, 1)).await.expect(201).parse::<Payment>() }
    });
    let taken = futures_util::future::join_all(taking).await;
    assert!(taken.iter().all(|payment| payment.payment_id == taken[0].payment_id));
}

#[tokio::test]
async fn a_charge_that_is_given_up_is_cancelled_at_mercadopago() {
    let world = World::start().await;
    let order = OrderId::new();
    assert_eq!(cancel(&world, order).await, None);
    let pix = world.create(&body_for(order, "pix")).await;
    let closed = cancel(&world, order).await.unwrap();
    assert_eq!((closed.payment_id, closed.status), (pix.payment_id, PaymentStatus::Cancelled));
    let provider_id = pix.provider_payment_id.unwrap();
    assert_eq!(world.provider.lock().payments[&provider_id]["status"], "cancelled");
    let again = cancelled(&world, order).await;
    assert_eq!(again.payment.unwrap().status, PaymentStatus::Cancelled);
    let told = world.orders.told(pix.payment_id, PaymentStatus::Cancelled).await;
    // Not every change of a payment is news to the order, but the answer takes its turn among the notices.
    assert_eq!(again.attempt, Some(told.attempt));
    assert!(again.version >= told.version && told.version > 1, "{} {}", again.version, told.version);
    world.create(&body_for(order, "checkout")).await;
}

#[tokio::test]
async fn money_that_came_first_wins() {
    let world = World::start().await;
    let order = OrderId::new();
    let pix = world.create(&body_for(order, "pix")).await;
    world.provider.lock().set(pix.provider_payment_id.as_ref().unwrap(), "approved", "accredited");
    assert_eq!(cancel(&world, order).await.unwrap().status, PaymentStatus::Approved);
    world.orders.told(pix.payment_id, PaymentStatus::Approved).await;
}

#[tokio::test]
async fn a_checkout_that_is_given_up_is_closed_with_everything_begun_on_it() {
    let world = World::start().await;
    let order = OrderId::new();
    let checkout = world.create(&body_for(order, "checkout")).await;
    let begun = world.provider.lock().pay_checkout(&checkout.payment_id.to_string(), 35.0, "pending");
    assert_eq!(cancel(&world, order).await.unwrap().status, PaymentStatus::Cancelled);
    let provider = world.provider.lock();
    assert_eq!(provider.payments[&begun]["status"], "cancelled");
    let until = provider.preferences["1-pref-1"]["expiration_date_to"].as_str().unwrap().to_owned();
    assert!(until.parse::<domain::Timestamp>().unwrap() < domain::Clock::now(&*world.clock));
}

#[tokio::test]
async fn money_that_comes_after_all_is_told_to_the_order() {
    let world = World::start().await;
    let order = OrderId::new();
    let checkout = world.create(&body_for(order, "checkout")).await;
    cancel(&world, order).await;
    world.orders.told(checkout.payment_id, PaymentStatus::Cancelled).await;
    let late = world.provider.lock().pay_checkout(&checkout.payment_id.to_string(), 35.0, "approved");
    world.notify(&late).await.expect(200);
    let notice = world.orders.told(checkout.payment_id, PaymentStatus::Approved).await;
    assert_eq!(notice.paid_amount, checkout.amount);
}

#[tokio::test]
async fn giving_up_survives_a_mercadopago_that_fails() {
    let world = World::start().await;
    let order = OrderId::new();
    let pix = world.create(&body_for(order, "pix")).await;
    world.provider.fail_next([Fault::Status(500), Fault::Status(500)]);
    cancel(&world, order).await;
    world.reaches(pix.payment_id, PaymentStatus::Cancelled).await;
    let keys = world.provider.keys_of("cancel");
    assert!(keys.len() == 3 && keys.iter().all(|key| *key == keys[0]), "{keys:?}");
}

#[tokio::test]
async fn only_services_call_what_is_internal() {
    let world = World::start().await;
    for role in domain::Role::ALL.into_iter().filter(|role| *role != domain::Role::Service) {
        let caller = world.as_role(role);
        let order = OrderId::new();
        caller.post("/internal/payments/counter", &cash(order, 1)).await.refused(ProblemKind::Forbidden);
        let path = format!("/internal/orders/{order}/charge/cancel");
        caller.post(&path, &json!({ "attempt": 1, "reason": "x" })).await.refused(ProblemKind::Forbidden);
    }
    for amount in [0.0, -5.0, 100_000.0] {
        let mut bad = cash(OrderId::new(), 1);
        bad["amount"] = json!(amount);
        world.caller().post("/internal/payments/counter", &bad).await.refused(ProblemKind::InvalidBody);
    }
}
