//! What comes to the webhook: a hint, never the truth.

use std::time::Duration;

use api::ProblemKind;
use domain::PaymentStatus;
use mercadopago::signature;
use reqwest::Method;
use secrecy::SecretString;
use serde_json::json;

use crate::world::{PREVIOUS, SECRET, World, body};

async fn paid_at_mercadopago(world: &World) -> (domain::PaymentId, String) {
    let payment = world.pix().await;
    let provider_id = payment.provider_payment_id.unwrap();
    world.provider.lock().set(&provider_id, "approved", "accredited");
    (payment.payment_id, provider_id)
}

#[tokio::test]
async fn a_signed_notification_brings_the_money_to_the_order() {
    let world = World::start().await;
    let (id, provider_id) = paid_at_mercadopago(&world).await;
    world.notify(&provider_id).await.expect(200);
    let notice = world.orders.told(id, PaymentStatus::Approved).await;
    assert_eq!(notice.status_detail, "accredited");
    let kinds: Vec<String> = world.events(id).await.into_iter().map(|event| event.kind).collect();
    assert_eq!(kinds, ["created", "charge_sent", "provider_report", "status"]);
}

#[tokio::test]
async fn milliseconds_and_the_previous_secret_hold_too() {
    let world = World::start().await;
    let (id, provider_id) = paid_at_mercadopago(&world).await;
    let millis = domain::Clock::now(&*world.clock).millis().to_string();
    world.notify_with(&provider_id, PREVIOUS, millis).await.expect(200);
    world.orders.told(id, PaymentStatus::Approved).await;
}

#[tokio::test]
async fn a_checkout_is_found_by_its_reference() {
    let world = World::start().await;
    let payment = world.create(&body("checkout")).await;
    let provider_id = world.provider.lock().pay_checkout(&payment.payment_id.to_string(), 35.0, "approved");
    world.notify(&provider_id).await.expect(200);
    world.orders.told(payment.payment_id, PaymentStatus::Approved).await;
    assert_eq!(world.payment(payment.payment_id).await.provider_payment_id, Some(provider_id));
}

#[tokio::test]
async fn what_is_forged_unsigned_or_stale_is_refused_and_nobody_is_asked() {
    let world = World::start().await;
    let (id, provider_id) = paid_at_mercadopago(&world).await;
    let now = domain::Clock::now(&*world.clock);
    let late = now.minus(Duration::from_secs(11 * 60)).seconds().to_string();
    let early = now.plus(Duration::from_secs(11 * 60)).seconds().to_string();
    world
        .notify_with(&provider_id, "another secret", now.seconds().to_string())
        .await
        .refused(ProblemKind::Unauthenticated);
    world.notify_with(&provider_id, SECRET, late).await.refused(ProblemKind::Unauthenticated);
    world.notify_with(&provider_id, SECRET, early).await.refused(ProblemKind::Unauthenticated);
    let caller = world.anyone();
    for path in [
        format!("/payments/webhook?data.id={provider_id}&type=payment"),
        format!("/payments/webhook?data.id={provider_id}"),
        format!("/payment/webhook/?data.id={provider_id}&type=order"),
    ] {
        let body = json!({ "type": "payment", "data": { "id": provider_id } });
        caller.post(&path, &body).await.refused(ProblemKind::Unauthenticated);
    }
    world.quiet().await;
    assert_eq!(world.payment(id).await.status, PaymentStatus::Pending);
}

#[tokio::test]
async fn a_signature_for_one_payment_does_not_open_another() {
    let world = World::start().await;
    let (id, provider_id) = paid_at_mercadopago(&world).await;
    let ts = domain::Clock::now(&*world.clock).seconds().to_string();
    let header = signature::header(&SecretString::from(SECRET), Some("1"), Some("r"), &ts);
    let caller = world.anyone();
    let request = caller
        .request(Method::POST, &format!("/payments/webhook?data.id={provider_id}&type=payment"))
        .header("x-signature", header)
        .header("x-request-id", "r");
    caller.send(request).await.refused(ProblemKind::Unauthenticated);
    world.quiet().await;
    assert_eq!(world.payment(id).await.status, PaymentStatus::Pending);
}

#[tokio::test]
async fn an_ipn_wakes_only_for_a_payment_that_is_known() {
    let world = World::start().await;
    let (id, provider_id) = paid_at_mercadopago(&world).await;
    let caller = world.anyone();
    for path in [
        "/payments/webhook?topic=payment&id=999",
        "/payments/webhook?topic=merchant_order&id=5",
        "/payments/webhook?type=mp-connect&data.id=7",
        "/payments/webhook",
    ] {
        caller.send(caller.request(Method::POST, path).body("no json")).await.expect(200);
    }
    world.quiet().await;
    assert_eq!(world.payment(id).await.status, PaymentStatus::Pending);
    let path = format!("/payments/webhook?topic=payment&id={provider_id}");
    caller.post(&path, &json!({ "resource": "x", "topic": "payment" })).await.expect(200);
    world.orders.told(id, PaymentStatus::Approved).await;
}

#[tokio::test]
async fn a_payment_of_somebody_else_is_nothing_to_us() {
    let world = World::start().await;
    let strange = world.provider.lock().pay_checkout("their-own-reference", 1.0, "approved");
    world.notify(&strange).await.expect(200);
    world.quiet().await;
    assert_eq!(world.dead_notifications().await, 0);
}

#[tokio::test]
async fn a_payment_that_mercadopago_does_not_know_yet_is_asked_for_again() {
    let world = World::start().await;
    let payment = world.create(&body("checkout")).await;
    world.notify("130000000001").await.expect(200);
    assert_eq!(world.payment(payment.payment_id).await.status, PaymentStatus::Pending);
    let shown = world.provider.lock().pay_checkout(&payment.payment_id.to_string(), 35.0, "approved");
    assert_eq!(shown, "130000000001");
    world.orders.told(payment.payment_id, PaymentStatus::Approved).await;
}

#[tokio::test]
async fn a_payment_that_never_shows_up_is_given_up_after_ten_minutes() {
    let world = World::start().await;
    world.notify("404404404").await.expect(200);
    world.clock.advance(Duration::from_secs(11 * 60));
    world.quiet().await;
    assert_eq!(world.dead_notifications().await, 0);
}

#[tokio::test]
async fn repeats_and_reordering_are_harmless() {
    let world = World::start().await;
    let (id, provider_id) = paid_at_mercadopago(&world).await;
    let copies = (0..20).map(|_| world.notify(&provider_id));
    for answer in futures_util::future::join_all(copies).await {
        answer.expect(200);
    }
    world.orders.told(id, PaymentStatus::Approved).await;
    world.quiet().await;
    let log = world.events(id).await;
    assert_eq!(log.iter().filter(|event| event.kind == "status").count(), 1, "{log:#?}");
    let approved = |notice: &&api::order::PaymentNotice| notice.status == PaymentStatus::Approved;
    let told: Vec<_> = world.orders.notices(id);
    let versions: std::collections::BTreeSet<u64> = told.iter().filter(approved).map(|notice| notice.version).collect();
    assert_eq!(versions.len(), 1, "one state is one version");
}

#[tokio::test]
async fn an_ipn_by_get_is_taken_like_one_by_post() {
    let world = World::start().await;
    let (id, provider_id) = paid_at_mercadopago(&world).await;
    let caller = world.anyone();
    caller.get("/payments/webhook?topic=payment&id=999").await.expect(200);
    for kind in ["payment", "order"] {
        let unsigned = format!("/payments/webhook?type={kind}&data.id={provider_id}");
        caller.get(&unsigned).await.refused(ProblemKind::Unauthenticated);
    }
    world.quiet().await;
    assert_eq!(world.payment(id).await.status, PaymentStatus::Pending);
    caller.get(&format!("/payment/webhook/?topic=payment&id={provider_id}")).await.expect(200);
    world.orders.told(id, PaymentStatus::Approved).await;
}
