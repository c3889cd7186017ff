//! What an administrator says of a payment, and the money that comes through MercadoPago all the same.

use api::payment::Payment;
use domain::{Money, PaymentId, PaymentStatus};
use serde_json::json;

use crate::world::World;

/// A Pix that an administrator called approved.
async fn approved_by_hand(world: &World) -> Payment {
    let id = world.pix().await.payment_id;
    approve(world, id).await
}

async fn approve(world: &World, id: PaymentId) -> Payment {
    let patch = json!({ "status": "approved", "reason": "pago no caixa" });
    world.admin().patch(&format!("/payments/{id}"), &patch).await.expect(200).parse()
}

async fn gives_back(world: &World, id: PaymentId) -> Payment {
    world.caller().post(&format!("/payments/{id}/refund"), &json!({ "reason": "desistiu" })).await.expect(200).parse()
}

/// The customer pays the Pix all the same, and MercadoPago says so.
async fn the_pix_is_paid(world: &World, payment: &Payment) -> String {
    let provider_id = payment.provider_payment_id.clone().unwrap();
    world.provider.lock().set(&provider_id, "approved", "accredited");
    world.notify(&provider_id).await.expect(200);
    world.logged(payment.payment_id, "second_approval").await;
    world.quiet().await;
    provider_id
}

#[tokio::test]
async fn a_pix_that_is_paid_after_the_money_was_handed_back_goes_back_by_itself() {
    let world = World::start().await;
    let payment = approved_by_hand(&world).await;
    let back = gives_back(&world, payment.payment_id).await;
    assert_eq!((back.status, back.refunded_amount), (PaymentStatus::Refunded, payment.amount));
    let provider_id = the_pix_is_paid(&world, &payment).await;
    assert_eq!(world.provider.lock().payments[&provider_id]["status"], "refunded");
    assert_eq!(world.provider.keys_of("refund").len(), 1);
    let seen = world.payment(payment.payment_id).await;
    assert_eq!((seen.status, seen.refunded_amount), (PaymentStatus::Refunded, payment.amount));
    let log = world.events(payment.payment_id).await;
    let handed_back = log.iter().position(|event| event.status == PaymentStatus::Refunded).unwrap();
    assert!(log[handed_back..].iter().all(|event| event.status == PaymentStatus::Refunded), "{log:#?}");
    assert_eq!(seen.provider_payment_id, Some(provider_id));
}

#[tokio::test]
async fn a_pix_that_is_paid_after_an_approval_by_hand_is_another_sum() {
    let world = World::start().await;
    let payment = approved_by_hand(&world).await;
    let provider_id = the_pix_is_paid(&world, &payment).await;
    assert_eq!(world.provider.lock().payments[&provider_id]["status"], "refunded");
    let seen = world.payment(payment.payment_id).await;
    assert_eq!((seen.status, seen.refunded_amount), (PaymentStatus::Approved, Money::ZERO));
    let back = gives_back(&world, payment.payment_id).await;
    assert_eq!((back.status, back.refunded_amount), (PaymentStatus::Refunded, payment.amount));
    assert_eq!(world.provider.keys_of("refund").len(), 1, "the sum of the till is handed back");
}

#[tokio::test]
async fn money_that_had_come_is_what_an_approval_by_hand_speaks_of() {
    let world = World::start().await;
    let payment = world.pix().await;
    let provider_id = payment.provider_payment_id.clone().unwrap();
    {
        let mut provider = world.provider.lock();
        provider.set(&provider_id, "approved", "accredited");
        provider.payments.get_mut(&provider_id).unwrap()["date_approved"] = json!(payment.created_at);
    }
    approve(&world, payment.payment_id).await;
    world.quiet().await;
    assert_eq!(world.payment(payment.payment_id).await.status_detail, "accredited", "MercadoPago knows of it");
    assert!(world.provider.keys_of("refund").is_empty());
    let back = gives_back(&world, payment.payment_id).await;
    assert_eq!((back.status, back.refunded_amount), (PaymentStatus::Refunded, payment.amount));
    assert_eq!(world.provider.keys_of("refund").len(), 1);
}
