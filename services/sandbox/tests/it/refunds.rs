//! Refunds that MercadoPago can't carry out at once.

use std::time::Duration;

use domain::Money;
use mercadopago::Error;
use mercadopago::control::{Chaos, Move, RefundEnd};
use serde_json::{Value, json};
use testkit::eventually;

use crate::lab::{DEADLINE, Lab, browser};

async fn paid(lab: &Lab, settles: Option<u64>) -> String {
    let made = lab.client.create_pix(&lab.pix("ref-1"), "key-1").await.expect("a charge");
    lab.control.move_payment(&made.id, &Move::to("approved")).await.expect("moved");
    let chaos = Chaos { refunds_in_process: 1.0, refund_settles_ms: settles, ..Chaos::default() };
    lab.control.set_chaos(&chaos).await.expect("set");
    made.id
}

#[tokio::test]
async fn a_slow_refund_is_approved_or_rejected_when_the_panel_says() {
    let lab = Lab::start().await;
    let id = paid(&lab, None).await;
    let part = Some(Money::from_centavos(1000));
    let slow = lab.client.refund(&id, part, "refund-1").await.expect("taken");
    assert_eq!(slow.status, "in_process");
    let payment = lab.client.get_payment(&id).await.expect("the payment");
    assert_eq!((&*payment.status, payment.refunded.centavos()), ("approved", 0));
    assert_eq!(lab.client.refund(&id, part, "refund-1").await.expect("the same").id, slow.id);
    let too_much = lab.client.refund(&id, Some(Money::from_centavos(2501)), "refund-2").await;
    assert!(matches!(too_much, Err(Error::Refused { status: 400, .. })), "what is on its way is not there twice");
    lab.clock.advance(Duration::from_secs(3600));
    let before = lab.receiver.received().len();
    let ended = lab.control.finish_refunds(&id, RefundEnd::Approved).await.expect("ended");
    assert_eq!(ended.iter().map(|one| (&*one.id, &*one.status)).collect::<Vec<_>>(), [(&*slow.id, "approved")]);
    lab.receiver.wait_for(before + 1).await;
    let payment = lab.client.get_payment(&id).await.expect("the payment");
    assert_eq!((&*payment.status_detail, payment.refunded.centavos()), ("partially_refunded", 1000));

    lab.client.refund(&id, None, "refund-3").await.expect("taken");
    let shown = lab.control.payments("ref-1").await.expect("a list").remove(0);
    assert_eq!((shown.refunds, shown.refunds_in_process), (1, 1));
    lab.control.finish_refunds(&id, RefundEnd::Rejected).await.expect("ended");
    let last = lab.client.list_refunds(&id).await.expect("a list").pop().expect("a refund");
    assert_eq!((&*last.status, last.amount.centavos()), ("rejected", 2500));
    assert_eq!(lab.client.get_payment(&id).await.expect("the payment").refunded.centavos(), 1000);
    let nothing = lab.control.finish_refunds(&id, RefundEnd::Approved).await;
    assert!(matches!(nothing, Err(Error::Refused { status: 409, .. })));
}

#[tokio::test]
async fn a_slow_refund_arrives_by_itself_in_its_time() {
    let lab = Lab::start().await;
    let id = paid(&lab, Some(60_000)).await;
    assert_eq!(lab.client.refund(&id, None, "refund-1").await.expect("taken").status, "in_process");
    lab.clock.advance(Duration::from_secs(61));
    let payment = eventually(DEADLINE, async || {
        Some(lab.client.get_payment(&id).await.expect("the payment")).filter(|payment| payment.status == "refunded")
    });
    assert_eq!(payment.await.refunded.centavos(), 3500);
}

#[tokio::test]
async fn who_does_not_say_that_it_can_wait_is_refused() {
    let lab = Lab::start().await;
    let id = paid(&lab, None).await;
    let bare = browser().post(lab.at(&format!("v1/payments/{id}/refunds"))).bearer_auth("TEST-1");
    let answer = bare.header("x-idempotency-key", "refund-1").json(&json!({})).send().await.expect("an answer");
    assert_eq!(answer.status(), 400);
    assert_eq!(answer.json::<Value>().await.expect("JSON")["cause"][0]["code"], 2018);
    assert!(lab.client.list_refunds(&id).await.expect("a list").is_empty());
    lab.control.set_chaos(&Chaos::default()).await.expect("set");
    assert_eq!(lab.client.refund(&id, None, "refund-1").await.expect("refunded").status, "approved");
}
