//! Asking for a charge.

use api::ProblemKind;
use api::payment::Payment;
use domain::{OrderId, PaymentMethod, PaymentStatus};
use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{World, body, body_for};

#[tokio::test]
async fn a_pix_comes_back_with_its_code_and_picture() {
    let world = World::start().await;
    let payment = world.pix().await;
    assert_eq!((payment.status, payment.method), (PaymentStatus::Pending, PaymentMethod::Pix));
    assert_eq!(payment.status_detail, "pending_waiting_transfer");
    let provider_id = payment.provider_payment_id.unwrap();
    assert_eq!(payment.qr_code, Some(format!("pix-{provider_id}")));
    assert!(payment.qr_code_base64.drawn().unwrap().starts_with("iVBORw0KGgo"), "a PNG in base64");
    let sent = world.provider.lock().last_body.clone();
    assert_eq!(sent["external_reference"], payment.payment_id.to_string());
    assert_eq!(sent["payer"]["email"], "comprador@example.com", "the configured address, for the order has none");
    assert_eq!(sent["notification_url"], format!("{}payments/webhook", world.url));
    assert_eq!(world.provider.keys_of("create"), [payment.payment_id.to_string()], "the key is the payment's id");
}

#[tokio::test]
async fn mercadopago_is_told_31_minutes_for_our_30() {
    let world = World::start().await;
    let payment = world.pix().await;
    let until: domain::Timestamp =
        world.provider.lock().last_body["date_of_expiration"].as_str().unwrap().parse().unwrap();
    assert_eq!(until.since(payment.expires_at.unwrap()).as_secs(), 60);
    assert_eq!(payment.expires_at.unwrap().since(payment.created_at).as_secs(), 30 * 60);
}

#[tokio::test]
async fn a_checkout_comes_back_with_its_link_which_the_picture_shows() {
    let world = World::start().await;
    let payment = world.create(&body("checkout")).await;
    assert_eq!(payment.payment_link.as_deref(), Some("http://mp.example/checkout/1-pref-1"));
    assert_eq!((payment.qr_code, payment.provider_payment_id.as_deref()), (None, Some("1-pref-1")));
    assert!(payment.qr_code_base64.drawn().is_some());
    let svg = world.caller().get(&format!("/payments/{}/qr.svg", payment.payment_id)).await.expect(200);
    assert!(svg.text.contains("<svg"));
}

#[tokio::test]
async fn a_counter_payment_waits_and_mercadopago_hears_nothing() {
    let world = World::start().await;
    let payment = world.create(&body("counter")).await;
    assert_eq!((payment.status, payment.status_detail.as_str()), (PaymentStatus::Pending, "waiting_for_cash"));
    assert_eq!((payment.qr_code, payment.payment_link, payment.provider_payment_id), (None, None, None));
    world.caller().get(&format!("/payments/{}/qr.png", payment.payment_id)).await.refused(ProblemKind::NotFound);
    assert!(world.provider.lock().writes.is_empty());
}

#[tokio::test]
async fn the_payers_address_of_the_order_goes_to_mercadopago_and_nowhere_else() {
    let world = World::start().await;
    let mut asked = body("pix");
    asked["email"] = json!("Ana@Example.com");
    let payment = world.create(&asked).await;
    assert_eq!(world.provider.lock().last_body["payer"]["email"], "ana@example.com");
    let seen = world.admin().get(&format!("/payments/{}", payment.payment_id)).await.text;
    let log = world.admin().get(&format!("/payments/{}/events", payment.payment_id)).await.text;
    assert!(!seen.contains("example.com\"") && !log.contains("ana@"), "{seen} {log}");
}

#[tokio::test]
async fn the_same_key_makes_one_charge() {
    let world = World::start().await;
    let asked = body("pix");
    let post = |body: Value| {
        let caller = world.caller();
        async move {
            let request = caller.request(Method::POST, "/payments").header("idempotency-key", "order-1").json(&body);
            caller.send(request).await
        }
    };
    let first = post(asked.clone()).await.expect(201);
    let again = post(asked.clone()).await.expect(201);
    assert_eq!(first.header("idempotent-replayed"), None);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(first.parse::<Payment>().payment_id, again.parse::<Payment>().payment_id);
    let mut other = asked;
    other["amount"] = json!(36.0);
    post(other).await.refused(ProblemKind::IdempotencyMismatch);
    assert_eq!(world.provider.keys_of("create").len(), 1);
}

#[tokio::test]
async fn a_key_is_forgotten_after_a_day() {
    let world = World::start().await;
    let post = |body: Value| {
        let caller = world.caller();
        async move {
            let request = caller.request(Method::POST, "/payments").header("idempotency-key", "k").json(&body);
            caller.send(request).await.expect(201).parse::<Payment>()
        }
    };
    let first = post(body("counter")).await;
    world.clock.advance(std::time::Duration::from_secs(25 * 3600));
    let second = post(body("counter")).await;
    assert_ne!(first.payment_id, second.payment_id);
}

#[tokio::test]
async fn an_order_has_one_live_charge_under_32_parallel_creates() {
    let world = World::start().await;
    let order = OrderId::new();
    let asking = (0..32).map(|_| {
        let caller = world.caller();
        async move { caller.post("/payments", &body_for(order, "pix")).await }
    });
    let answers = futures_util::future::join_all(asking).await;
    let made: Vec<&testkit::Answer> = answers.iter().filter(|answer| answer.status == 201).collect();
    assert_eq!(made.len(), 1);
    let id = made[0].parse::<Payment>().payment_id.to_string();
    for answer in answers.into_iter().filter(|answer| answer.status != 201) {
        assert_eq!(answer.refused(ProblemKind::ChargeExists).payment_id.as_ref(), Some(&id));
    }
    assert_eq!(world.provider.keys_of("create").len(), 1);
}

#[tokio::test]
async fn faults_are_told_all_at_once() {
    let world = World::start().await;
    let bad = json!({ "order_id": "x", "amount": 1.001, "description": "", "method": "gold", "more": 1 });
    let problem = world.caller().post("/payments", &bad).await.refused(ProblemKind::InvalidBody);
    assert!(problem.errors.len() >= 4, "{problem:#?}");
    let past =
        json!({ "order_id": OrderId::new(), "amount": 1.0, "description": "  ", "expires_at": "2020-01-01T00:00:00Z" });
    let problem = world.caller().post("/payments", &past).await.refused(ProblemKind::InvalidBody);
    let pointers: Vec<_> = problem.errors.iter().filter_map(|fault| fault.pointer.as_deref()).collect();
    assert_eq!(pointers, ["/description", "/expires_at"]);
}

#[tokio::test]
async fn only_services_and_admins_ask_for_charges() {
    let world = World::start().await;
    for role in domain::Role::ALL {
        let answer = world.as_role(role).post("/payments", &body("counter")).await;
        match role {
            domain::Role::Service | domain::Role::Admin => assert_eq!(answer.status, 201),
            _ => assert_eq!(answer.refused(ProblemKind::Forbidden).status, 403),
        }
    }
    world.anyone().post("/payments", &body("counter")).await.refused(ProblemKind::Unauthenticated);
}
