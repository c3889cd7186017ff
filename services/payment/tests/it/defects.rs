//! What was wrong in the system that this one follows, each as a test.

use api::ProblemKind;
use api::payment::Payment;
use domain::{CustomerId, OrderId, PaymentStatus, Role};
use serde_json::json;

use crate::world::{World, body, body_for};

#[tokio::test]
async fn the_webhook_asks_mercadopago_and_knows_its_numeric_ids() {
    let world = World::start().await;
    let payment = world.pix().await;
    let provider_id = payment.provider_payment_id.unwrap();
    assert!(provider_id.bytes().all(|digit| digit.is_ascii_digit()));
    world.notify(&provider_id).await.expect(200);
    world.quiet().await;
    assert_eq!(world.payment(payment.payment_id).await.status, PaymentStatus::Pending, "a notification is no money");
    world.provider.lock().set(&provider_id, "approved", "accredited");
    world.notify(&provider_id).await.expect(200);
    world.reaches(payment.payment_id, PaymentStatus::Approved).await;
}

#[tokio::test]
async fn a_charge_names_its_order_and_the_route_of_the_webhook() {
    let world = World::start().await;
    let payment = world.create(&body("checkout")).await;
    let sent = world.provider.lock().last_body.clone();
    assert_eq!(sent["external_reference"], payment.payment_id.to_string());
    assert!(sent["notification_url"].as_str().unwrap().ends_with("/payments/webhook"));
}

#[tokio::test]
async fn a_notification_without_a_signature_is_refused() {
    let world = World::start().await;
    let provider_id = world.pix().await.provider_payment_id.unwrap();
    let path = format!("/payments/webhook?data.id={provider_id}&type=payment");
    world.anyone().post(&path, &json!({})).await.refused(ProblemKind::Unauthenticated);
}

#[tokio::test]
async fn a_charge_needs_a_token_and_a_sane_amount_and_an_order_has_one() {
    let world = World::start().await;
    world.anyone().post("/payments", &body("pix")).await.refused(ProblemKind::Unauthenticated);
    for amount in [0.0, -10.0, 0.001, 100_000.0] {
        let mut bad = body("pix");
        bad["amount"] = json!(amount);
        world.caller().post("/payments", &bad).await.refused(ProblemKind::InvalidBody);
    }
    let order = OrderId::new();
    world.create(&body_for(order, "pix")).await;
    world.caller().post("/payments", &body_for(order, "pix")).await.refused(ProblemKind::ChargeExists);
}

#[tokio::test]
async fn a_customer_can_neither_approve_a_payment_nor_read_anothers() {
    let world = World::start().await;
    let mut asked = body("pix");
    asked["customer_id"] = json!(CustomerId::new());
    let id = world.create(&asked).await.payment_id;
    let stranger = world.as_role(Role::Customer);
    let patch = json!({ "status": "approved", "reason": "x" });
    stranger.patch(&format!("/payments/{id}"), &patch).await.refused(ProblemKind::Forbidden);
    stranger.patch(&format!("/payments/{id}?new_status=approved"), &patch).await.refused(ProblemKind::Forbidden);
    stranger.get(&format!("/payments/{id}")).await.refused(ProblemKind::NotFound);
    assert_eq!(world.payment(id).await.status, PaymentStatus::Pending);
}

#[tokio::test]
async fn the_order_service_hears_of_the_money() {
    let world = World::start().await;
    let payment = world.paid().await;
    let notice = world.orders.told(payment.payment_id, PaymentStatus::Approved).await;
    assert_eq!((notice.payment_id, notice.attempt), (payment.payment_id, 1));
}

#[tokio::test]
async fn the_code_is_shown_on_every_read() {
    let world = World::start().await;
    let payment = world.pix().await;
    assert_eq!(world.payment(payment.payment_id).await.qr_code, payment.qr_code);
    let listed: Vec<Payment> = world.admin().get("/payments").await.parse();
    assert_eq!((listed[0].qr_code.clone(), listed[0].qr_code_base64.clone()), (payment.qr_code, api::Picture::LeftOut));
}
