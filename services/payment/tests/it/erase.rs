//! A person who is taken out of their payments.

use api::ProblemKind;
use api::payment::Payment;
use domain::{CustomerId, EntryId, Money, OrderId, PaymentStatus, Role};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::mongo::{Kind, database};
use testkit::{Answer, Caller};

use crate::world::{World, body_for, timings};

const EMAIL: &str = "maria@example.com";
const REASON: &str = "Maria Exemplo desistiu";

fn theirs(customer: CustomerId) -> Value {
    with_person(body_for(OrderId::new(), "pix"), customer)
}

fn with_person(mut body: Value, customer: CustomerId) -> Value {
    body["customer_id"] = json!(customer);
    body["email"] = json!(EMAIL);
    body
}

async fn erase(world: &World, customer: CustomerId) -> Value {
    world.caller().post(&format!("/internal/customers/{customer}/erase"), &json!({})).await.expect(200).json
}

async fn the_payments_stay_and_are_nobodys(world: World) {
    let (maria, other) = (CustomerId::new(), CustomerId::new());
    let payment = world.create(&theirs(maria)).await;
    let bystander = world.create(&theirs(other)).await;
    let patch = json!({"status": "cancelled", "reason": REASON});
    for id in [payment.payment_id, bystander.payment_id] {
        world.admin().patch(&format!("/payments/{id}"), &patch).await.expect(200);
    }
    world.quiet().await;
    let before = world.events(payment.payment_id).await;
    assert!(before.iter().any(|event| event.detail.as_deref().is_some_and(|detail| detail.contains(REASON))));

    let answer = erase(&world, maria).await;
    assert_eq!((&answer["customer_id"], &answer["payments"]), (&json!(maria), &json!(1)));
    assert_eq!(erase(&world, maria).await["payments"], 0, "nothing is left the second time");
    let found = world.payment(payment.payment_id).await;
    assert_eq!((found.customer_id, found.amount, found.status), (None, payment.amount, PaymentStatus::Cancelled));
    let list = world.caller().get(&format!("/payments?customer_id={maria}")).await.expect(200);
    assert_eq!(list.json, json!([]));

    // The log keeps every row and grows by one; only what people said is gone.
    let after = world.events(payment.payment_id).await;
    assert_eq!(after.len(), before.len() + 1);
    for (was, is) in before.iter().zip(&after) {
        assert_eq!((was.id, was.at, &was.kind, &was.actor), (is.id, is.at, &is.kind, &is.actor));
        let manual = was.kind == "manual";
        assert_eq!(is.detail, if manual { Some("cancelled".to_owned()) } else { was.detail.clone() });
    }
    assert_eq!(after.last().map(|event| event.kind.as_str()), Some("customer_erased"));
    let kept = world.events(bystander.payment_id).await;
    assert!(kept.iter().any(|event| event.detail.as_deref().is_some_and(|detail| detail.contains(REASON))));
    assert_eq!(world.payment(bystander.payment_id).await.customer_id, Some(other));
    world.stop().await;
}

#[tokio::test]
async fn the_payments_stay_and_are_nobodys_on_sqlite() {
    the_payments_stay_and_are_nobodys(World::start().await).await;
}

#[tokio::test]
async fn the_payments_stay_and_are_nobodys_on_mongodb() {
    let Some(url) = database(Kind::Standalone) else { return };
    the_payments_stay_and_are_nobodys(World::on_mongo(&url, timings()).await).await;
}

async fn keyed(caller: &Caller, path: &str, key: &str, body: &Value) -> Answer {
    caller.send(caller.request(Method::POST, path).header("idempotency-key", key).json(body)).await
}

/// The order service asks once more after an answer that was lost. It names the person until it has erased them, and they
/// are erased here before that or after it.
async fn what_was_asked_for_is_not_refused_for_the_person_that_is_gone(world: World) {
    let (maria, order) = (CustomerId::new(), OrderId::new());
    let named = with_person(body_for(order, "pix"), maria);
    let nameless = body_for(order, "pix");
    let (key, refund_key) = (format!("{order}-1"), format!("{order}-cancelled-1"));
    let charge = async |body: &Value| keyed(&world.caller(), "/payments", &key, body).await;
    let payment: Payment = charge(&named).await.expect(201).parse();
    world.provider.lock().set(payment.provider_payment_id.as_ref().unwrap(), "approved", "accredited");
    world.notify(payment.provider_payment_id.as_ref().unwrap()).await.expect(200);
    world.reaches(payment.payment_id, PaymentStatus::Approved).await;
    let path = format!("/payments/{}/refund", payment.payment_id);
    let refund = async |reason: &str| {
        keyed(&world.caller(), &path, &refund_key, &json!({ "amount": 10.0, "reason": reason })).await
    };
    refund(REASON).await.expect(200);
    for erased in [false, true] {
        if erased {
            erase(&world, maria).await;
        }
        for body in [&named, &nameless] {
            let again = charge(body).await.expect(201);
            assert_eq!(again.header("idempotent-replayed"), Some("true"), "{erased}");
            assert_eq!(again.parse::<Payment>().payment_id, payment.payment_id);
        }
        for reason in [REASON, "apagado"] {
            assert_eq!(refund(reason).await.expect(200).header("idempotent-replayed"), Some("true"), "{erased}");
        }
    }
    assert_eq!(world.payment(payment.payment_id).await.refunded_amount, Money::from_centavos(1000));
    world.stop().await;
}

#[tokio::test]
async fn what_was_asked_for_is_not_refused_for_the_person_that_is_gone_on_sqlite() {
    what_was_asked_for_is_not_refused_for_the_person_that_is_gone(World::start().await).await;
}

#[tokio::test]
async fn what_was_asked_for_is_not_refused_for_the_person_that_is_gone_on_mongodb() {
    let Some(url) = database(Kind::Standalone) else { return };
    let world = World::on_mongo(&url, timings()).await;
    what_was_asked_for_is_not_refused_for_the_person_that_is_gone(world).await;
}

#[tokio::test]
async fn nothing_is_left_of_what_an_administrator_wrote_or_of_what_could_be_guessed() {
    let world = World::start().await;
    let maria = CustomerId::new();
    let mut body = with_person(body_for(OrderId::new(), "pix"), maria);
    body["description"] = json!("Bolo da Maria Exemplo");
    let payment: Payment = keyed(&world.admin(), "/payments", EMAIL, &body).await.expect(201).parse();
    let provider_id = payment.provider_payment_id.as_ref().unwrap();
    world.provider.lock().set(provider_id, "approved", "accredited");
    world.notify(provider_id).await.expect(200);
    world.reaches(payment.payment_id, PaymentStatus::Approved).await;
    let path = format!("/payments/{}/refund", payment.payment_id);
    let back = json!({ "amount": 10.0, "reason": REASON });
    for key in [format!("{EMAIL}-2"), EntryId::new().to_string()] {
        keyed(&world.admin(), &path, &key, &back).await.expect(200);
    }
    world.quiet().await;
    let holds = |text: &str| world.files().windows(text.len()).any(|part| part == text.as_bytes());
    assert!(holds(EMAIL) && holds("Bolo da Maria") && holds(r#""hash":"#), "the files were not read");
    erase(&world, maria).await;
    assert!(!holds(EMAIL) && !holds("Bolo da Maria") && !holds(REASON));
    let value: String = rusqlite::Connection::open(world.file())
        .unwrap()
        .query_row("SELECT value FROM payments", [], |row| row.get(0))
        .unwrap();
    let hashes: Vec<&str> = value.split(r#""hash":""#).skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(hashes, ["apagado"], "{value}");
    world.stop().await;
}

#[tokio::test]
async fn the_files_hold_nothing_of_the_person_and_the_log_is_guarded_again() {
    let world = World::start().await;
    let maria = CustomerId::new();
    let payment = world.create(&theirs(maria)).await;
    let patch = json!({"status": "cancelled", "reason": REASON});
    world.admin().patch(&format!("/payments/{}", payment.payment_id), &patch).await.expect(200);
    world.quiet().await;
    let holds = |text: &str| world.files().windows(text.len()).any(|part| part == text.as_bytes());
    assert!(holds(&maria.to_string()) && holds(REASON), "the files were not read");
    erase(&world, maria).await;
    assert!(!holds(&maria.to_string()) && !holds(REASON) && !holds(EMAIL));
    let file = rusqlite::Connection::open(world.file()).unwrap();
    let refused = file.execute("UPDATE events SET value = '{}'", []).unwrap_err();
    assert!(refused.to_string().contains("append-only"), "{refused}");
    world.stop().await;
}

#[tokio::test]
async fn only_our_services_may() {
    let world = World::start().await;
    let path = format!("/internal/customers/{}/erase", CustomerId::new());
    world.anyone().post(&path, &json!({})).await.refused(ProblemKind::Unauthenticated);
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Service) {
        world.as_role(role).post(&path, &json!({})).await.refused(ProblemKind::Forbidden);
    }
    world.caller().post("/internal/customers/nobody/erase", &json!({})).await.refused(ProblemKind::NotFound);
    world.stop().await;
}
