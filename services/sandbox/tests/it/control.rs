use std::time::Duration;

use mercadopago::control::{Chaos, Delivery, Move, Signing};
use mercadopago::signature::SignatureError;
use mercadopago::{Client, Error, Item, NewPreference, Settings};
use secrecy::SecretString;
use serde_json::{Value, json};
use testkit::eventually;

use crate::lab::{DEADLINE, Lab, browser};

fn delivered(delivery: Delivery) -> Move {
    Move { delivery, ..Move::to("approved") }
}

#[tokio::test]
async fn a_move_answers_after_its_notifications_were_answered() {
    let lab = Lab::start().await;
    let made = lab.client.create_pix(&lab.pix("ref-1"), "key-1").await.expect("a charge");
    lab.receiver.wait_for(1).await;
    let wanted = delivered(Delivery { duplicate: 3, ..Delivery::default() });
    let moved = lab.control.move_payment(&made.id, &wanted).await.expect("moved");
    assert_eq!((moved.moved, moved.deliveries.len()), (true, 4));
    assert!(moved.deliveries.iter().all(|d| d.http_status == Some(200) && d.state == "delivered"));
    let received = lab.receiver.received();
    assert_eq!(received.len(), 5, "all had arrived");
    assert!(received.iter().all(|one| one.check(lab.now()).is_ok()));

    lab.receiver.answer(418);
    let moved = lab.control.move_payment(&made.id, &Move::to("charged_back")).await.expect("moved");
    assert_eq!((moved.deliveries[0].http_status, &*moved.deliveries[0].state), (Some(418), "waiting"));
}

#[tokio::test]
async fn every_status_has_its_usual_detail_and_any_word_can_be_told() {
    let lab = Lab::start().await;
    let mut details = Vec::new();
    for (n, status) in
        ["approved", "rejected", "in_process", "cancelled", "refunded", "charged_back", "in_mediation", "teleported"]
            .into_iter()
            .enumerate()
    {
        let made = lab.client.create_pix(&lab.pix("ref-1"), &format!("key-{n}")).await.expect("a charge");
        lab.control.move_payment(&made.id, &Move::to(status)).await.expect("moved");
        let now = lab.client.get_payment(&made.id).await.expect("the payment");
        assert!(now.updated_at > made.updated_at);
        details.push((now.status, now.status_detail, now.refunded.centavos()));
    }
    let expected = [
        ("approved", "accredited", 0),
        ("rejected", "rejected_by_bank", 0),
        ("in_process", "pending_contingency", 0),
        ("cancelled", "by_payer", 0),
        ("refunded", "refunded", 3500),
        ("charged_back", "settled", 0),
        ("in_mediation", "pending", 0),
        ("teleported", "", 0),
    ];
    let expected = expected.map(|(status, detail, refunded)| (status.to_owned(), detail.to_owned(), refunded));
    assert_eq!(details, expected);
}

#[tokio::test]
async fn reorder_tells_the_news_before_the_creation() {
    let lab = Lab::start().await;
    let made = lab.client.create_pix(&lab.pix("ref-1"), "key-1").await.expect("a charge");
    lab.receiver.wait_for(1).await;
    let wanted = delivered(Delivery { reorder: true, delay_ms: 20, ..Delivery::default() });
    lab.control.move_payment(&made.id, &wanted).await.expect("moved");
    let actions: Vec<Value> = lab.receiver.received().into_iter().skip(1).map(|r| r.body["action"].clone()).collect();
    assert_eq!(actions, ["payment.updated", "payment.created"]);
}

#[tokio::test]
async fn drop_moves_and_tells_nobody() {
    let lab = Lab::start().await;
    let made = lab.client.create_pix(&lab.pix("ref-1"), "key-1").await.expect("a charge");
    lab.receiver.wait_for(1).await;
    let wanted = delivered(Delivery { notify: false, ..Delivery::default() });
    let moved = lab.control.move_payment(&made.id, &wanted).await.expect("moved");
    assert_eq!((moved.moved, moved.deliveries.len()), (true, 0));
    assert_eq!(lab.client.get_payment(&made.id).await.expect("the payment").status, "approved");
    assert_eq!(lab.receiver.received().len(), 1);
}

#[tokio::test]
async fn what_is_not_genuine_moves_nothing_and_is_sent_once() {
    let lab = Lab::start().await;
    let made = lab.client.create_pix(&lab.pix("ref-1"), "key-1").await.expect("a charge");
    lab.receiver.wait_for(1).await;
    lab.receiver.answer(401);
    let cases = [
        (Delivery { forge: true, ..Delivery::default() }, Signing::Forged),
        (Delivery { wrong_secret: true, ..Delivery::default() }, Signing::WrongSecret),
        (Delivery { stale_ts: true, ..Delivery::default() }, Signing::StaleTs),
    ];
    for (n, (delivery, signing)) in cases.into_iter().enumerate() {
        let moved = lab.control.move_payment(&made.id, &delivered(delivery)).await.expect("sent");
        assert_eq!((moved.moved, &*moved.payment.status), (false, "pending"));
        let one = &moved.deliveries[0];
        assert_eq!((one.signing, one.http_status, &*one.state), (signing, Some(401), "given_up"));
        let received = lab.receiver.received();
        assert_eq!(received.len(), n + 2);
        let check = received[n + 1].check(lab.now()).expect_err("not genuine");
        match signing {
            Signing::StaleTs => assert!(matches!(check, SignatureError::OutOfTolerance { ahead: false, .. })),
            _ => assert_eq!(check, SignatureError::Mismatch),
        }
    }
}

#[tokio::test]
async fn a_checkout_is_paid_once_unless_forced() {
    let lab = Lab::start().await;
    let new = NewPreference {
        items: vec![Item { title: "X".to_owned(), quantity: 1, unit_price: domain::Money::from_centavos(500) }],
        external_reference: "ref-1".to_owned(),
        payer_email: None,
        notification_url: Some(lab.receiver.url.clone()),
        expires_at: None,
        back_urls: None,
    };
    let made = lab.client.create_preference(&new, "key-1").await.expect("a checkout");
    let refused = lab.control.pay_preference(&made.id, &Move::to("rejected")).await.expect("tried");
    let paid = lab.control.pay_preference(&made.id, &Move::to("approved")).await.expect("paid");
    assert_ne!(refused.payment.id, paid.payment.id, "each try is a payment of its own");
    let again = lab.control.pay_preference(&made.id, &Move::to("approved")).await;
    assert!(matches!(again, Err(Error::Refused { status: 409, .. })));
    let forced = Move { force: true, ..Move::to("approved") };
    lab.control.pay_preference(&made.id, &forced).await.expect("paid twice");
    let statuses: Vec<_> =
        lab.client.search_payments("ref-1").await.expect("a list").into_iter().map(|p| p.status).collect();
    assert_eq!(statuses, ["approved", "approved", "rejected"]);
    assert_eq!(lab.receiver.received().len(), 3);
}

#[tokio::test]
async fn faults_happen_as_told_and_end() {
    let lab = Lab::start().await;
    let always = |change: fn(&mut Chaos)| {
        let mut chaos = Chaos::default();
        change(&mut chaos);
        chaos
    };
    let create = || async { lab.client.create_pix(&lab.pix("ref-1"), "key-1").await.expect_err("a failure") };
    lab.control.set_chaos(&always(|f| f.rate_limited = 1.0)).await.expect("set");
    assert_eq!(create().await.retry_after(), Some(Duration::from_secs(1)));
    lab.control.set_chaos(&always(|f| f.locked = 1.0)).await.expect("set");
    assert!(matches!(create().await, Error::Busy { status: 423, .. }));
    for faults in [always(|f| f.server_error = 1.0), always(|f| f.bad_gateway = 1.0)] {
        lab.control.set_chaos(&faults).await.expect("set");
        assert!(create().await.outcome_unknown());
    }
    let hasty = Client::new(Settings {
        base_url: lab.url.clone(),
        access_token: SecretString::from("TEST-1"),
        timeout: Duration::from_millis(500),
        user_agent: "test".to_owned(),
    })
    .expect("a client");
    lab.control.set_chaos(&always(|f| f.timeout_before_commit = 1.0)).await.expect("set");
    assert!(hasty.create_pix(&lab.pix("ref-1"), "key-1").await.expect_err("no answer").outcome_unknown());
    assert!(lab.control.payments("ref-1").await.expect("a list").is_empty(), "none of these did anything");

    lab.control.set_chaos(&always(|f| f.timeout_after_commit = 1.0)).await.expect("set");
    // Whoever gives up sooner than the sandbox has done it would find nothing.
    let (patient, pix) = (lab.client.clone(), lab.pix("ref-1"));
    let hangs = tokio::spawn(async move { patient.create_pix(&pix, "key-1").await });
    eventually(DEADLINE, || async {
        let made = lab.control.payments("ref-1").await.expect("a list");
        (made.len() == 1).then_some(())
    })
    .await;
    hangs.abort();
    assert!(hangs.await.is_err_and(|end| end.is_cancelled()), "there was no answer");
    let done = browser().delete(lab.at("sandbox/chaos")).send().await.expect("an answer");
    assert_eq!(done.status(), 204);
    let found = lab.client.search_payments("ref-1").await.expect("a list");
    assert_eq!(found.len(), 1, "it was done all the same");
    let same = lab.client.create_pix(&lab.pix("ref-1"), "key-1").await.expect("the same charge");
    assert_eq!(same.id, found[0].id);
}

#[tokio::test]
async fn bad_orders_are_refused_with_every_fault() {
    let lab = Lab::start().await;
    let made = lab.client.create_pix(&lab.pix("ref-1"), "key-1").await.expect("a charge");
    let post = async |path: &str, body: Value| {
        let answer = browser().post(lab.at(path)).json(&body).send().await.expect("an answer");
        (answer.status().as_u16(), answer.json::<Value>().await.expect("JSON"))
    };
    let path = format!("sandbox/payments/{}/status", made.id);
    let (status, body) = post(&path, json!({ "status": "NO", "delivery": { "duplicate": 101, "bribe": 1 } })).await;
    assert_eq!((status, &body["code"]), (422, &json!("invalid_body")));
    let pointers: Vec<_> = body["errors"].as_array().expect("faults").iter().map(|f| f["pointer"].clone()).collect();
    for pointer in ["/status", "/delivery/duplicate", "/delivery/bribe"] {
        assert!(pointers.contains(&json!(pointer)), "{pointer} in {pointers:?}");
    }
    assert_eq!(post("sandbox/payments/1/status", json!({ "status": "approved" })).await.0, 404);
    assert_eq!(post("sandbox/preferences/x/pay", json!({ "status": "approved" })).await.0, 404);
    assert_eq!(post("sandbox/chaos", json!({ "locked": 2 })).await.0, 422);
    assert_eq!(post("sandbox/notifications", json!({ "data_id": "1", "url": "file:///etc" })).await.0, 422);
    assert_eq!(lab.client.get_payment(&made.id).await.expect("the payment").status, "pending");
}

#[tokio::test]
async fn it_is_documented_and_healthy() {
    let lab = Lab::start().await;
    let get = async |path: &str| {
        let answer = browser().get(lab.at(path)).send().await.expect("an answer");
        (answer.status().as_u16(), answer.json::<Value>().await.expect("JSON"))
    };
    assert_eq!(get("health").await.1["service"], "sandbox");
    let ready = eventually(DEADLINE, || async { Some(get("ready").await).filter(|(status, _)| *status == 200) }).await;
    assert_eq!(
        ready.1,
        json!({ "ready": true, "dependencies": [{ "name": "store", "ready": true, "required": true }] })
    );
    let document = get("openapi.json").await.1;
    assert_eq!(document, serde_json::to_value(sandbox::openapi()).expect("JSON"));
    for path in ["/v1/payments", "/checkout/preferences/{id}", "/sandbox/payments/{id}/status", "/sandbox/chaos"] {
        assert!(document["paths"][path].is_object(), "{path}");
    }
    assert!(document["components"]["schemas"]["Move"].is_object());
}
