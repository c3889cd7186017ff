//! What MercadoPago says of a payment, and what is made of it.

use domain::{Money, PaymentStatus};
use serde_json::{Value, json};

use crate::world::{World, body};

/// A Pix whose report at MercadoPago is changed by hand.
async fn reported(change: impl FnOnce(&mut Value)) -> (World, api::payment::Payment) {
    let world = World::start().await;
    let payment = world.pix().await;
    let provider_id = payment.provider_payment_id.clone().unwrap();
    {
        let mut provider = world.provider.lock();
        provider.set(&provider_id, "approved", "accredited");
        change(provider.payments.get_mut(&provider_id).unwrap());
    }
    world.notify(&provider_id).await.expect(200);
    world.quiet().await;
    let payment = world.payment(payment.payment_id).await;
    (world, payment)
}

#[tokio::test]
async fn other_money_than_was_asked_for_is_not_applied() {
    let wrong: [(&str, Value); 4] = [
        ("amount", json!({ "transaction_amount": 0.01 })),
        ("currency", json!({ "currency_id": "ARS" })),
        ("external_reference", json!({ "external_reference": "01939d2e-7c9a-7c3e-9a55-0c1de0a1b2c3" })),
        ("live_mode", json!({ "live_mode": true })),
    ];
    for (what, change) in wrong {
        let (world, payment) = reported(|report| {
            report.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        })
        .await;
        assert_eq!((payment.status, payment.status_detail.as_str()), (PaymentStatus::Pending, "mismatch"), "{what}");
        let event = world.logged(payment.payment_id, "mismatch").await;
        assert!(event.detail.unwrap().contains(what));
        world.notify(payment.provider_payment_id.as_ref().unwrap()).await.expect(200);
        world.quiet().await;
        let log = world.events(payment.payment_id).await;
        assert_eq!(log.iter().filter(|event| event.kind == "mismatch").count(), 1, "told once");
    }
}

#[tokio::test]
async fn a_status_that_is_new_to_us_changes_nothing() {
    let (world, payment) = reported(|report| report["status"] = json!("quantum")).await;
    assert_eq!(payment.status, PaymentStatus::Pending);
    assert!(world.logged(payment.payment_id, "unknown_status").await.detail.unwrap().ends_with("quantum"));
}

#[tokio::test]
async fn a_late_pending_does_not_demote() {
    let world = World::start().await;
    let payment = world.paid().await;
    let provider_id = payment.provider_payment_id.clone().unwrap();
    {
        let mut provider = world.provider.lock();
        let report = provider.payments.get_mut(&provider_id).unwrap();
        report["status"] = json!("pending");
        report["date_last_updated"] = report["date_created"].clone();
    }
    world.notify(&provider_id).await.expect(200);
    world.quiet().await;
    assert_eq!(world.payment(payment.payment_id).await, payment);
}

#[tokio::test]
async fn a_dispute_keeps_the_payment_approved_and_a_chargeback_does_not() {
    let world = World::start().await;
    let payment = world.paid().await;
    let provider_id = payment.provider_payment_id.unwrap();
    for (word, said, status, detail) in [
        ("in_mediation", "pending", PaymentStatus::Approved, "in_mediation"),
        ("charged_back", "in_process", PaymentStatus::ChargedBack, "in_process"),
    ] {
        world.provider.lock().set(&provider_id, word, said);
        world.notify(&provider_id).await.expect(200);
        world.quiet().await;
        let seen = world.payment(payment.payment_id).await;
        assert_eq!((seen.status, seen.status_detail.as_str()), (status, detail));
    }
    world.orders.told(payment.payment_id, PaymentStatus::ChargedBack).await;
    let log = world.events(payment.payment_id).await;
    let step = |event: &&api::payment::PaymentEvent| {
        event.kind == "status" && event.detail.as_ref().unwrap().starts_with("approved -> charged_back")
    };
    assert_eq!(log.iter().filter(step).count(), 1, "{log:#?}");
}

#[tokio::test]
async fn a_dispute_that_is_won_brings_the_money_back() {
    let world = World::start().await;
    let payment = world.paid().await;
    let provider_id = payment.provider_payment_id.unwrap();
    for (word, detail) in [("charged_back", "in_process"), ("approved", "accredited")] {
        world.provider.lock().set(&provider_id, word, detail);
        world.notify(&provider_id).await.expect(200);
        world.quiet().await;
        let seen = world.payment(payment.payment_id).await;
        assert_eq!((seen.status.as_str(), seen.status_detail.as_str()), (word, detail));
    }
    let told: Vec<PaymentStatus> = world.orders.notices(payment.payment_id).iter().map(|told| told.status).collect();
    assert!(told.ends_with(&[PaymentStatus::ChargedBack, PaymentStatus::Approved]), "{told:?}");
    let path = format!("/payments/{}/refund", payment.payment_id);
    let back: api::payment::Payment =
        world.caller().post(&path, &json!({ "reason": "teste" })).await.expect(200).parse();
    assert_eq!((back.status, back.refunded_amount), (PaymentStatus::Refunded, payment.amount));
}

#[tokio::test]
async fn a_try_that_fails_leaves_a_checkout_open_and_the_next_one_pays_it() {
    let world = World::start().await;
    let payment = world.create(&body("checkout")).await;
    let reference = payment.payment_id.to_string();
    for outcome in ["rejected", "approved"] {
        let provider_id = world.provider.lock().pay_checkout(&reference, 35.0, outcome);
        world.notify(&provider_id).await.expect(200);
        world.quiet().await;
        let seen = world.payment(payment.payment_id).await;
        let expected = if outcome == "rejected" { PaymentStatus::Pending } else { PaymentStatus::Approved };
        assert_eq!(seen.status, expected);
    }
}

#[tokio::test]
async fn a_second_approval_goes_back_and_the_first_one_stays() {
    let world = World::start().await;
    let payment = world.create(&body("checkout")).await;
    let reference = payment.payment_id.to_string();
    let first = world.provider.lock().pay_checkout(&reference, 35.0, "approved");
    world.notify(&first).await.expect(200);
    world.orders.told(payment.payment_id, PaymentStatus::Approved).await;
    let second = world.provider.lock().pay_checkout(&reference, 35.0, "approved");
    world.notify(&second).await.expect(200);
    world.quiet().await;
    assert_eq!(world.provider.keys_of("refund").len(), 1);
    assert_eq!(world.provider.lock().payments[&second]["status"], "refunded");
    assert_eq!(world.provider.lock().payments[&first]["status"], "approved");
    let seen = world.payment(payment.payment_id).await;
    assert_eq!((seen.status, seen.refunded_amount), (PaymentStatus::Approved, Money::ZERO));
    assert_eq!(seen.provider_payment_id, Some(first));
    world.logged(payment.payment_id, "second_approval").await;
}

#[tokio::test]
async fn a_second_sum_that_went_back_before_it_was_seen_does_not_speak() {
    let world = World::start().await;
    let payment = world.create(&body("checkout")).await;
    let reference = payment.payment_id.to_string();
    let first = world.provider.lock().pay_checkout(&reference, 35.0, "approved");
    world.notify(&first).await.expect(200);
    world.orders.told(payment.payment_id, PaymentStatus::Approved).await;
    let second = world.provider.lock().pay_checkout(&reference, 35.0, "refunded");
    world.notify(&second).await.expect(200);
    world.quiet().await;
    let seen = world.payment(payment.payment_id).await;
    assert_eq!((seen.status, seen.provider_payment_id), (PaymentStatus::Approved, Some(first)));
}

#[tokio::test]
async fn what_is_paid_stays_paid_whatever_mercadopago_says_later() {
    use PaymentStatus::{Approved, ChargedBack, Refunded};
    for method in ["pix", "checkout"] {
        for firm in [Approved, Refunded, ChargedBack] {
            let world = World::start().await;
            let payment = world.create(&body(method)).await;
            let provider_id = match payment.provider_payment_id.filter(|_| method == "pix") {
                Some(id) => id,
                None => world.provider.lock().pay_checkout(&payment.payment_id.to_string(), 35.0, "approved"),
            };
            world.provider.lock().set(&provider_id, firm.as_str(), "accredited");
            world.notify(&provider_id).await.expect(200);
            world.orders.told(payment.payment_id, firm).await;
            let before = world.payment(payment.payment_id).await;
            let less = PaymentStatus::ALL.into_iter().filter(|less| !less.was_paid());
            for less in less {
                world.provider.lock().set(&provider_id, less.as_str(), "by_hand");
                world.notify(&provider_id).await.expect(200);
                world.notify(&provider_id).await.expect(200);
                world.quiet().await;
                let seen = world.payment(payment.payment_id).await;
                assert_eq!((seen.status, seen.status_detail), (firm, before.status_detail.clone()), "{method} {less}");
                let log = world.events(payment.payment_id).await;
                let word = format!(" {less} (");
                let told = log.iter().filter(|e| e.kind == "retreat" && e.detail.as_ref().unwrap().contains(&word));
                assert_eq!(told.count(), 1, "{method} {firm} {less}: {log:#?}");
            }
            let close = json!({ "attempt": 1, "reason": "teste" });
            let path = format!("/internal/orders/{}/charge/cancel", payment.order_id);
            let closed: api::payment::CancelledCharge = world.caller().post(&path, &close).await.expect(200).parse();
            assert_eq!(closed.payment.unwrap().status, firm);
            assert!(world.provider.keys_of("cancel").is_empty());
        }
    }
}

#[tokio::test]
async fn a_refund_goes_through_mercadopago_even_after_it_took_its_word_back() {
    let world = World::start().await;
    let payment = world.paid().await;
    let provider_id = payment.provider_payment_id.unwrap();
    world.provider.lock().set(&provider_id, "pending", "pending_waiting_transfer");
    world.notify(&provider_id).await.expect(200);
    world.logged(payment.payment_id, "retreat").await;
    let path = format!("/payments/{}/refund", payment.payment_id);
    world.admin().post(&path, &json!({ "reason": "teste" })).await;
    world.quiet().await;
    assert_eq!(world.provider.keys_of("refund").len(), 1);
}
