//! MercadoPago fails, and the order service too.

use std::time::Duration;

use domain::{PaymentId, PaymentStatus};
use payment::Timings;
use payment::store::Schedule;
use testkit::eventually;

use crate::provider::Fault;
use crate::world::{SOON, World, body, timings};

/// Each fault on the way leaves one charge, made with one key.
async fn survives(faults: &[Fault]) {
    let world = World::start().await;
    world.provider.fail_next(faults.iter().copied());
    let payment = world.create(&body("pix")).await;
    assert_eq!(payment.status, PaymentStatus::Pending);
    let charged = eventually(SOON, || async {
        Some(world.payment(payment.payment_id).await).filter(|payment| payment.qr_code.is_some())
    });
    charged.await;
    let keys = world.provider.keys_of("create");
    assert_eq!(keys.len(), faults.len() + 1);
    assert!(keys.iter().all(|key| *key == payment.payment_id.to_string()), "{keys:?}");
    assert_eq!(world.provider.lock().payments.len(), 1);
}

#[tokio::test]
async fn an_error_of_mercadopago_is_tried_again() {
    survives(&[Fault::Status(500), Fault::Status(503)]).await;
}

#[tokio::test]
async fn being_asked_to_wait_is_waited_for() {
    survives(&[Fault::Busy(1)]).await;
}

#[tokio::test]
async fn a_page_of_a_proxy_and_a_request_that_is_still_running_are_tried_again() {
    survives(&[Fault::Page, Fault::Status(423)]).await;
}

#[tokio::test]
async fn nothing_is_asked_before_mercadopago_wants_to_be_asked_again() {
    let world = World::start().await;
    world.provider.fail_next([Fault::Busy(600)]);
    let waits = world.pix().await;
    // A success brings back what merely failed, but not what was told to wait.
    assert!(world.pix().await.qr_code.is_some());
    world.provider.lock().faults.clear();
    let tries = || world.provider.keys_of("create").iter().filter(|key| **key == waits.payment_id.to_string()).count();
    assert_eq!((tries(), world.payment(waits.payment_id).await.qr_code), (1, None));
    world.clock.advance(Duration::from_secs(601));
    let charged = eventually(SOON, || async {
        Some(world.payment(waits.payment_id).await).filter(|payment| payment.qr_code.is_some())
    });
    charged.await;
    assert_eq!(tries(), 2);
}

#[tokio::test]
async fn an_answer_that_never_came_makes_no_second_charge() {
    survives(&[Fault::BrokenSuccess]).await;
}

#[tokio::test]
async fn a_slow_mercadopago_delays_the_code_and_not_the_answer() {
    let timings = Timings { answer_wait: Duration::from_millis(50), ..timings() };
    let world = World::with(timings).await;
    world.provider.hold(true);
    let payment = world.create(&body("pix")).await;
    assert_eq!((payment.status, payment.qr_code), (PaymentStatus::Pending, None));
    assert_eq!(payment.status_detail, "waiting_for_provider");
    world.provider.hold(false);
    let notice = eventually(SOON, || async {
        world.orders.notices(payment.payment_id).into_iter().find(|notice| notice.qr_code.is_some())
    });
    assert_eq!(notice.await.status, PaymentStatus::Pending);
    assert_eq!(world.provider.lock().payments.len(), 1);
}

#[tokio::test]
async fn a_charge_that_is_refused_for_good_is_rejected_and_the_order_may_try_again() {
    let world = World::start().await;
    world.provider.fail_next([Fault::Status(400)]);
    let asked = body("pix");
    let payment = world.create(&asked).await;
    assert_eq!((payment.status, payment.status_detail.as_str()), (PaymentStatus::Rejected, "refused_by_provider"));
    world.orders.told(payment.payment_id, PaymentStatus::Rejected).await;
    assert_eq!(world.create(&asked).await.status, PaymentStatus::Pending);
}

#[tokio::test]
async fn a_refusal_after_an_unheard_success_does_not_lose_the_charge() {
    let world = World::start().await;
    world.provider.fail_next([Fault::BrokenSuccess, Fault::Status(400)]);
    let payment = world.create(&body("pix")).await;
    let found = eventually(SOON, || async {
        Some(world.payment(payment.payment_id).await).filter(|payment| payment.qr_code.is_some())
    });
    assert_eq!(found.await.status, PaymentStatus::Pending);
}

/// A Pix whose charge MercadoPago made without being heard; then come these faults, and searches that find nothing.
async fn unheard(timings: Timings, faults: &[Fault]) -> (World, PaymentId) {
    let world = World::with(timings).await;
    world.provider.lock().search_lags = true;
    world.provider.fail_next([Fault::BrokenSuccess]);
    world.provider.fail_next(faults.iter().copied());
    let id = world.pix().await.payment_id;
    eventually(SOON, || async { (world.provider.lock().searches > 0).then_some(()) }).await;
    (world, id)
}

#[tokio::test]
async fn a_search_that_finds_nothing_yet_does_not_lose_the_charge() {
    for fault in [Fault::Status(400), Fault::Repeat] {
        let timings = Timings { answer_wait: Duration::from_millis(20), ..timings() };
        let (world, id) = unheard(timings, &[fault]).await;
        assert_eq!(world.payment(id).await.status, PaymentStatus::Pending, "{fault:?}");
        world.clock.advance(Duration::from_secs(6));
        let found = eventually(SOON, || async { Some(world.payment(id).await).filter(|p| p.qr_code.is_some()) }).await;
        assert_eq!(found.status, PaymentStatus::Pending);
        assert_eq!(world.provider.lock().payments.len(), 1);
    }
}

#[tokio::test]
async fn a_repeat_that_mercadopago_refuses_is_found_by_searching() {
    let world = World::start().await;
    world.provider.fail_next([Fault::BrokenSuccess, Fault::Repeat]);
    let payment = world.pix().await;
    eventually(SOON, || async { world.payment(payment.payment_id).await.qr_code }).await;
    assert_eq!(world.provider.keys_of("create").len(), 2);
}

#[tokio::test]
async fn a_charge_that_shows_up_after_its_refusal_was_believed_is_given_up() {
    let timings = Timings { answer_wait: Duration::from_millis(20), ..crate::world::reconciling() };
    let (world, id) = unheard(timings, &[Fault::Status(400); 50]).await;
    assert_eq!(world.payment(id).await.status, PaymentStatus::Pending);
    world.clock.advance(Duration::from_secs(121));
    world.reaches(id, PaymentStatus::Rejected).await;
    {
        let mut provider = world.provider.lock();
        provider.faults.clear();
        provider.search_lags = false;
    }
    let cancelled = || world.provider.lock().payments.values().all(|payment| payment["status"] == "cancelled");
    eventually(SOON, || async { cancelled().then_some(()) }).await;
    assert_eq!(world.payment(id).await.status, PaymentStatus::Rejected);
}

#[tokio::test]
async fn nothing_found_where_charges_are_made_is_no_verdict() {
    survives(&[Fault::Status(404)]).await;
}

#[tokio::test]
async fn a_page_of_a_proxy_is_not_what_the_order_service_says() {
    let world = World::start().await;
    let payment = world.pix().await;
    world.quiet().await;
    world.orders.set_away(true);
    let provider_id = payment.provider_payment_id.unwrap();
    world.provider.lock().set(&provider_id, "approved", "accredited");
    world.notify(&provider_id).await.expect(200);
    eventually(SOON, || async { (world.orders.pages() > 1).then_some(()) }).await;
    world.orders.set_away(false);
    world.orders.told(payment.payment_id, PaymentStatus::Approved).await;
    assert_eq!(world.dead_letters().await, 0);
}

#[tokio::test]
async fn an_order_service_that_is_down_hears_of_it_later() {
    let world = World::start().await;
    let payment = world.pix().await;
    world.quiet().await;
    world.orders.set_down(true);
    let provider_id = payment.provider_payment_id.unwrap();
    world.provider.lock().set(&provider_id, "approved", "accredited");
    world.notify(&provider_id).await.expect(200);
    world.reaches(payment.payment_id, PaymentStatus::Approved).await;
    world.orders.turned_away().await;
    assert!(world.orders.notices(payment.payment_id).iter().all(|notice| notice.status == PaymentStatus::Pending));
    world.orders.set_down(false);
    let notice = world.orders.told(payment.payment_id, PaymentStatus::Approved).await;
    assert_eq!((notice.paid_amount, notice.amount), (payment.amount, payment.amount));
    world.quiet().await;
    let versions: Vec<u64> = world.orders.notices(payment.payment_id).iter().map(|notice| notice.version).collect();
    assert!(versions.is_sorted(), "{versions:?}");
}

#[tokio::test]
async fn an_order_service_that_says_no_leaves_a_dead_letter() {
    let world = World::start().await;
    world.orders.refuse(true);
    world.pix().await;
    eventually(SOON, || async { (world.dead_letters().await == 1).then_some(()) }).await;
}

#[tokio::test]
async fn nobody_misses_the_news_of_an_order_that_never_was_until_money_comes_for_it() {
    let world = World::start().await;
    world.orders.set_empty(true);
    let payment = world.pix().await;
    world.quiet().await;
    assert_eq!(world.dead_letters().await, 0);
    let provider_id = payment.provider_payment_id.unwrap();
    world.provider.lock().set(&provider_id, "approved", "accredited");
    world.notify(&provider_id).await.expect(200);
    eventually(SOON, || async { (world.dead_letters().await == 1).then_some(()) }).await;
}

#[tokio::test]
async fn a_lost_notification_is_found_by_asking() {
    let world = World::with(crate::world::reconciling()).await;
    let pix = world.pix().await;
    let checkout = world.create(&body("checkout")).await;
    world.provider.lock().set(pix.provider_payment_id.as_ref().unwrap(), "approved", "accredited");
    world.provider.lock().pay_checkout(&checkout.payment_id.to_string(), 35.0, "approved");
    world.orders.told(pix.payment_id, PaymentStatus::Approved).await;
    world.orders.told(checkout.payment_id, PaymentStatus::Approved).await;
}

/// Where each failure counted, the wait would have doubled to minutes.
#[tokio::test]
async fn an_answer_that_fails_does_not_make_the_next_question_wait_longer() {
    let schedule = Schedule { first: Duration::from_millis(20), max: Duration::from_secs(3600) };
    let world = World::with(Timings { schedule, ..timings() }).await;
    let pix = world.pix().await;
    world.provider.lock().read_status = Some(500);
    eventually(SOON, || async { (world.provider.lock().reads > 15).then_some(()) }).await;
    let provider_id = pix.provider_payment_id.unwrap();
    {
        let mut provider = world.provider.lock();
        provider.read_status = None;
        provider.set(&provider_id, "approved", "accredited");
    }
    world.orders.told(pix.payment_id, PaymentStatus::Approved).await;
}

#[tokio::test]
async fn what_was_begun_goes_on_after_a_restart() {
    let timings = Timings { answer_wait: Duration::from_millis(20), ..timings() };
    let world = World::with(timings).await;
    world.provider.fail_next([Fault::Status(500)]);
    let payment = world.create(&body("pix")).await;
    let world = world.restart().await;
    let charged = eventually(SOON, || async {
        Some(world.payment(payment.payment_id).await).filter(|payment| payment.qr_code.is_some())
    });
    charged.await;
    assert_eq!(world.provider.lock().payments.len(), 1);
}
