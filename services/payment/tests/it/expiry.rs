//! The end of the time to pay.

use std::time::Duration;

use domain::PaymentStatus;

use crate::provider::Fault;
use crate::world::{World, body, reconciling};

const OVER: Duration = Duration::from_secs(30 * 60 + 1);

#[tokio::test]
async fn at_its_end_a_charge_is_given_up_at_mercadopago() {
    let world = World::with(reconciling()).await;
    let mut payments = Vec::new();
    for method in ["pix", "checkout", "counter"] {
        payments.push(world.create(&body(method)).await);
    }
    world.clock.advance(OVER);
    for payment in payments {
        let seen = world.reaches(payment.payment_id, PaymentStatus::Cancelled).await;
        assert_eq!(seen.status_detail, "expired");
        world.orders.told(payment.payment_id, PaymentStatus::Cancelled).await;
    }
    assert_eq!(world.provider.keys_of("cancel").len(), 1);
    assert_eq!(world.provider.keys_of("close_preference").len(), 1);
}

#[tokio::test]
async fn money_of_the_last_second_is_money() {
    let world = World::with(reconciling()).await;
    let payment = world.pix().await;
    world.provider.lock().set(payment.provider_payment_id.as_ref().unwrap(), "approved", "accredited");
    world.clock.advance(OVER);
    world.reaches(payment.payment_id, PaymentStatus::Approved).await;
}

#[tokio::test]
async fn a_charge_that_was_never_made_expires_too() {
    let world = World::with(reconciling()).await;
    world.provider.fail_next(std::iter::repeat_n(Fault::Status(500), 1000));
    let payment = world.pix().await;
    world.clock.advance(OVER + Duration::from_secs(120));
    let seen = world.reaches(payment.payment_id, PaymentStatus::Cancelled).await;
    assert_eq!((seen.status_detail.as_str(), seen.provider_payment_id), ("expired", None));
    world.orders.told(payment.payment_id, PaymentStatus::Cancelled).await;
}

#[tokio::test]
async fn a_charge_whose_expiry_came_too_near_is_looked_for_and_sent_with_a_later_one() {
    let world = World::start().await;
    world.provider.fail_next([Fault::Status(500), Fault::Status(500), Fault::Status(500)]);
    let payment = world.pix().await;
    world.clock.advance(Duration::from_secs(5 * 60));
    testkit::eventually(crate::world::SOON, || async { world.payment(payment.payment_id).await.qr_code }).await;
    let until: domain::Timestamp =
        world.provider.lock().last_body["date_of_expiration"].as_str().unwrap().parse().unwrap();
    assert!(until.since(domain::Clock::now(&*world.clock)) >= Duration::from_secs(30 * 60));
    assert_eq!(world.provider.lock().payments.len(), 1);
}

#[tokio::test]
async fn on_a_closed_checkout_a_payment_that_was_just_begun_is_given_up_as_well() {
    let world = World::with(reconciling()).await;
    let checkout = world.create(&body("checkout")).await;
    world.clock.advance(OVER);
    world.reaches(checkout.payment_id, PaymentStatus::Cancelled).await;
    let begun = world.provider.lock().pay_checkout(&checkout.payment_id.to_string(), 35.0, "pending");
    testkit::eventually(crate::world::SOON, || async {
        (world.provider.lock().payments[&begun]["status"] == "cancelled").then_some(())
    })
    .await;
    assert_eq!(world.payment(checkout.payment_id).await.status, PaymentStatus::Cancelled);
}
