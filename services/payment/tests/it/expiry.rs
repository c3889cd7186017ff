//! The end of the time to pay.

use std::time::Duration;

use domain::PaymentStatus;
use payment::Timings;

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
async fn payments_that_somebody_damaged_do_not_keep_the_others_from_their_end() {
    let timings = Timings { reconcile_batch: 2, ..reconciling() };
    let world = World::with(timings).await;
    let damaged = [world.pix().await, world.pix().await, world.pix().await];
    let other = world.pix().await;
    let file = rusqlite::Connection::open(world.file()).unwrap();
    file.busy_timeout(crate::world::SOON).unwrap();
    // Due before any other, and more than a batch of them.
    let damage = "UPDATE payments SET value = json_set(value, '$.amount', 'Joaquim'), next_check_at = 1 WHERE id = ?1";
    for payment in &damaged {
        assert_eq!(file.execute(damage, [payment.payment_id.to_string()]).unwrap(), 1);
    }
    world.clock.advance(OVER);
    world.reaches(other.payment_id, PaymentStatus::Cancelled).await;
    let listed: Vec<api::payment::Payment> = world.admin().get("/payments").await.expect(200).parse();
    assert_eq!(listed.iter().map(|payment| payment.payment_id).collect::<Vec<_>>(), [other.payment_id]);
    let path = format!("/payments/{}", damaged[0].payment_id);
    world.admin().expecting_faults().get(&path).await.refused(api::ProblemKind::Internal);
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
