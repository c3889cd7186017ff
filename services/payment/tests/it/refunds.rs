//! Money on its way back.

use api::ProblemKind;
use api::payment::{Payment, Refunded};
use domain::{Money, PaymentId, PaymentStatus, Role};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Answer, eventually};

use crate::provider::Fault;
use crate::world::{SOON, World, body};

async fn refund(world: &World, id: PaymentId, body: Value) -> Answer {
    world.caller().post(&format!("/payments/{id}/refund"), &body).await
}

#[tokio::test]
async fn all_of_it_goes_back() {
    let world = World::start().await;
    let payment = world.paid().await;
    let back: Payment = refund(&world, payment.payment_id, json!({ "reason": "acabou" })).await.expect(200).parse();
    assert_eq!((back.status, back.refunded_amount), (PaymentStatus::Refunded, payment.amount));
    let notice = world.orders.told(payment.payment_id, PaymentStatus::Refunded).await;
    assert_eq!(notice.refunded_amount, payment.amount);
    let problem = refund(&world, payment.payment_id, json!({ "reason": "de novo" })).await;
    problem.refused(ProblemKind::Conflict);
}

#[tokio::test]
async fn a_part_goes_back_then_the_rest_and_never_more() {
    let world = World::start().await;
    let id = world.paid().await.payment_id;
    let part: Payment =
        refund(&world, id, json!({ "amount": 10.5, "reason": "faltou a batata" })).await.expect(200).parse();
    assert_eq!((part.status, part.status_detail.as_str()), (PaymentStatus::Approved, "partially_refunded"));
    assert_eq!(part.refunded_amount, Money::from_centavos(1050));
    for amount in [24.51, 0.0, -1.0] {
        let problem =
            refund(&world, id, json!({ "amount": amount, "reason": "x" })).await.refused(ProblemKind::InvalidBody);
        assert_eq!(problem.errors[0].pointer.as_deref(), Some("/amount"));
    }
    let rest: Payment = refund(&world, id, json!({ "reason": "o resto" })).await.expect(200).parse();
    assert_eq!((rest.status, rest.refunded_amount), (PaymentStatus::Refunded, Money::from_centavos(3500)));
    assert_eq!(world.provider.keys_of("refund").len(), 2);
}

#[tokio::test]
async fn what_was_not_paid_does_not_go_back() {
    let world = World::start().await;
    let payment = world.pix().await;
    refund(&world, payment.payment_id, json!({ "reason": "x" })).await.refused(ProblemKind::Conflict);
    refund(&world, PaymentId::new(), json!({ "reason": "x" })).await.refused(ProblemKind::NotFound);
    assert!(world.provider.keys_of("refund").is_empty());
}

#[tokio::test]
async fn the_same_key_gives_back_once() {
    let world = World::start().await;
    let id = world.paid().await.payment_id;
    let ask = |amount: f64| {
        let caller = world.caller();
        async move {
            let body = json!({ "amount": amount, "reason": "x" });
            let request = caller.request(Method::POST, &format!("/payments/{id}/refund"));
            caller.send(request.header("idempotency-key", "k").json(&body)).await
        }
    };
    let parallel = futures_util::future::join_all((0..8).map(|_| ask(10.0))).await;
    assert_eq!(parallel.iter().filter(|answer| answer.header("idempotent-replayed").is_none()).count(), 1);
    for answer in parallel {
        answer.expect(200);
    }
    assert_eq!(world.payment(id).await.refunded_amount, Money::from_centavos(1000));
    ask(11.0).await.refused(ProblemKind::IdempotencyMismatch);
    assert_eq!(world.provider.keys_of("refund").len(), 1);
}

#[tokio::test]
async fn refunds_at_the_same_time_never_exceed_what_was_paid() {
    let world = World::start().await;
    let id = world.paid().await.payment_id;
    let asking = (0..8).map(|_| refund(&world, id, json!({ "amount": 10.0, "reason": "x" })));
    let answers = futures_util::future::join_all(asking).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 3, "three times ten of 35");
    world.quiet().await;
    assert_eq!(world.payment(id).await.refunded_amount, Money::from_centavos(3000));
}

#[tokio::test]
async fn an_answer_that_never_came_gives_nothing_back_twice() {
    let world = World::start().await;
    let payment = world.paid().await;
    world.provider.fail_next([Fault::BrokenSuccess, Fault::Status(500), Fault::Busy(1)]);
    refund(&world, payment.payment_id, json!({ "amount": 5.0, "reason": "x" })).await.expect(200);
    eventually(SOON, || async {
        let seen = world.payment(payment.payment_id).await;
        (seen.refunded_amount == Money::from_centavos(500)).then_some(())
    })
    .await;
    let keys = world.provider.keys_of("refund");
    assert_eq!(keys.len(), 4);
    assert!(keys.iter().all(|key| *key == keys[0] && *key != payment.payment_id.to_string()));
}

#[tokio::test]
async fn a_refund_that_mercadopago_refuses_keeps_the_money_and_can_be_asked_for_again() {
    let world = World::start().await;
    let payment = world.paid().await;
    let ask = || {
        let caller = world.caller();
        async move {
            let request = caller.request(Method::POST, &format!("/payments/{}/refund", payment.payment_id));
            caller.send(request.header("idempotency-key", "k").json(&json!({ "reason": "x" }))).await
        }
    };
    world.provider.fail_next([Fault::Status(400)]);
    ask().await.refused(ProblemKind::RefundRefused);
    assert_eq!(world.payment(payment.payment_id).await.status, PaymentStatus::Approved);
    assert_eq!(world.logged(payment.payment_id, "refund_refused").await.detail.as_deref(), Some("2063"));
    let back: Payment = ask().await.expect(200).parse();
    assert_eq!(back.status, PaymentStatus::Refunded);
}

#[tokio::test]
async fn a_refund_under_way_counts_against_the_rest_but_is_not_back_yet() {
    let world = World::start().await;
    let payment = world.paid().await;
    world.provider.lock().refund_status = Some("in_process");
    let seen: Payment =
        refund(&world, payment.payment_id, json!({ "amount": 30.0, "reason": "x" })).await.expect(200).parse();
    assert_eq!((seen.status, seen.refunded_amount), (PaymentStatus::Approved, Money::ZERO));
    refund(&world, payment.payment_id, json!({ "amount": 6.0, "reason": "x" })).await.refused(ProblemKind::InvalidBody);
    let provider_id = payment.provider_payment_id.unwrap();
    {
        let mut provider = world.provider.lock();
        provider.set(&provider_id, "approved", "partially_refunded");
        let report = provider.payments.get_mut(&provider_id).unwrap();
        report["refunds"][0]["status"] = json!("approved");
        report["transaction_amount_refunded"] = json!(30.0);
    }
    world.notify(&provider_id).await.expect(200);
    world.quiet().await;
    assert_eq!(world.payment(payment.payment_id).await.refunded_amount, Money::from_centavos(3000));
}

#[tokio::test]
async fn asking_for_all_while_all_is_on_its_way_asks_for_nothing_more() {
    let world = World::start().await;
    let id = world.paid().await.payment_id;
    world.provider.lock().refund_status = Some("in_process");
    for amount in [15.0, 20.0] {
        refund(&world, id, json!({ "amount": amount, "reason": "x" })).await.expect(200);
    }
    let ask = |key: &'static str| {
        let request = world.caller().request(Method::POST, &format!("/payments/{id}/refund"));
        let request = request.header("idempotency-key", key).json(&json!({ "reason": "cancelado" }));
        async { world.caller().send(request).await }
    };
    let all = ask("k").await.expect(200);
    assert_eq!(all.header("idempotent-replayed"), Some("true"));
    assert_eq!(all.parse::<Payment>().status, PaymentStatus::Approved);
    refund(&world, id, json!({ "amount": 0.01, "reason": "x" })).await.refused(ProblemKind::InvalidBody);
    assert_eq!(world.provider.keys_of("refund").len(), 2);
}

#[tokio::test]
async fn cash_is_handed_back_at_the_counter_and_counts_at_once() {
    let world = World::start().await;
    let payment = world.create(&body("counter")).await;
    let patch = json!({ "status": "approved", "reason": "pago no caixa" });
    world.admin().patch(&format!("/payments/{}", payment.payment_id), &patch).await.expect(200);
    let back = |body: Value| async { refund(&world, payment.payment_id, body).await.expect(200).parse::<Refunded>() };
    let part = back(json!({ "amount": 5.0, "reason": "x" })).await;
    assert_eq!(part.hand_back, Some(Money::from_centavos(500)));
    let part = part.payment;
    assert_eq!((part.status, part.refunded_amount), (PaymentStatus::Approved, Money::from_centavos(500)));
    let all = back(json!({ "reason": "x" })).await;
    assert_eq!(all.hand_back, Some(payment.amount.checked_sub(part.refunded_amount).unwrap()));
    assert_eq!((all.payment.status, all.payment.refunded_amount), (PaymentStatus::Refunded, payment.amount));
    assert_eq!(world.logged(payment.payment_id, "refund").await.detail.unwrap(), "5.00 to be handed back in cash");
    assert!(world.provider.lock().writes.is_empty());
}

#[tokio::test]
async fn only_services_and_admins_give_money_back() {
    let world = World::start().await;
    let id = world.paid().await.payment_id;
    for role in [Role::Customer, Role::Kiosk, Role::Kitchen, Role::Cashier] {
        let answer = world.as_role(role).post(&format!("/payments/{id}/refund"), &json!({ "reason": "x" })).await;
        answer.refused(ProblemKind::Forbidden);
    }
    assert_eq!(world.payment(id).await.refunded_amount, Money::ZERO);
}
