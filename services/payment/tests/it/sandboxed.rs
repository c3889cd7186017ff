//! The same service against the real sandbox, which notifies by itself.

use std::time::Duration;

use api::payment::Payment;
use domain::PaymentStatus;
use mercadopago::control::{Chaos, Control, Delivery, Move};
use sandbox::{Sandbox, Settings};
use secrecy::SecretString;
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::provider::Provider;
use crate::world::{SECRET, SOON, World, body, reconciling, timings};

struct Real {
    world: World,
    control: Control,
    shutdown: CancellationToken,
    _dir: testkit::TempDir,
}

impl Drop for Real {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

async fn real() -> Real {
    real_with(timings()).await
}

async fn real_with(timings: payment::Timings) -> Real {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url: Url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let dir = testkit::temp_dir();
    let settings = Settings::new(dir.path().join("sandbox.db"), url.clone(), SecretString::from(SECRET));
    let sandbox: Sandbox = sandbox::open(settings).await.expect("the sandbox opens");
    let shutdown = CancellationToken::new();
    tokio::spawn(web::serve(sandbox.router(), listener, shutdown.clone()));
    let (worker, end) = (sandbox.clone(), shutdown.clone());
    tokio::spawn(async move { worker.run(end).await });
    let control = Control::new(url.clone(), Duration::from_secs(20)).expect("a client");
    let world = World::against(Provider::start(), url, timings).await;
    Real { world, control, shutdown, _dir: dir }
}

#[tokio::test]
async fn a_pix_is_made_paid_and_given_back() {
    let real = real().await;
    let payment = real.world.pix().await;
    let code = mercadopago::brcode::parse(payment.qr_code.as_ref().unwrap()).expect("a valid BR Code");
    assert_eq!(code.amount, Some(payment.amount));
    let provider_id = payment.provider_payment_id.as_ref().unwrap();
    let moved = real.control.move_payment(provider_id, &Move::to("approved")).await.expect("the sandbox moves it");
    assert!(moved.deliveries.iter().all(|d| d.http_status == Some(200)));
    real.world.orders.told(payment.payment_id, PaymentStatus::Approved).await;
    let path = format!("/payments/{}/refund", payment.payment_id);
    let part: Payment =
        real.world.caller().post(&path, &json!({ "amount": 5, "reason": "x" })).await.expect(200).parse();
    assert_eq!((part.status, part.refunded_amount.centavos()), (PaymentStatus::Approved, 500));
    let rest: Payment = real.world.caller().post(&path, &json!({ "reason": "x" })).await.expect(200).parse();
    assert_eq!((rest.status, rest.refunded_amount), (PaymentStatus::Refunded, payment.amount));
}

#[tokio::test]
async fn a_checkout_is_tried_and_paid() {
    let real = real().await;
    let payment = real.world.create(&body("checkout")).await;
    let preference = payment.provider_payment_id.clone().unwrap();
    real.control.pay_preference(&preference, &Move::to("rejected")).await.expect("a try");
    real.world.quiet().await;
    assert_eq!(real.world.payment(payment.payment_id).await.status, PaymentStatus::Pending);
    real.control.pay_preference(&preference, &Move::to("approved")).await.expect("a payment");
    real.world.orders.told(payment.payment_id, PaymentStatus::Approved).await;
}

#[tokio::test]
async fn hostile_deliveries_are_harmless() {
    let real = real().await;
    let payment = real.world.pix().await;
    let id = payment.provider_payment_id.unwrap();
    for delivery in [
        Delivery { forge: true, ..Delivery::default() },
        Delivery { wrong_secret: true, ..Delivery::default() },
        Delivery { stale_ts: true, ..Delivery::default() },
    ] {
        let refused = real.control.move_payment(&id, &Move { delivery, ..Move::to("approved") }).await.unwrap();
        assert!(!refused.moved);
        assert!(refused.deliveries.iter().all(|d| d.http_status == Some(401)), "{:#?}", refused.deliveries);
    }
    let delivery = Delivery { duplicate: 5, reorder: true, ..Delivery::default() };
    real.control.move_payment(&id, &Move { delivery, ..Move::to("approved") }).await.expect("it moves");
    real.world.orders.told(payment.payment_id, PaymentStatus::Approved).await;
    real.world.quiet().await;
    let log = real.world.events(payment.payment_id).await;
    assert_eq!(log.iter().filter(|event| event.kind == "status").count(), 1, "{log:#?}");
}

#[tokio::test]
async fn a_sandbox_that_fails_often_charges_once() {
    let real = real().await;
    let faults = [
        Chaos { server_error: 1.0, ..Chaos::default() },
        Chaos { rate_limited: 1.0, ..Chaos::default() },
        Chaos { bad_gateway: 1.0, ..Chaos::default() },
    ];
    real.control.set_chaos(&faults[0]).await.expect("faults");
    let payment = real.world.pix().await;
    for fault in &faults {
        real.control.set_chaos(fault).await.expect("faults");
        testkit::eventually(SOON, || async {
            let done = real.control.chaos().await.expect("the sandbox answers").done;
            (done.requests > 0).then_some(())
        })
        .await;
    }
    assert_eq!(real.world.payment(payment.payment_id).await.provider_payment_id, None);
    real.control.set_chaos(&Chaos::default()).await.expect("no faults");
    let charged =
        testkit::eventually(SOON, || async { real.world.payment(payment.payment_id).await.provider_payment_id });
    let id = charged.await;
    let made = real.control.payments(&payment.payment_id.to_string()).await.expect("the sandbox answers");
    assert_eq!(made.iter().map(|made| made.id.as_str()).collect::<Vec<_>>(), [id.as_str()]);
}

#[tokio::test]
async fn a_charge_is_given_up_at_the_sandbox() {
    let real = real().await;
    for method in ["pix", "checkout"] {
        let payment = real.world.create(&body(method)).await;
        let path = format!("/internal/orders/{}/charge/cancel", payment.order_id);
        let closed = real.world.caller().post(&path, &json!({ "attempt": 1, "reason": "x" })).await.expect(200);
        assert_eq!(closed.json["payment"]["status"], "cancelled", "{method}");
    }
}

#[tokio::test]
async fn a_checkout_whose_opening_was_not_answered_is_not_opened_twice() {
    // The sandbox is silent until the service gives up.
    let real = real_with(payment::Timings { call_timeout: Duration::from_secs(5), ..timings() }).await;
    real.control.set_chaos(&Chaos { timeout_after_commit: 1.0, ..Chaos::default() }).await.expect("no answers");
    let payment = real.world.create(&body("checkout")).await;
    assert_eq!(payment.payment_link, None);
    let reference = payment.payment_id.to_string();
    let made = || async { real.control.preferences(&reference).await.expect("the sandbox answers") };
    testkit::eventually(SOON, || async { (!made().await.is_empty()).then_some(()) }).await;
    real.control.set_chaos(&Chaos::default()).await.expect("answers");
    let id = payment.payment_id;
    let link = testkit::eventually(SOON, || async { real.world.payment(id).await.payment_link });
    let link = link.await;
    let made = made().await;
    assert_eq!(made.iter().map(|one| one.init_point.as_str()).collect::<Vec<_>>(), [link.as_str()]);
}

#[tokio::test]
async fn money_of_which_nobody_was_told_is_found_after_the_end() {
    let real = real_with(reconciling()).await;
    let untold =
        || Move { force: true, delivery: Delivery { notify: false, ..Delivery::default() }, ..Move::to("approved") };

    let checkout = real.world.create(&body("checkout")).await;
    let preference = checkout.provider_payment_id.clone().unwrap();
    real.control.pay_preference(&preference, &Move::to("approved")).await.expect("a payment");
    real.world.orders.told(checkout.payment_id, PaymentStatus::Approved).await;
    real.control.pay_preference(&preference, &untold()).await.expect("a second payment");
    let reference = checkout.payment_id.to_string();
    testkit::eventually(SOON, || async {
        let made = real.control.payments(&reference).await.expect("the sandbox answers");
        let back: i64 = made.iter().map(|made| made.refunded.centavos()).sum();
        (made.len() == 2 && back == checkout.amount.centavos()).then_some(())
    })
    .await;

    let pix = real.world.pix().await;
    let path = format!("/internal/orders/{}/charge/cancel", pix.order_id);
    let closed = real.world.caller().post(&path, &json!({ "attempt": 1, "reason": "x" })).await.expect(200);
    assert_eq!(closed.json["payment"]["status"], "cancelled");
    real.control.move_payment(&pix.provider_payment_id.unwrap(), &untold()).await.expect("late money");
    real.world.orders.told(pix.payment_id, PaymentStatus::Approved).await;
}
