//! What every database of this service has to do, one small case per fact; each case runs on each of them.

use ::store::StoreResult;
use domain::{CustomerId, Email, Page, Role, Timestamp};

use super::{AuthStore, Inserted, KeyInserted, StoredKey};
use crate::cpf::{CpfDigest, SealedCpf};
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
            the_list_is_newest_first_and_pages,
            the_list_filters_by_id,
            a_role_is_there_once_somebody_has_it,
            keys_come_back_in_line,
            a_place_in_the_line_of_keys_is_taken_once,
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
