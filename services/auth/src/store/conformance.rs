//! What every database of this service has to do, one small case per fact; each case runs on each of them.

use std::time::Duration;

use ::store::{NewWork, StoreResult};
use api::auth::Revocation;
use domain::{CustomerId, Email, ErasureId, Page, Role, Timestamp};

use super::{AuthStore, Inserted, KeyInserted, StoredKey};
use crate::cpf::{CpfDigest, SealedCpf};
use crate::erasure::{Erased, Erasure, Place};
use crate::password::PasswordText;
use crate::person::Person;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_123);

fn email(text: &str) -> Email {
    text.parse().unwrap()
}

/// A person without anything that must be unique.
fn nobody() -> Person {
    Person {
        id: CustomerId::new(),
        role: Role::Customer,
        name: None,
        email: None,
        cpf: None,
        password: None,
        created_at: NOW,
    }
}

fn person(mail: &str, cpf: u8) -> Person {
    Person {
        name: Some("Ana Souza".into()),
        email: Some(email(mail)),
        cpf: Some(SealedCpf { lookup: CpfDigest([cpf; 32]), sealed: vec![cpf, 0, 255] }),
        password: Some(PasswordText::from_stored("$argon2id$v=19$x".into())),
        ..nobody()
    }
}

fn key(seq: u32, kid: &str) -> StoredKey {
    StoredKey {
        seq,
        kid: kid.into(),
        public: vec![1, 2, 3],
        wrapped: vec![0, 255, 4],
        created_at: NOW,
        signs_from: Timestamp::from_millis(NOW.millis() + 30_000),
        retired_at: None,
    }
}

fn page(skip: u32, limit: u32) -> Page {
    Page { skip, limit }
}

async fn a_person_comes_back_as_stored(store: &dyn AuthStore) -> StoreResult<()> {
    let ana = person("ana@example.com", 1);
    assert_eq!(store.insert_person(ana.clone()).await?, Inserted::New);
    assert_eq!(store.person(ana.id).await?, Some(ana));
    Ok(())
}

async fn an_anonymous_person_comes_back_as_stored(store: &dyn AuthStore) -> StoreResult<()> {
    let anonymous = nobody();
    assert_eq!(store.insert_person(anonymous.clone()).await?, Inserted::New);
    assert_eq!(store.person(anonymous.id).await?, Some(anonymous));
    Ok(())
}

async fn many_have_no_email_and_no_cpf(store: &dyn AuthStore) -> StoreResult<()> {
    for _ in 0..3 {
        assert_eq!(store.insert_person(nobody()).await?, Inserted::New);
    }
    Ok(())
}

async fn a_person_is_found_by_email_and_by_cpf(store: &dyn AuthStore) -> StoreResult<()> {
    let (ana, bia) = (person("ana@example.com", 1), person("bia@example.com", 2));
    store.insert_person(ana.clone()).await?;
    store.insert_person(bia.clone()).await?;
    assert_eq!(store.person_by_email(&email("Bia@Example.com")).await?, Some(bia));
    assert_eq!(store.person_by_cpf(CpfDigest([1; 32])).await?, Some(ana));
    Ok(())
}

async fn who_is_not_there_is_not_found(store: &dyn AuthStore) -> StoreResult<()> {
    store.insert_person(person("ana@example.com", 1)).await?;
    assert_eq!(store.person(CustomerId::new()).await?, None);
    assert_eq!(store.person_by_email(&email("bia@example.com")).await?, None);
    assert_eq!(store.person_by_cpf(CpfDigest([2; 32])).await?, None);
    Ok(())
}

async fn an_email_is_taken_once(store: &dyn AuthStore) -> StoreResult<()> {
    store.insert_person(person("ana@example.com", 1)).await?;
    let answer = store.insert_person(person("ana@example.com", 2)).await?;
    assert_eq!(answer, Inserted::Taken { email: true, cpf: false });
    Ok(())
}

async fn a_cpf_is_taken_once(store: &dyn AuthStore) -> StoreResult<()> {
    store.insert_person(person("ana@example.com", 1)).await?;
    let answer = store.insert_person(person("bia@example.com", 1)).await?;
    assert_eq!(answer, Inserted::Taken { email: false, cpf: true });
    Ok(())
}

async fn both_taken_are_told_at_once(store: &dyn AuthStore) -> StoreResult<()> {
    store.insert_person(person("ana@example.com", 1)).await?;
    store.insert_person(person("bia@example.com", 2)).await?;
    let answer = store.insert_person(person("ana@example.com", 2)).await?;
    assert_eq!(answer, Inserted::Taken { email: true, cpf: true });
    Ok(())
}

async fn a_refused_person_leaves_nothing(store: &dyn AuthStore) -> StoreResult<()> {
    store.insert_person(person("ana@example.com", 1)).await?;
    let refused = person("bia@example.com", 1);
    store.insert_person(refused.clone()).await?;
    assert_eq!(store.person(refused.id).await?, None);
    assert_eq!(store.person_by_email(&email("bia@example.com")).await?, None);
    assert_eq!(store.persons(None, Page::default()).await?.total, 1);
    Ok(())
}

async fn a_password_is_replaced_while_it_is_the_one_that_was_checked(store: &dyn AuthStore) -> StoreResult<()> {
    let hash = |text: &str| PasswordText::from_stored(text.into());
    let (ana, bia) = (person("ana@example.com", 1), person("bia@example.com", 2));
    store.insert_person(ana.clone()).await?;
    store.insert_person(bia.clone()).await?;
    let old = ana.password.clone().unwrap();
    assert!(store.replace_password(ana.id, &old, &hash("new")).await?);
    assert!(!store.replace_password(ana.id, &old, &hash("late")).await?, "somebody changed it meanwhile");
    assert!(!store.replace_password(CustomerId::new(), &old, &hash("new")).await?);
    assert_eq!(store.person(ana.id).await?, Some(Person { password: Some(hash("new")), ..ana }));
    assert_eq!(store.person(bia.id).await?, Some(bia));
    Ok(())
}

async fn the_list_is_newest_first_and_pages(store: &dyn AuthStore) -> StoreResult<()> {
    let mut all = Vec::new();
    for _ in 0..5 {
        let one = nobody();
        all.insert(0, one.id);
        store.insert_person(one).await?;
    }
    for (skip, limit, expected) in [(0, 10, &all[..]), (1, 2, &all[1..3]), (4, 10, &all[4..]), (5, 10, &[])] {
        let found = store.persons(None, page(skip, limit)).await?;
        assert_eq!(
            found.items.iter().map(|person| person.id).collect::<Vec<_>>(),
            expected,
            "skip {skip} limit {limit}"
        );
        assert_eq!(found.total, 5);
    }
    Ok(())
}

async fn the_list_filters_by_id(store: &dyn AuthStore) -> StoreResult<()> {
    let ana = person("ana@example.com", 1);
    store.insert_person(ana.clone()).await?;
    store.insert_person(nobody()).await?;
    let found = store.persons(Some(ana.id), Page::default()).await?;
    assert_eq!((found.items, found.total), (vec![ana], 1));
    let none = store.persons(Some(CustomerId::new()), Page::default()).await?;
    assert_eq!((none.items, none.total), (vec![], 0));
    Ok(())
}

async fn a_role_is_there_once_somebody_has_it(store: &dyn AuthStore) -> StoreResult<()> {
    store.insert_person(nobody()).await?;
    assert!(!store.has_role(Role::Admin).await?);
    store.insert_person(Person { role: Role::Admin, ..nobody() }).await?;
    assert!(store.has_role(Role::Admin).await?);
    Ok(())
}

async fn keys_come_back_in_line(store: &dyn AuthStore) -> StoreResult<()> {
    assert_eq!(store.keys().await?, []);
    let (first, second) = (key(1, "a"), StoredKey { retired_at: Some(NOW), ..key(2, "b") });
    assert_eq!(store.insert_key(second.clone()).await?, KeyInserted::New);
    assert_eq!(store.insert_key(first.clone()).await?, KeyInserted::New);
    assert_eq!(store.keys().await?, [first, second]);
    Ok(())
}

async fn a_place_in_the_line_of_keys_is_taken_once(store: &dyn AuthStore) -> StoreResult<()> {
    store.insert_key(key(1, "a")).await?;
    assert_eq!(store.insert_key(key(1, "b")).await?, KeyInserted::Late);
    assert_eq!(store.keys().await?, [key(1, "a")]);
    Ok(())
}

async fn keys_before_a_place_end_at_the_sooner_moment(store: &dyn AuthStore) -> StoreResult<()> {
    let (sooner, later) = (NOW.minus(Duration::from_secs(1)), NOW.plus(Duration::from_secs(1)));
    let ends = [None, Some(sooner), Some(later), None];
    for (seq, retired_at) in (1..).zip(ends) {
        store.insert_key(StoredKey { retired_at, ..key(seq, &format!("k{seq}")) }).await?;
    }
    store.retire_keys(4, NOW).await?;
    let ends: Vec<_> = store.keys().await?.into_iter().map(|key| key.retired_at).collect();
    assert_eq!(ends, [Some(NOW), Some(sooner), Some(NOW), None]);
    Ok(())
}

fn token(jti: &str, exp: i64) -> Revocation {
    Revocation::Token { jti: jti.into(), exp }
}

fn subject(sub: &str, before: i64, exp: i64) -> Revocation {
    Revocation::Subject { sub: sub.into(), before, exp }
}

async fn revocations_are_told_until_they_expire(store: &dyn AuthStore) -> StoreResult<()> {
    let now = NOW.seconds();
    assert_eq!(store.revocations(NOW).await?, []);
    for revocation in [subject("b", now, now + 9), token("z", now + 5), token("a", now + 9), token("over", now)] {
        store.revoke(revocation).await?;
    }
    let expected = [token("a", now + 9), token("z", now + 5), subject("b", now, now + 9)];
    assert_eq!(store.revocations(NOW).await?, expected);
    let later = NOW.plus(Duration::from_secs(5));
    assert_eq!(store.revocations(later).await?, [token("a", now + 9), subject("b", now, now + 9)]);
    Ok(())
}

async fn of_two_revocations_the_later_moment_counts(store: &dyn AuthStore) -> StoreResult<()> {
    let now = NOW.seconds();
    for revocation in
        [token("a", now + 9), token("a", now + 5), subject("a", now + 2, now + 5), subject("a", now, now + 9)]
    {
        store.revoke(revocation).await?;
    }
    assert_eq!(store.revocations(NOW).await?, [token("a", now + 9), subject("a", now + 2, now + 9)]);
    Ok(())
}

async fn what_has_expired_is_forgotten(store: &dyn AuthStore) -> StoreResult<()> {
    let now = NOW.seconds();
    for revocation in [token("over", now), subject("over", now, now), token("a", now + 1)] {
        store.revoke(revocation).await?;
    }
    store.prune_revocations(NOW).await?;
    let ever = Timestamp::from_millis(0);
    assert_eq!(store.revocations(ever).await?, [token("a", now + 1)]);
    Ok(())
}

fn erasure(customer: CustomerId) -> (Erasure, NewWork) {
    let id = ErasureId::new();
    let erasure =
        Erasure { id, customer_id: Some(customer), requested_at: NOW, completed_at: None, erased: Vec::new() };
    (erasure, NewWork::new(id, "erase", serde_json::json!({}), NOW))
}

async fn an_erasure_comes_back_with_its_work(store: &dyn AuthStore) -> StoreResult<()> {
    let (erasure, work) = erasure(CustomerId::new());
    assert_eq!(store.begin_erasure(erasure.clone(), work).await?, erasure.id);
    assert_eq!(store.erasure(erasure.id).await?, Some(erasure.clone()));
    assert_eq!(store.erasure(ErasureId::new()).await?, None);
    let works = store.outbox().claim(NOW, Duration::from_secs(30), 10).await?;
    assert_eq!(works.iter().map(|work| work.aggregate.clone()).collect::<Vec<_>>(), [erasure.id.to_string()]);
    assert!(store.outbox().done(&works[0]).await?);
    assert!(store.outbox().claim(NOW.plus(Duration::from_secs(60)), Duration::from_secs(30), 10).await?.is_empty());
    assert_eq!(store.erasure(erasure.id).await?, Some(erasure), "the work leaves, the erasure stays");
    Ok(())
}

async fn a_person_has_one_erasure_at_a_time(store: &dyn AuthStore) -> StoreResult<()> {
    let customer = CustomerId::new();
    let (first, work) = erasure(customer);
    store.begin_erasure(first.clone(), work).await?;
    let (second, work) = erasure(customer);
    assert_eq!(store.begin_erasure(second.clone(), work).await?, first.id);
    assert_eq!(store.erasure(second.id).await?, None);
    let works = store.outbox().claim(NOW, Duration::from_secs(30), 10).await?;
    assert_eq!(works.len(), 1);
    Ok(())
}

async fn what_was_erased_adds_up_by_place(store: &dyn AuthStore) -> StoreResult<()> {
    let (erasure, work) = erasure(CustomerId::new());
    store.begin_erasure(erasure.clone(), work).await?;
    let later = NOW.plus(Duration::from_secs(20));
    for (place, records, at) in [(Place::Order, 3, NOW), (Place::Auth, 1, NOW), (Place::Order, 2, later)] {
        store.note_erased(erasure.id, place, records, at).await?;
    }
    let erased = vec![
        Erased { place: Place::Auth, records: 1, erased_at: NOW },
        Erased { place: Place::Order, records: 5, erased_at: later },
    ];
    assert_eq!(store.erasure(erasure.id).await?, Some(Erasure { erased, ..erasure }));
    Ok(())
}

async fn a_complete_erasure_forgets_whose_it_was(store: &dyn AuthStore) -> StoreResult<()> {
    let (customer, later) = (CustomerId::new(), NOW.plus(Duration::from_secs(20)));
    let (first, work) = erasure(customer);
    store.begin_erasure(first.clone(), work).await?;
    store.complete_erasure(first.id, NOW).await?;
    store.complete_erasure(first.id, later).await?;
    let complete = Erasure { customer_id: None, completed_at: Some(NOW), ..first };
    assert_eq!(store.erasure(complete.id).await?, Some(complete));
    let (second, work) = erasure(customer);
    assert_eq!(store.begin_erasure(second.clone(), work).await?, second.id);
    Ok(())
}

async fn a_person_is_erased_once(store: &dyn AuthStore) -> StoreResult<()> {
    let (ana, bia) = (person("ana@example.com", 1), person("bia@example.com", 2));
    store.insert_person(ana.clone()).await?;
    store.insert_person(bia.clone()).await?;
    assert!(store.delete_person(ana.id).await?);
    assert!(!store.delete_person(ana.id).await?);
    store.purge().await?;
    assert_eq!(store.person(ana.id).await?, None);
    assert_eq!(store.person_by_cpf(CpfDigest([1; 32])).await?, None);
    assert_eq!(store.person(bia.id).await?, Some(bia));
    let again = person("ana@example.com", 1);
    assert_eq!(store.insert_person(again).await?, Inserted::New, "the e-mail and the CPF are free");
    Ok(())
}

async fn it_answers_until_it_is_closed(store: &dyn AuthStore) -> StoreResult<()> {
    store.ping().await?;
    store.close().await;
    assert!(store.ping().await.is_err_and(|error| error.is_unavailable()));
    assert!(store.keys().await.is_err_and(|error| error.is_unavailable()));
    Ok(())
}

macro_rules! conformance {
    ($backend:ident, $open:expr, [$($case:ident,)*]) => {
        mod $backend {
            $(#[tokio::test]
            async fn $case() {
                let (store, _guard) = $open;
                super::$case(&store).await.unwrap();
                super::AuthStore::close(&store).await;
            })*
        }
    };
    ($backend:ident, $open:expr) => {
        conformance!($backend, $open, [
            a_person_comes_back_as_stored,
            an_anonymous_person_comes_back_as_stored,
            many_have_no_email_and_no_cpf,
            a_person_is_found_by_email_and_by_cpf,
            who_is_not_there_is_not_found,
            an_email_is_taken_once,
            a_cpf_is_taken_once,
            both_taken_are_told_at_once,
            a_refused_person_leaves_nothing,
            a_password_is_replaced_while_it_is_the_one_that_was_checked,
            the_list_is_newest_first_and_pages,
            the_list_filters_by_id,
            a_role_is_there_once_somebody_has_it,
            keys_come_back_in_line,
            a_place_in_the_line_of_keys_is_taken_once,
            keys_before_a_place_end_at_the_sooner_moment,
            revocations_are_told_until_they_expire,
            of_two_revocations_the_later_moment_counts,
            what_has_expired_is_forgotten,
            an_erasure_comes_back_with_its_work,
            a_person_has_one_erasure_at_a_time,
            what_was_erased_adds_up_by_place,
            a_complete_erasure_forgets_whose_it_was,
            a_person_is_erased_once,
            it_answers_until_it_is_closed,
        ]);
    };
}

conformance!(sqlite, {
    use crate::store::SqliteAuth;
    let dir = tempfile::tempdir().unwrap();
    (SqliteAuth::open(&dir.path().join("auth.db")).unwrap(), dir)
});

macro_rules! on_mongo {
    ($kind:ident) => {{
        use crate::store::MongoAuth;
        let Some(url) = testkit::mongo::database(testkit::mongo::Kind::$kind) else { return };
        (MongoAuth::open(&url, &::store::mongo::ConnectOptions::default()).await.unwrap(), url)
    }};
}

conformance!(mongo_standalone, on_mongo!(Standalone));
conformance!(mongo_replica_set, on_mongo!(ReplicaSet));
