use std::time::Duration;

use domain::Timestamp;
use mercadopago::control::Delivered;
use mercadopago::signature::Casing;
use sandbox::TsUnit;
use testkit::eventually;

use crate::lab::{DEADLINE, Lab, browser, database};

async fn log(lab: &Lab, data_id: &str) -> Vec<Delivered> {
    let url = lab.at(&format!("sandbox/notifications?data_id={data_id}"));
    browser().get(url).send().await.expect("an answer").json().await.expect("the log")
}

/// Waits until the first notification of a payment stands in the log like that, and whoever sent it has put it down: only
/// then is it fixed when it is due again.
async fn until(lab: &Lab, data_id: &str, state: &str, attempts: u32) -> Delivered {
    let file = rusqlite::Connection::open(database(lab.dir.path())).expect("the sandbox's file");
    let held = "SELECT count(*) FROM outbox WHERE lease_token IS NOT NULL";
    eventually(DEADLINE, async || {
        let last = log(lab, data_id).await.pop()?;
        let held: u32 = file.query_row(held, [], |row| row.get(0)).expect("a count");
        (last.state == state && last.attempts == attempts && held == 0).then_some(last)
    })
    .await
}

#[tokio::test]
async fn a_change_is_told_at_once_in_mercadopagos_shape_and_signed() {
    let lab = Lab::start().await;
    let made = lab.client.create_pix(&lab.pix("ref-1"), "key-1").await.expect("a charge");
    lab.receiver.wait_for(1).await;
    lab.client.cancel_payment(&made.id, "key-2").await.expect("cancelled");
    let received = lab.receiver.wait_for(2).await;
    for (at, action) in [(0, "payment.created"), (1, "payment.updated")] {
        let one = &received[at];
        assert_eq!(one.query("kept"), Some("1"), "the address keeps its own query");
        assert_eq!((one.query("data.id"), one.query("type")), (Some(&*made.id), Some("payment")));
        assert_eq!((&one.body["action"], &one.body["type"]), (&action.into(), &"payment".into()));
        assert_eq!((&one.body["data"]["id"], &one.body["live_mode"]), (&made.id.as_str().into(), &false.into()));
        assert_eq!((&one.body["api_version"], one.body["id"].is_i64()), (&"v1".into(), true));
        assert_eq!(one.header("user-agent"), Some("MercadoPago WebHook v1.0 payment"));
        assert_eq!(one.header("x-socket-timeout"), Some("22000"));
        assert_eq!(one.header("x-retry"), Some("0"));
        let matched = one.check(lab.now()).expect("a genuine signature");
        assert_eq!(matched.signed_at, Timestamp::from_millis(lab.now().seconds() * 1000));
    }
    assert_ne!(received[0].body["id"], received[1].body["id"]);
}

#[tokio::test]
async fn what_is_not_accepted_comes_again_signed_anew_until_it_is() {
    let lab = Lab::start().await;
    lab.receiver.answer(503);
    let made = lab.client.create_pix(&lab.pix("ref-1"), "key-1").await.expect("a charge");
    let first = until(&lab, &made.id, "waiting", 1).await;
    assert_eq!(first.http_status, Some(503));
    lab.clock.advance(Duration::from_secs(15 * 60 - 5));
    // A charge of somebody else is told meanwhile: one receiver that is down holds up nobody.
    lab.client.create_pix(&lab.pix("ref-2"), "key-2").await.expect("a charge");
    let received = lab.receiver.wait_for(2).await;
    assert_ne!(received[1].query("data.id"), Some(&*made.id), "not before a quarter of an hour");

    lab.clock.advance(Duration::from_secs(6));
    until(&lab, &made.id, "waiting", 2).await;
    lab.receiver.answer(201);
    lab.clock.advance(Duration::from_secs(15 * 60 + 1));
    until(&lab, &made.id, "delivered", 3).await;
    let ours: Vec<_> = lab.receiver.received().into_iter().filter(|r| r.query("data.id") == Some(&*made.id)).collect();
    assert_eq!(ours.iter().map(|r| r.header("x-retry")).collect::<Vec<_>>(), [Some("0"), Some("1"), Some("2")]);
    assert!(ours[2].check(lab.now()).is_ok(), "the last one is signed now");
    assert!(ours[0].check(lab.now()).is_err(), "the first one was signed then");
    assert_eq!(ours[0].body["id"], ours[2].body["id"], "it is the same notification");
}

#[tokio::test]
async fn after_a_day_it_is_given_up() {
    let lab = Lab::with(|settings| settings.retry_scale = 0.0001).await;
    lab.receiver.answer(500);
    let made = lab.client.create_pix(&lab.pix("ref-1"), "key-1").await.expect("a charge");
    let last = eventually(DEADLINE, async || {
        lab.clock.advance(Duration::from_secs(10));
        log(&lab, &made.id).await.pop().filter(|one| one.state == "given_up")
    });
    assert_eq!(last.await.attempts, 10);
}

#[tokio::test]
async fn without_an_address_of_its_own_the_sandboxs_counts_and_without_any_nothing_is_sent() {
    let lab = Lab::start().await;
    let mut pix = lab.pix("ref-1");
    pix.notification_url = None;
    let made = lab.client.create_pix(&pix, "key-1").await.expect("a charge");
    assert_eq!(lab.receiver.wait_for(1).await[0].query("data.id"), Some(&*made.id));

    let silent = Lab::with(|settings| settings.notification_url = None).await;
    let made = silent.client.create_pix(&pix, "key-1").await.expect("a charge");
    assert!(log(&silent, &made.id).await.is_empty());
}

#[tokio::test]
async fn unit_and_casing_are_settings() {
    let lab = Lab::with(|settings| {
        settings.ts_unit = TsUnit::Millis;
        settings.casing = Casing::Lowercase;
    })
    .await;
    let raw = mercadopago::control::RawNotification {
        data_id: "ORD01ABC".to_owned(),
        body_data_id: Some("ORD02XYZ".to_owned()),
        topic: Some("order".to_owned()),
        action: Some("order.processed".to_owned()),
        url: None,
        delivery: mercadopago::control::Delivery::default(),
    };
    let sent = lab.control.notify(&raw).await.expect("sent");
    assert_eq!((sent.len(), sent[0].http_status), (1, Some(200)));
    let one = lab.receiver.wait_for(1).await.remove(0);
    let matched = one.check(lab.now()).expect("a genuine signature");
    assert_eq!((matched.casing, matched.signed_at), (Casing::Lowercase, lab.now()));
    assert_eq!((one.query("data.id"), one.query("type")), (Some("ORD01ABC"), Some("order")));
    assert_eq!(one.body["data"]["id"], "ORD02XYZ", "a body that says something else than what is signed");
}

#[tokio::test]
async fn a_pix_that_nobody_paid_expires_and_says_so() {
    let lab = Lab::start().await;
    let made = lab.client.create_pix(&lab.pix("ref-1"), "key-1").await.expect("a charge");
    let paid = lab.client.create_pix(&lab.pix("ref-1"), "key-2").await.expect("a charge");
    lab.control.move_payment(&paid.id, &mercadopago::control::Move::to("approved")).await.expect("moved");
    lab.receiver.wait_for(3).await;
    lab.clock.advance(Duration::from_secs(31 * 60 + 1));
    let received = lab.receiver.wait_for(4).await;
    assert_eq!(
        (received[3].query("data.id"), &received[3].body["action"]),
        (Some(&*made.id), &"payment.updated".into())
    );
    let expired = lab.client.get_payment(&made.id).await.expect("the payment");
    assert_eq!((&*expired.status, &*expired.status_detail), ("cancelled", "expired"));
    assert_eq!(lab.client.get_payment(&paid.id).await.expect("the payment").status, "approved");
}
