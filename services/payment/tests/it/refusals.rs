//! Refunds that take their time, and refunds that MercadoPago refuses.

use api::payment::Payment;
use api::{DeadLetter, ProblemKind, Replayed};
use domain::{Money, PaymentId, PaymentStatus};
use serde_json::{Value, json};
use testkit::{Answer, eventually};

use crate::provider::Fault;
use crate::world::{SOON, World, reconciling};

async fn refund(world: &World, id: PaymentId, body: Value) -> Answer {
    world.caller().post(&format!("/payments/{id}/refund"), &body).await
}

/// A paid payment whose refund of this amount is under way.
async fn under_way(world: &World, amount: f64) -> PaymentId {
    let id = world.paid().await.payment_id;
    world.provider.lock().refund_status = Some("in_process");
    let seen: Payment = refund(world, id, json!({ "amount": amount, "reason": "x" })).await.expect(200).parse();
    assert_eq!((seen.status, seen.refunded_amount), (PaymentStatus::Approved, Money::ZERO));
    world.provider.lock().refund_status = None;
    id
}

async fn letters(world: &World) -> Vec<DeadLetter> {
    world.admin().get("/dead-letters").await.expect(200).parse()
}

async fn one_letter(world: &World) -> DeadLetter {
    eventually(SOON, || async { letters(world).await.pop() }).await
}

async fn replay(world: &World, body: Value) -> u64 {
    world.admin().post("/dead-letters/replay", &body).await.expect(200).parse::<Replayed>().replayed
}

#[tokio::test]
async fn a_refund_under_way_is_followed_to_its_end_without_a_notification() {
    for (amount, hidden, restarted) in
        [(35.0, false, false), (35.0, true, false), (10.0, false, true), (10.0, true, true)]
    {
        let world = World::with(reconciling()).await;
        world.provider.lock().hides_refunds = hidden;
        let id = under_way(&world, amount).await;
        let world = if restarted { world.restart().await } else { world };
        world.provider.lock().end_refund("approved");
        let back = Money::from_centavos((amount * 100.0) as i64);
        let notice = eventually(SOON, || async {
            world.orders.notices(id).into_iter().find(|notice| notice.refunded_amount == back)
        });
        notice.await;
        let status = if amount == 35.0 { PaymentStatus::Refunded } else { PaymentStatus::Approved };
        assert_eq!(world.reaches(id, status).await.refunded_amount, back, "{amount} {hidden} {restarted}");
        assert!(letters(&world).await.is_empty());
    }
}

#[tokio::test]
async fn a_refund_that_is_rejected_in_the_end_is_reported_and_can_be_replayed() {
    for hidden in [false, true] {
        let world = World::with(reconciling()).await;
        world.provider.lock().hides_refunds = hidden;
        let id = under_way(&world, 30.0).await;
        world.provider.lock().end_refund("rejected");
        let letter = one_letter(&world).await;
        assert_eq!(
            (letter.queue.as_str(), letter.kind.as_str(), letter.aggregate),
            ("outbox", "refund", id.to_string())
        );
        assert_eq!(letter.last_error.as_deref(), Some("MercadoPago refused the refund"));
        world.logged(id, "refund_refused").await;
        let seen = world.payment(id).await;
        assert_eq!((seen.status, seen.refunded_amount), (PaymentStatus::Approved, Money::ZERO));

        assert_eq!(replay(&world, json!({ "id": letter.id })).await, 1);
        eventually(SOON, || async {
            (world.payment(id).await.refunded_amount == Money::from_centavos(3000)).then_some(())
        })
        .await;
        world.quiet().await;
        assert!(letters(&world).await.is_empty());
        let keys = world.provider.keys_of("refund");
        assert_eq!((keys.len(), keys[1].clone()), (2, format!("{}-1", keys[0])), "a refusal is final for its key");
    }
}

#[tokio::test]
async fn a_refund_that_is_rejected_while_it_is_sent_is_one_dead_letter() {
    let world = World::start().await;
    let id = world.paid().await.payment_id;
    {
        let mut provider = world.provider.lock();
        (provider.refund_status, provider.refund_ends) = (Some("in_process"), Some("rejected"));
    }
    refund(&world, id, json!({ "reason": "x" })).await.refused(ProblemKind::RefundRefused);
    let letter = one_letter(&world).await;
    world.quiet().await;
    assert_eq!(letters(&world).await.len(), 1);
    {
        let mut provider = world.provider.lock();
        (provider.refund_status, provider.refund_ends) = (None, None);
    }
    assert_eq!(replay(&world, json!({ "id": letter.id })).await, 1);
    world.reaches(id, PaymentStatus::Refunded).await;
    world.quiet().await;
    assert!(letters(&world).await.is_empty());
}

#[tokio::test]
async fn what_is_refused_again_is_a_dead_letter_again() {
    let world = World::start().await;
    let id = world.paid().await.payment_id;
    world.provider.fail_next([Fault::Status(400), Fault::Status(400)]);
    refund(&world, id, json!({ "reason": "x" })).await.refused(ProblemKind::RefundRefused);
    let first = one_letter(&world).await;
    assert_eq!(replay(&world, json!({})).await, 1);
    eventually(SOON, || async { (world.provider.keys_of("refund").len() == 2).then_some(()) }).await;
    assert_eq!(one_letter(&world).await.id, first.id);
    assert_eq!(world.payment(id).await.refunded_amount, Money::ZERO);
}

#[tokio::test]
async fn another_refund_takes_the_place_of_one_that_was_refused() {
    let world = World::start().await;
    let id = world.paid().await.payment_id;
    world.provider.fail_next([Fault::Status(400)]);
    refund(&world, id, json!({ "amount": 10.0, "reason": "x" })).await.refused(ProblemKind::RefundRefused);
    one_letter(&world).await;
    let back: Payment = refund(&world, id, json!({ "amount": 20.0, "reason": "y" })).await.expect(200).parse();
    assert_eq!(back.refunded_amount, Money::from_centavos(2000));
    world.quiet().await;
    assert!(letters(&world).await.is_empty());
    assert_eq!(replay(&world, json!({})).await, 0);
    world.logged(id, "refund_given_up").await;
    assert_eq!(world.payment(id).await.refunded_amount, Money::from_centavos(2000), "and not 30");
}

#[tokio::test]
async fn a_refusal_because_the_money_is_back_already_needs_nobody() {
    let world = World::start().await;
    let payment = world.paid().await;
    world.provider.lock().set(payment.provider_payment_id.as_ref().unwrap(), "refunded", "by_admin");
    world.provider.fail_next([Fault::Status(400)]);
    refund(&world, payment.payment_id, json!({ "reason": "x" })).await.refused(ProblemKind::Conflict);
    world.reaches(payment.payment_id, PaymentStatus::Refunded).await;
    world.quiet().await;
    assert!(letters(&world).await.is_empty());
}
