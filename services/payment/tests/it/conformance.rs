//! What every store of payments must do, one small case for each fact.

use std::sync::Arc;
use std::time::Duration;

use domain::{CustomerId, Money, OrderId, Page, PaymentId, PaymentMethod, PaymentStatus, Timestamp};
use payment::Key;
use payment::payment::{Actor, Charge, Expected, Payment, Step, Why};
use payment::store::mongo::MongoStore;
use payment::store::sqlite::SqliteStore;
use payment::store::{Filter, Inserted, PaymentStore, Saved, Schedule};
use store::mongo::ConnectOptions;
use store::{Dead, WorkQueue};
use testkit::TempDir;
use testkit::mongo::Kind;

const LEASE: Duration = Duration::from_secs(60);
const SCHEDULE: Schedule = Schedule { first: Duration::from_secs(5), max: Duration::from_secs(300) };

/// A store, and what must outlive it.
struct Opened(Arc<dyn PaymentStore>, #[allow(dead_code, reason = "kept until the test ends")] Option<TempDir>);

fn sqlite() -> Opened {
    let dir = testkit::temp_dir();
    let store = SqliteStore::open(&dir.path().join("payment.db"), SCHEDULE).expect("the store opens");
    Opened(Arc::new(store), Some(dir))
}

/// `None` where there is no server.
async fn mongo(kind: Kind) -> Option<Opened> {
    let url = testkit::mongo::database(kind)?;
    let store = MongoStore::open(&url, &ConnectOptions::default(), SCHEDULE).await.expect("the store opens");
    Some(Opened(Arc::new(store), None))
}

/// Each fact as a test of its own, for each database.
macro_rules! facts {
    ($($fact:ident)*) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $fact() {
                super::$fact(super::sqlite().0.as_ref()).await;
            })*
        }
        mod mongo_standalone {
            $(#[tokio::test]
            async fn $fact() {
                let Some(store) = super::mongo(super::Kind::Standalone).await else { return };
                super::$fact(store.0.as_ref()).await;
            })*
        }
        mod mongo_replica_set {
            $(#[tokio::test]
            async fn $fact() {
                let Some(store) = super::mongo(super::Kind::ReplicaSet).await else { return };
                super::$fact(store.0.as_ref()).await;
            })*
        }
    };
}

facts! {
    a_payment_comes_back_as_it_was_stored
    an_order_has_one_open_payment
    a_closed_payment_makes_room_for_the_next
    a_paid_payment_stands_beside_an_open_one
    a_key_brings_back_what_it_made
    a_key_with_another_body_is_refused
    a_key_is_free_after_a_day
    a_key_holds_for_any_body_once_the_person_is_forgotten
    a_key_that_somebody_made_up_is_forgotten_with_the_person
    its_maker_holds_the_first_work
    work_behind_other_work_is_held_by_nobody
    a_change_needs_the_version_before_it
    a_change_comes_with_its_log_in_order
    a_change_that_the_order_sees_is_told
    what_changes_while_the_order_is_told_is_told_again
    a_payment_of_mercadopago_belongs_to_one_of_ours
    lists_are_newest_first
    filters_narrow
    a_list_can_begin_after_a_moment
    totals_count_what_the_page_leaves_out
    what_is_due_is_taken_once_per_wait
    waits_grow_and_end_at_the_expiry
    a_check_without_an_answer_comes_again_after_the_same_wait
    what_is_decided_is_not_due
    a_notification_is_one_entry_however_often
    keys_are_kept
    what_was_given_up_is_seen_and_replayed_in_each_queue
    one_refused_refund_wakes_only_its_own_payment
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000 + seconds * 1000)
}

fn charge(order: OrderId, method: PaymentMethod) -> Charge {
    Charge {
        order_id: order,
        attempt: 1,
        customer_id: Some(CustomerId::new()),
        amount: Money::from_centavos(3500),
        method,
        description: "Pedido 7".to_owned(),
        email: Some("ana@example.com".parse().unwrap()),
        expires_at: at(1800),
        key: None,
    }
}

fn pix(order: OrderId) -> (Payment, Step) {
    Payment::create(charge(order, PaymentMethod::Pix), &Actor::System, LEASE, at(0))
}

async fn stored(store: &dyn PaymentStore, order: OrderId) -> Payment {
    let (payment, step) = pix(order);
    assert!(matches!(store.insert(&payment, step, at(0)).await.unwrap(), Inserted::New(_)));
    payment
}

/// A report of MercadoPago's on this payment.
fn report(payment: &Payment, id: i64, status: &str) -> mercadopago::Payment {
    serde_json::from_value(serde_json::json!({
        "id": id, "status": status, "status_detail": "accredited", "transaction_amount": 35.0, "currency_id": "BRL",
        "external_reference": payment.id.to_string(), "live_mode": false, "date_last_updated": at(10).to_string(),
    }))
    .unwrap()
}

fn reported(payment: &Payment, id: i64, status: &str) -> (Payment, Step) {
    let mut after = payment.clone();
    let step = after.report(&report(payment, id, status), Expected { live: false }, at(10));
    let step = after.finish(payment, step, &Actor::Provider, at(10)).unwrap();
    (after, step)
}

async fn save(store: &dyn PaymentStore, (payment, step): (Payment, Step)) -> Payment {
    assert!(matches!(store.save(&payment, step, at(10)).await.unwrap(), Saved::Done(_)));
    payment
}

async fn a_payment_comes_back_as_it_was_stored(store: &dyn PaymentStore) {
    let payment = stored(store, OrderId::new()).await;
    assert_eq!(store.payment(payment.id).await.unwrap(), Some(payment));
    assert_eq!(store.payment(PaymentId::new()).await.unwrap(), None);
}

async fn an_order_has_one_open_payment(store: &dyn PaymentStore) {
    let order = OrderId::new();
    let first = stored(store, order).await;
    let (second, step) = pix(order);
    let outcome = store.insert(&second, step, at(0)).await.unwrap();
    assert!(matches!(outcome, Inserted::ChargeExists(live) if live == first.id));
    assert_eq!(store.payment(second.id).await.unwrap(), None);
}

async fn a_closed_payment_makes_room_for_the_next(store: &dyn PaymentStore) {
    let order = OrderId::new();
    let payment = stored(store, order).await;
    save(store, reported(&payment, 1, "cancelled")).await;
    stored(store, order).await;
}

async fn a_paid_payment_stands_beside_an_open_one(store: &dyn PaymentStore) {
    let order = OrderId::new();
    stored(store, order).await;
    let (cash, step) = Payment::taken(charge(order, PaymentMethod::Counter), &Actor::System, at(0));
    assert!(matches!(store.insert(&cash, step, at(0)).await.unwrap(), Inserted::New(_)));
}

fn keyed(body: &str) -> (Payment, Step) {
    keyed_by("order", body)
}

fn keyed_by(subject: &str, body: &str) -> (Payment, Step) {
    let key = Some(Key::new(subject, "POST /payments", "k", &body));
    let charge = Charge { key, ..charge(OrderId::new(), PaymentMethod::Pix) };
    Payment::create(charge, &Actor::System, LEASE, at(0))
}

async fn a_key_brings_back_what_it_made(store: &dyn PaymentStore) {
    let (first, step) = keyed("a");
    store.insert(&first, step, at(0)).await.unwrap();
    let (second, step) = keyed("a");
    let outcome = store.insert(&second, step, at(60)).await.unwrap();
    assert!(matches!(outcome, Inserted::Replayed(seen) if *seen == first));
}

async fn a_key_with_another_body_is_refused(store: &dyn PaymentStore) {
    let (first, step) = keyed("a");
    store.insert(&first, step, at(0)).await.unwrap();
    let (second, step) = keyed("b");
    assert!(matches!(store.insert(&second, step, at(60)).await.unwrap(), Inserted::KeyReused));
}

async fn a_key_is_free_after_a_day(store: &dyn PaymentStore) {
    let (first, step) = keyed("a");
    store.insert(&first, step, at(0)).await.unwrap();
    let (second, step) = keyed("b");
    assert!(matches!(store.insert(&second, step, at(24 * 3600)).await.unwrap(), Inserted::New(_)));
}

/// A payment that this subject asked for with the body `a`, after its customer was forgotten.
async fn forgotten(store: &dyn PaymentStore, subject: &str) -> Payment {
    let (before, step) = keyed_by(subject, "a");
    store.insert(&before, step, at(0)).await.unwrap();
    let mut after = before.clone();
    let step = after.forget_customer(&Actor::System, at(10));
    let step = after.finish(&before, step, &Actor::System, at(10)).unwrap();
    save(store, (after, step)).await
}

async fn a_key_holds_for_any_body_once_the_person_is_forgotten(store: &dyn PaymentStore) {
    let first = forgotten(store, "order").await;
    for body in ["a", "b"] {
        let (again, step) = keyed_by("order", body);
        let outcome = store.insert(&again, step, at(60)).await.unwrap();
        assert!(matches!(outcome, Inserted::Replayed(seen) if *seen == first), "{body}");
    }
}

async fn a_key_that_somebody_made_up_is_forgotten_with_the_person(store: &dyn PaymentStore) {
    let first = forgotten(store, "somebody").await;
    assert_eq!(first.key, None);
    let (again, step) = keyed_by("somebody", "a");
    assert!(matches!(store.insert(&again, step, at(60)).await.unwrap(), Inserted::New(_)));
}

async fn its_maker_holds_the_first_work(store: &dyn PaymentStore) {
    let (payment, step) = pix(OrderId::new());
    let Inserted::New(held) = store.insert(&payment, step, at(0)).await.unwrap() else { panic!("it is new") };
    assert_eq!(held.iter().map(|work| work.kind.as_str()).collect::<Vec<_>>(), ["charge"]);
    let outbox = store.outbox();
    assert!(outbox.claim(at(1), LEASE, 10).await.unwrap().is_empty(), "nobody else gets it");
    assert!(outbox.done(&held[0]).await.unwrap());
    assert_eq!(store.counts().await.unwrap().1.open, 0);
}

async fn work_behind_other_work_is_held_by_nobody(store: &dyn PaymentStore) {
    let payment = stored(store, OrderId::new()).await;
    let mut closed = payment.clone();
    let step = closed.close(Why::Order, &Actor::System, Some(LEASE), at(10));
    let step = closed.finish(&payment, step, &Actor::System, at(10)).unwrap();
    let Saved::Done(held) = store.save(&closed, step, at(10)).await.unwrap() else { panic!("it is stored") };
    assert!(held.is_empty(), "the charge goes first");
    let kinds = async |seconds| {
        let works = store.outbox().claim(at(seconds), LEASE, 10).await.unwrap();
        works.into_iter().filter(|work| work.kind != "notify").collect::<Vec<_>>()
    };
    let first = kinds(60).await;
    assert_eq!(first.iter().map(|work| work.kind.as_str()).collect::<Vec<_>>(), ["charge"]);
    assert!(store.outbox().done(&first[0]).await.unwrap());
    assert_eq!(kinds(61).await[0].kind, "close");
}

async fn a_change_needs_the_version_before_it(store: &dyn PaymentStore) {
    let payment = stored(store, OrderId::new()).await;
    let (changed, step) = reported(&payment, 1, "approved");
    save(store, (changed.clone(), step)).await;
    let (late, step) = reported(&payment, 2, "rejected");
    assert!(matches!(store.save(&late, step, at(11)).await.unwrap(), Saved::Stale));
    assert_eq!(store.payment(payment.id).await.unwrap(), Some(changed));
    let kinds: Vec<String> = store.events(payment.id).await.unwrap().into_iter().map(|event| event.kind).collect();
    assert_eq!(kinds, ["created", "charge_sent", "status"], "nothing of the late one is left");
}

async fn a_change_comes_with_its_log_in_order(store: &dyn PaymentStore) {
    let payment = stored(store, OrderId::new()).await;
    let changed = save(store, reported(&payment, 1, "pending")).await;
    save(store, reported(&changed, 2, "approved")).await;
    let log = store.events(payment.id).await.unwrap();
    let states: Vec<_> = log.iter().map(|event| (event.kind.as_str(), event.status)).collect();
    assert_eq!(states[0], ("created", PaymentStatus::Pending));
    assert_eq!(states.last().unwrap(), &("status", PaymentStatus::Approved));
    assert!(store.events(PaymentId::new()).await.unwrap().is_empty());
}

async fn a_change_that_the_order_sees_is_told(store: &dyn PaymentStore) {
    let payment = stored(store, OrderId::new()).await;
    save(store, reported(&payment, 1, "approved")).await;
    let works = store.outbox().claim(at(11), LEASE, 10).await.unwrap();
    assert_eq!(works.iter().map(|work| work.kind.as_str()).collect::<Vec<_>>(), ["notify"]);
}

async fn what_changes_while_the_order_is_told_is_told_again(store: &dyn PaymentStore) {
    let payment = stored(store, OrderId::new()).await;
    let changed = save(store, reported(&payment, 1, "in_process")).await;
    let outbox = store.outbox();
    let told = outbox.claim(at(11), LEASE, 10).await.unwrap();
    assert_eq!(told.iter().map(|work| work.kind.as_str()).collect::<Vec<_>>(), ["notify"]);
    save(store, reported(&changed, 1, "approved")).await;
    assert_eq!(store.counts().await.unwrap().1.open, 2, "the charge and one notice");
    assert!(outbox.claim(at(11), LEASE, 10).await.unwrap().is_empty(), "one at a time");
    assert!(outbox.done(&told[0]).await.unwrap());
    let again = outbox.claim(at(11), LEASE, 10).await.unwrap();
    assert_eq!(again.iter().map(|work| work.kind.as_str()).collect::<Vec<_>>(), ["notify"]);
    assert!(outbox.done(&again[0]).await.unwrap());
    assert_eq!(store.counts().await.unwrap().1.open, 1);
}

async fn a_payment_of_mercadopago_belongs_to_one_of_ours(store: &dyn PaymentStore) {
    let (one, other) = (stored(store, OrderId::new()).await, stored(store, OrderId::new()).await);
    let one = save(store, reported(&one, 1, "approved")).await;
    assert_eq!(store.by_provider("1").await.unwrap(), Some(one));
    assert_eq!(store.by_provider("2").await.unwrap(), None);
    let (stolen, step) = reported(&other, 1, "approved");
    assert!(matches!(store.save(&stolen, step, at(11)).await.unwrap(), Saved::Taken));
    assert_eq!(store.payment(other.id).await.unwrap(), Some(other));
}

async fn listed(store: &dyn PaymentStore, filter: Filter, skip: u32, limit: u32) -> (Vec<PaymentId>, u32) {
    let listed = store.list(filter, Page { skip, limit }).await.unwrap();
    (listed.items.into_iter().map(|payment| payment.id).collect(), listed.total)
}

async fn lists_are_newest_first(store: &dyn PaymentStore) {
    let mut made = Vec::new();
    for _ in 0..5 {
        made.insert(0, stored(store, OrderId::new()).await.id);
    }
    assert_eq!(listed(store, Filter::default(), 0, 100).await.0, made);
}

async fn filters_narrow(store: &dyn PaymentStore) {
    let (one, other) = (stored(store, OrderId::new()).await, stored(store, OrderId::new()).await);
    save(store, reported(&other, 1, "approved")).await;
    let none = Filter::default();
    for filter in [
        Filter { payment_id: Some(one.id), ..none },
        Filter { order_id: Some(one.order_id), ..none },
        Filter { customer_id: one.customer_id, ..none },
        Filter { status: Some(PaymentStatus::Pending), ..none },
        Filter { order_id: Some(one.order_id), status: Some(PaymentStatus::Pending), ..none },
    ] {
        assert_eq!(listed(store, filter, 0, 10).await, (vec![one.id], 1), "{filter:?}");
    }
    let nobody = Filter { order_id: Some(one.order_id), status: Some(PaymentStatus::Approved), ..none };
    assert_eq!(listed(store, nobody, 0, 10).await, (vec![], 0));
}

async fn a_list_can_begin_after_a_moment(store: &dyn PaymentStore) {
    let mut made = Vec::new();
    for second in [0, 10, 20] {
        let (payment, step) =
            Payment::create(charge(OrderId::new(), PaymentMethod::Pix), &Actor::System, LEASE, at(second));
        store.insert(&payment, step, at(second)).await.unwrap();
        made.push(payment);
    }
    let after = |second| Filter { created_after: Some(at(second)), ..Filter::default() };
    assert_eq!(listed(store, after(10), 0, 10).await, (vec![made[2].id], 1), "later than, not at");
    assert_eq!(listed(store, after(9), 0, 10).await, (vec![made[2].id, made[1].id], 2));
    let theirs = Filter { customer_id: made[0].customer_id, ..after(0) };
    assert_eq!(listed(store, theirs, 0, 10).await, (vec![], 0));
}

async fn totals_count_what_the_page_leaves_out(store: &dyn PaymentStore) {
    for _ in 0..5 {
        stored(store, OrderId::new()).await;
    }
    let (page, total) = listed(store, Filter::default(), 3, 10).await;
    assert_eq!((page.len(), total), (2, 5));
}

async fn due(store: &dyn PaymentStore, seconds: i64) -> usize {
    store.take_due(at(seconds), 10).await.unwrap().len()
}

async fn what_is_due_is_taken_once_per_wait(store: &dyn PaymentStore) {
    stored(store, OrderId::new()).await;
    assert_eq!((due(store, 4).await, due(store, 5).await, due(store, 5).await), (0, 1, 0));
}

async fn waits_grow_and_end_at_the_expiry(store: &dyn PaymentStore) {
    stored(store, OrderId::new()).await;
    let mut taken = Vec::new();
    for second in 0..=1800 {
        if due(store, second).await > 0 {
            taken.push(second);
        }
    }
    assert_eq!(taken, [5, 15, 35, 75, 155, 315, 615, 915, 1215, 1515, 1800]);
}

async fn a_check_without_an_answer_comes_again_after_the_same_wait(store: &dyn PaymentStore) {
    let payment = stored(store, OrderId::new()).await;
    let mut taken = Vec::new();
    for second in 0..=100 {
        if due(store, second).await > 0 {
            taken.push(second);
            if [5, 10, 25].contains(&second) {
                store.unanswered(payment.id, at(second)).await.unwrap();
            }
        }
    }
    assert_eq!(taken, [5, 10, 15, 25, 35, 55, 95]);
    store.unanswered(PaymentId::new(), at(100)).await.unwrap();
    let paid = stored(store, OrderId::new()).await;
    save(store, reported(&paid, 2, "approved")).await;
    store.unanswered(paid.id, at(100)).await.unwrap();
    assert_eq!(due(store, 104).await, 0, "what is decided is not asked for again");
}

async fn what_is_decided_is_not_due(store: &dyn PaymentStore) {
    let payment = stored(store, OrderId::new()).await;
    let mut closed = payment.clone();
    let step = closed.close(Why::Order, &Actor::System, None, at(10));
    let step = closed.finish(&payment, step, &Actor::System, at(10)).unwrap();
    let closing = save(store, (closed, step)).await;
    save(store, reported(&closing, 1, "cancelled")).await;
    // Late money is looked for a while, and the last look takes it out.
    assert_eq!(due(store, 3600).await, 1);
    assert_eq!(due(store, 7200).await, 0);
    let paid = stored(store, OrderId::new()).await;
    save(store, reported(&paid, 2, "approved")).await;
    assert_eq!(due(store, 9000).await, 0);
}

async fn a_notification_is_one_entry_however_often(store: &dyn PaymentStore) {
    for second in 0..3 {
        store.notified("77", at(second)).await.unwrap();
    }
    let inbox = store.inbox();
    let works = inbox.claim(at(3), LEASE, 10).await.unwrap();
    assert_eq!(works.iter().map(|work| work.aggregate.as_str()).collect::<Vec<_>>(), ["77"]);
    store.notified("77", at(4)).await.unwrap();
    assert!(inbox.done(&works[0]).await.unwrap());
    assert_eq!(inbox.claim(at(5), LEASE, 10).await.unwrap().len(), 1, "what came meanwhile is looked into");
}

/// Claims all that is due and gives it up.
async fn give_up(queue: &dyn WorkQueue, now: Timestamp) {
    for work in queue.claim(now, LEASE, 10).await.unwrap() {
        assert!(queue.bury(&work, "no").await.unwrap());
    }
}

async fn what_was_given_up_is_seen_and_replayed_in_each_queue(store: &dyn PaymentStore) {
    let payment = stored(store, OrderId::new()).await;
    // Its charge is held by its maker until the lease ends; its report makes a notice.
    save(store, reported(&payment, 1, "approved")).await;
    store.notified("77", at(0)).await.unwrap();
    let (inbox, outbox) = (store.inbox(), store.outbox());
    let later = at(600);
    give_up(&*inbox, later).await;
    give_up(&*outbox, later).await;
    let (heard, todo) = store.counts().await.unwrap();
    assert_eq!((heard.dead, todo.dead), (1, 2));
    let dead = outbox.dead(10).await.unwrap();
    let mut seen: Vec<_> = dead.iter().map(|entry| (entry.kind.as_str(), entry.last_error.as_deref())).collect();
    seen.sort_unstable();
    assert_eq!(seen, [("charge", Some("no")), ("notify", Some("no"))]);
    assert_eq!(outbox.dead(1).await.unwrap().len(), 1);
    assert!(dead.iter().all(|entry| entry.aggregate.ends_with(&payment.id.to_string())));
    for entry in &dead {
        assert_eq!(inbox.replay(&Dead::Entry(entry.id), later).await.unwrap(), 0, "it lies in the other queue");
        assert_eq!(outbox.replay(&Dead::Entry(entry.id), later).await.unwrap(), 1);
    }
    assert_eq!(outbox.claim(later, LEASE, 10).await.unwrap().len(), 2);
    assert_eq!(inbox.replay(&Dead::All, later).await.unwrap(), 1);
    assert_eq!(inbox.claim(later, LEASE, 10).await.unwrap()[0].aggregate, "77");
}

async fn one_refused_refund_wakes_only_its_own_payment(store: &dyn PaymentStore) {
    let (one, other) = (stored(store, OrderId::new()).await, stored(store, OrderId::new()).await);
    let outbox = store.outbox();
    give_up(&*outbox, at(600)).await;
    assert_eq!(outbox.replay(&Dead::About(one.id.to_string()), at(600)).await.unwrap(), 1);
    let left: Vec<String> = outbox.dead(10).await.unwrap().into_iter().map(|entry| entry.aggregate).collect();
    assert_eq!(left, [other.id.to_string()]);
}

async fn keys_are_kept(store: &dyn PaymentStore) {
    assert_eq!(store.keys().await.unwrap(), None);
    store.keep_keys("a").await.unwrap();
    store.keep_keys("b").await.unwrap();
    assert_eq!(store.keys().await.unwrap().as_deref(), Some("b"));
}
