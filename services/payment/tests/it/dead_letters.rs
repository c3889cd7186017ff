//! What was given up, as an administrator sees it, and how it is tried again.

use api::{DeadLetter, ProblemKind, Replayed};
use domain::{EntryId, PaymentStatus, Role};
use serde_json::{Value, json};
use testkit::eventually;

use crate::world::{SOON, World, body};

async fn listed(world: &World, query: &str) -> Vec<DeadLetter> {
    world.admin().get(&format!("/dead-letters{query}")).await.expect(200).parse()
}

async fn replayed(world: &World, body: Value) -> u64 {
    world.admin().post("/dead-letters/replay", &body).await.expect(200).parse::<Replayed>().replayed
}

async fn dead(world: &World, many: usize) -> Vec<DeadLetter> {
    eventually(SOON, || async { Some(listed(world, "").await).filter(|letters| letters.len() == many) }).await
}

#[tokio::test]
async fn without_any_there_is_nothing_to_replay() {
    let world = World::start().await;
    let answer = world.admin().get("/dead-letters").await.expect(200);
    assert_eq!((answer.header("x-total-count"), answer.parse::<Vec<DeadLetter>>()), (Some("0"), vec![]));
    assert_eq!(replayed(&world, json!({})).await, 0);
}

#[tokio::test]
async fn notices_that_were_refused_are_listed_oldest_first_and_replayed_by_one_and_by_all() {
    let world = World::start().await;
    world.orders.refuse(true);
    let mut secret = body("pix");
    secret["email"] = "ana.pessoa@example.com".into();
    let mut payments = vec![world.create(&secret).await];
    dead(&world, 1).await;
    for _ in 0..2 {
        payments.push(world.pix().await);
    }
    let letters = dead(&world, 3).await;
    let first = &letters[0];
    assert_eq!((first.queue.as_str(), first.kind.as_str()), ("outbox", "notify"));
    assert_eq!(first.aggregate, payments[0].payment_id.to_string());
    assert!(first.last_error.as_ref().is_some_and(|error| error.contains("422")), "{first:?}");
    let page = listed(&world, "?skip=1&limit=1").await;
    assert_eq!(page, [letters[1].clone()]);
    let text = serde_json::to_string(&letters).unwrap();
    assert!(!text.contains("pessoa") && !text.contains("our-own-token"), "{text}");

    world.orders.refuse(false);
    assert_eq!(replayed(&world, json!({ "id": first.id })).await, 1);
    world.orders.told(payments[0].payment_id, PaymentStatus::Pending).await;
    assert_eq!(dead(&world, 2).await, letters[1..]);
    assert_eq!(replayed(&world, json!({})).await, 2);
    for payment in &payments {
        world.orders.told(payment.payment_id, PaymentStatus::Pending).await;
    }
    dead(&world, 0).await;
}

#[tokio::test]
async fn a_notification_that_could_not_be_looked_into_is_one_too() {
    let world = World::start().await;
    let payment = world.pix().await;
    let provider_id = payment.provider_payment_id.unwrap();
    world.provider.lock().set(&provider_id, "approved", "accredited");
    world.provider.lock().read_status = Some(400);
    world.notify(&provider_id).await.expect(200);
    let letters = dead(&world, 1).await;
    assert_eq!((letters[0].queue.as_str(), &letters[0].aggregate), ("inbox", &provider_id));
    world.provider.lock().read_status = None;
    assert_eq!(replayed(&world, json!({ "id": letters[0].id })).await, 1);
    world.orders.told(payment.payment_id, PaymentStatus::Approved).await;
    dead(&world, 0).await;
}

#[tokio::test]
async fn only_administrators_see_them_and_only_what_is_there_is_replayed() {
    let world = World::start().await;
    for role in [Role::Customer, Role::Kiosk, Role::Kitchen, Role::Cashier, Role::Service] {
        world.as_role(role).get("/dead-letters").await.refused(ProblemKind::Forbidden);
        world.as_role(role).post("/dead-letters/replay", &json!({})).await.refused(ProblemKind::Forbidden);
    }
    world.anyone().get("/dead-letters").await.refused(ProblemKind::Unauthenticated);
    let admin = world.admin();
    admin.post("/dead-letters/replay", &json!({ "id": EntryId::new() })).await.refused(ProblemKind::NotFound);
    admin.post("/dead-letters/replay", &json!({ "id": 7 })).await.refused(ProblemKind::InvalidBody);
    admin.get("/dead-letters?limit=101").await.refused(ProblemKind::InvalidParameter);
}
