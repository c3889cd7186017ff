//! Reading payments, deciding by hand, and what every service has.

use std::time::Duration;

use api::ProblemKind;
use api::payment::Payment;
use domain::{CustomerId, PaymentId, PaymentStatus, Role};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::Caller;
use testkit::mongo::{Kind, database};

use crate::world::{World, body, timings};

async fn of_customer(world: &World, customer: CustomerId) -> Payment {
    let mut asked = body("counter");
    asked["customer_id"] = json!(customer);
    world.create(&asked).await
}

fn customer(world: &World, id: CustomerId) -> Caller {
    customer_by(world, id, Some("password"))
}

fn customer_by(world: &World, id: CustomerId, proof: Option<&str>) -> Caller {
    world.anyone().with_token(world.mint.token_for(id.to_string(), Role::Customer, proof))
}

#[tokio::test]
async fn a_customer_sees_their_own_and_no_others() {
    let world = World::start().await;
    let (ana, bia) = (CustomerId::new(), CustomerId::new());
    let (hers, others) = (of_customer(&world, ana).await, of_customer(&world, bia).await);
    let caller = customer(&world, ana);
    caller.get(&format!("/payments/{}", hers.payment_id)).await.expect(200);
    caller.get(&format!("/payments/{}", others.payment_id)).await.refused(ProblemKind::NotFound);
    caller.get(&format!("/payments/{}/qr.png", others.payment_id)).await.refused(ProblemKind::NotFound);
    let mine: Vec<Payment> = caller.get("/payments").await.expect(200).parse();
    assert_eq!(mine.iter().map(|payment| payment.payment_id).collect::<Vec<_>>(), [hers.payment_id]);
    assert_eq!(caller.get(&format!("/payments?customer_id={bia}")).await.expect(200).json, json!([]));
    caller.get(&format!("/payments/{}/events", hers.payment_id)).await.refused(ProblemKind::Forbidden);
}

async fn somebody_who_only_showed_up_sees_one_day(world: World) {
    let ana = CustomerId::new();
    let old = of_customer(&world, ana).await.payment_id;
    world.clock.advance(Duration::from_secs(24 * 3600 + 1));
    let new = of_customer(&world, ana).await.payment_id;
    for proof in [Some("presence"), None] {
        let caller = customer_by(&world, ana, proof);
        caller.get(&format!("/payments/{new}")).await.expect(200);
        for path in [format!("/payments/{old}"), format!("/payments/{old}/qr.png"), format!("/payments/{old}/qr.svg")] {
            caller.get(&path).await.refused(ProblemKind::NotFound);
        }
        for path in ["/payments".to_owned(), format!("/payments?customer_id={ana}")] {
            let listed = caller.get(&path).await.expect(200);
            assert_eq!(listed.header("x-total-count"), Some("1"));
            assert_eq!(listed.parse::<Vec<Payment>>()[0].payment_id, new);
        }
        let asked = format!("/payments?payment_id={old}");
        assert_eq!(caller.get(&asked).await.expect(200).json, json!([]), "{proof:?}");
    }
    let signed_in = customer(&world, ana);
    signed_in.get(&format!("/payments/{old}")).await.expect(200);
    assert_eq!(signed_in.get("/payments").await.expect(200).header("x-total-count"), Some("2"));
    world.stop().await;
}

#[tokio::test]
async fn somebody_who_only_showed_up_sees_one_day_on_sqlite() {
    somebody_who_only_showed_up_sees_one_day(World::start().await).await;
}

#[tokio::test]
async fn somebody_who_only_showed_up_sees_one_day_on_mongodb() {
    let Some(url) = database(Kind::Standalone) else { return };
    somebody_who_only_showed_up_sees_one_day(World::on_mongo(&url, timings()).await).await;
}

#[tokio::test]
async fn what_is_not_there_is_said_before_what_else_is_wrong() {
    let world = World::start().await;
    let nowhere = PaymentId::new();
    for path in ["", "/events", "/qr.png", "/qr.svg"] {
        world.admin().get(&format!("/payments/{nowhere}{path}?x=1")).await.refused(ProblemKind::NotFound);
    }
    let refund = |id: PaymentId| {
        let path = format!("/payments/{id}/refund");
        world.admin().request(Method::POST, &path).header("idempotency-key", "a b")
    };
    world.admin().send(refund(nowhere).body("<xml/>")).await.refused(ProblemKind::NotFound);
    let there = world.pix().await.payment_id;
    for request in [refund(there), world.admin().request(Method::POST, "/payments").header("idempotency-key", "a b")] {
        let request = request.header("content-type", "text/xml").body("<xml/>");
        world.admin().send(request).await.refused(ProblemKind::UnsupportedMedia);
    }
    let asked = refund(there).json(&json!({ "reason": "x" }));
    world.admin().send(asked).await.refused(ProblemKind::InvalidParameter);
}

#[tokio::test]
async fn lists_are_newest_first_filtered_and_counted() {
    let world = World::start().await;
    let mut made = Vec::new();
    for _ in 0..12 {
        made.push(world.create(&body("counter")).await);
    }
    let admin = world.as_role(Role::Cashier);
    let page = admin.get("/payments").await.expect(200);
    assert_eq!(page.header("x-total-count"), Some("12"));
    let page: Vec<Payment> = page.parse();
    let newest: Vec<PaymentId> = made.iter().rev().take(10).map(|payment| payment.payment_id).collect();
    assert_eq!(page.iter().map(|payment| payment.payment_id).collect::<Vec<_>>(), newest);
    for (query, many) in [
        (format!("order_id={}", made[3].order_id), 1),
        (format!("payment_id={}", made[3].payment_id), 1),
        (format!("payment_id={}&order_id={}", made[3].payment_id, made[4].order_id), 0),
        ("status=approved".to_owned(), 0),
        ("status=pending&limit=100".to_owned(), 12),
        ("skip=10".to_owned(), 2),
    ] {
        let found = admin.get(&format!("/payment/?{query}")).await.expect(200);
        assert_eq!(found.json.as_array().map(Vec::len), Some(many), "{query}");
    }
    admin.get("/payments?status=gold&limit=101&nothing=1").await.refused(ProblemKind::InvalidParameter);
}

#[tokio::test]
async fn an_admin_decides_an_open_payment_and_the_log_says_who_and_why() {
    let world = World::start().await;
    let payment = world.pix().await;
    let path = format!("/payments/{}", payment.payment_id);
    let patch = |status: &str| json!({ "status": status, "reason": "conferido no extrato" });
    for status in ["refunded", "pending", "charged_back"] {
        world.admin().patch(&path, &patch(status)).await.refused(ProblemKind::IllegalTransition);
    }
    let decided: Payment = world.admin().patch(&path, &patch("approved")).await.expect(200).parse();
    assert_eq!((decided.status, decided.status_detail.as_str()), (PaymentStatus::Approved, "manual"));
    world.orders.told(payment.payment_id, PaymentStatus::Approved).await;
    let event = world.logged(payment.payment_id, "manual").await;
    assert!(event.actor.starts_with("admin:") && event.detail.unwrap().contains("conferido no extrato"));
    let provider_id = payment.provider_payment_id.unwrap();
    assert_eq!(world.provider.lock().payments[&provider_id]["status"], "cancelled", "nobody pays it as well");
    world.admin().patch(&path, &patch("cancelled")).await.refused(ProblemKind::IllegalTransition);
}

#[tokio::test]
async fn what_is_cancelled_by_hand_can_still_turn_out_paid() {
    let world = World::start().await;
    let payment = world.pix().await;
    world.provider.lock().set(payment.provider_payment_id.as_ref().unwrap(), "approved", "accredited");
    let patch = json!({ "status": "cancelled", "reason": "x" });
    let seen: Payment =
        world.admin().patch(&format!("/payments/{}", payment.payment_id), &patch).await.expect(200).parse();
    assert_eq!(seen.status, PaymentStatus::Approved);
}

#[tokio::test]
async fn both_names_answer_alike() {
    let world = World::start().await;
    let id = world.pix().await.payment_id;
    for path in [format!("/payments/{id}"), format!("/payments/{id}/events"), format!("/payments/{id}/qr.svg")] {
        let one = world.admin().get(&path).await.expect(200).text;
        let other = world.admin().get(&format!("{}/", path.replace("payments", "payment"))).await.expect(200).text;
        assert_eq!(one, other);
    }
    let png = world.caller().get(&format!("/payments/{id}/qr.png")).await.expect(200);
    assert_eq!(png.header("content-type"), Some("image/png"));
    world.caller().get("/payments/not-an-id").await.refused(ProblemKind::NotFound);
}

#[tokio::test]
async fn it_is_ready_and_measures_itself() {
    let world = World::start().await;
    world.pix().await;
    world.quiet().await;
    let health = world.anyone().get("/health").await.expect(200).parse::<api::Health>();
    assert_eq!(health.live, Some(false), "no real money moves here, and that is said");
    let ready = world.anyone().ready().await.parse::<api::Readiness>();
    let names: Vec<&str> = ready.dependencies.iter().map(|dependency| dependency.name.as_str()).collect();
    assert_eq!(names, ["store", "keys", "order", "mercadopago"]);
    let metrics = world.anyone().get("/metrics").await.expect(200).text;
    assert!(metrics.contains(r#"call="create_pix",outcome="ok""#), "{metrics}");
    assert!(metrics.contains("work_open"), "{metrics}");
}

#[test]
fn the_document_lists_every_route_with_its_refusals() {
    let document: Value = serde_json::to_value(payment::openapi()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    for path in ["/payments", "/payments/{id}", "/payments/{id}/refund", "/payments/{id}/events", "/payments/webhook"] {
        let operations = paths[path].as_object().unwrap();
        assert!(operations.values().all(|operation| operation["responses"]["default"].is_object()), "{path}");
    }
}

#[tokio::test]
async fn an_answer_about_one_payment_always_has_the_picture_and_a_list_never() {
    let world = World::start().await;
    for method in ["counter", "pix"] {
        let made = world.caller().post("/payments", &body(method)).await.expect(201).json;
        let read =
            world.admin().get(&format!("/payments/{}", made["payment_id"].as_str().unwrap())).await.expect(200).json;
        for one in [made, read] {
            let picture = one.as_object().unwrap().get("qr_code_base64").expect("the field");
            assert_eq!(picture.is_null(), method == "counter", "{one}");
        }
    }
    let listed = world.admin().get("/payments").await.expect(200).json;
    assert_eq!(listed.as_array().unwrap().len(), 2);
    assert!(listed.as_array().unwrap().iter().all(|row| row.get("qr_code_base64").is_none()), "{listed}");
}

#[tokio::test]
async fn a_parameter_that_is_unknown_is_refused_everywhere() {
    let world = World::start().await;
    let id = world.pix().await.payment_id;
    for path in ["", "/events", "/qr.png", "/qr.svg"] {
        let path = format!("/payments/{id}{path}?limite=1");
        world.admin().get(&path).await.refused(ProblemKind::InvalidParameter);
    }
}

#[tokio::test]
async fn refusals_speak_portuguese() {
    let world = World::start().await;
    let payment = world.paid().await;
    let path = format!("/payments/{}", payment.payment_id);
    let decide = |status: &str| json!({ "status": status, "reason": "teste" });
    let problem = world.admin().patch(&path, &decide("cancelled")).await.refused(ProblemKind::IllegalTransition);
    assert_eq!(problem.detail, "O pagamento está aprovado: só um pagamento em aberto pode ser alterado.");
    let problem = world.admin().patch(&path, &decide("refunded")).await.refused(ProblemKind::IllegalTransition);
    assert_eq!(problem.detail, "Um pagamento só pode ser aprovado ou cancelado manualmente, não devolvido.");
    let more = json!({ "amount": 35.01, "reason": "teste" });
    let problem = world.admin().post(&format!("{path}/refund"), &more).await.refused(ProblemKind::InvalidBody);
    assert_eq!(problem.errors[0].detail, "ainda podem ser devolvidos R$ 35,00");
}
