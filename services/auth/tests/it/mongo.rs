//! What only a MongoDB can do or show: several instances on one database, a server that goes away, damaged documents.

use std::time::Duration;

use api::ProblemKind;
use domain::Role;
use store::mongo::bson::{self, Document, doc};
use store::mongo::{ConnectOptions, Part};
use store::{Mongo, StoreUrl};
use testkit::eventually;
use testkit::mongo::{Kind, Server, database, skip};

use crate::house::{House, PASSWORD, cpf, email, person};

/// What begins the private part of every Ed25519 key (RFC 8410 §7).
const PRIVATE_KEY: &[u8] = &[0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

async fn on(url: &str) -> House {
    House::with(|settings| settings.store = StoreUrl::Mongo(url.to_owned())).await
}

async fn two(url: &str) -> [House; 2] {
    let (one, other) = tokio::join!(on(url), on(url));
    [one, other]
}

async fn two_that_start_at_once_have_the_same_key(url: String) {
    let houses = two(&url).await;
    let jwks = houses.each_ref().map(|house| house.service.authority().jwks());
    assert_eq!(jwks[0], jwks[1]);
    assert_eq!(jwks[0].keys.len(), 1);
}

async fn who_registers_at_one_is_known_at_the_other(url: String) {
    let houses = two(&url).await;
    houses[0].register(1).await.expect(201);
    let token = houses[1].login(&email(1), PASSWORD).await.expect(200).json["access_token"].clone();
    let caller = houses[0].anyone().with_token(token.as_str().unwrap());
    assert_eq!(caller.get("/auth").await.expect(200).json["email"], email(1));
    houses[1].register(1).await.refused(ProblemKind::Conflict);
}

async fn an_email_is_taken_once_through_both(url: String) {
    let houses = two(&url).await;
    let kiosks = houses.each_ref().map(|house| house.a(Role::Kiosk));
    let person = person(1);
    let (one, other) =
        tokio::join!(kiosks[0].post("/customer/register", &person), kiosks[1].post("/customer/register", &person));
    let mut answers = [one.status, other.status];
    answers.sort_unstable();
    assert_eq!(answers, [201, 409]);
}

async fn the_documents_hold_no_cpf_no_password_and_no_private_key(url: String) {
    let house = on(&url).await;
    for n in 1..4 {
        house.register(n).await.expect(201);
    }
    let mongo = Mongo::connect(&url, &ConnectOptions::default()).await.unwrap();
    let database = mongo.database().clone();
    let names = mongo.run(async move { database.list_collection_names().await }).await.unwrap();
    let mut all = Vec::new();
    for name in &names {
        let name = name.strip_prefix("auth_").expect("collections of this service only");
        for document in mongo.docs("auth", name, "anything").list::<Document>(doc! {}, Part::default()).await.unwrap() {
            all.extend(bson::serialize_to_vec(&document).unwrap());
        }
    }
    let holds = |text: &[u8]| all.windows(text.len()).any(|part| part == text);
    assert!(names.len() >= 2 && holds(email(1).as_bytes()), "the documents were not read: {names:?}");
    for n in 1..4 {
        assert!(!holds(cpf(n).as_bytes()));
    }
    assert!(!holds(PASSWORD.as_bytes()) && !holds(PRIVATE_KEY));
}

async fn a_person_that_somebody_damaged_spares_the_others(url: String) {
    let house = on(&url).await;
    house.register(1).await.expect(201);
    house.register(2).await.expect(201);
    let mongo = Mongo::connect(&url, &ConnectOptions::default()).await.unwrap();
    let persons = mongo.docs("auth", "persons", "a person");
    let damaged = persons.update(doc! { "email": email(1) }, doc! { "$set": { "role": "dono" } }).await.unwrap();
    assert!(damaged.unwrap());
    let listed = house.a(Role::Admin).get("/customers").await.expect(200);
    assert_eq!(listed.json.as_array().unwrap().len(), 1);
    house.login(&email(2), PASSWORD).await.expect(200);
    let caller = house.anyone().expecting_faults();
    let login =
        caller.request(reqwest::Method::POST, "/token").form(&[("username", email(1)), ("password", PASSWORD.into())]);
    assert_eq!(caller.send(login).await.status, 500);
}

async fn a_revocation_that_somebody_damaged_is_no_pardon(url: String) {
    let house = on(&url).await;
    let lost = house.service.authority().issue(Role::Kiosk, None, Duration::from_secs(3600), None).unwrap();
    house.service.authority().revoke_token(&lost.token).await.unwrap().unwrap();
    let mongo = Mongo::connect(&url, &ConnectOptions::default()).await.unwrap();
    let revocations = mongo.docs("auth", "revocations", "a revocation");
    let damaged = revocations.update(doc! {}, doc! { "$set": { "exp": "never" } }).await.unwrap();
    assert!(damaged.unwrap());
    // Whoever asks is not told that nothing is taken back, and goes on with what is known.
    house.a(Role::Service).expecting_faults().get("/revocations").await.expect(500);
    house.anyone().with_token(&lost.token).get("/auth").await.expect(401);
}

async fn a_password_is_kept_at_todays_cost_after_the_next_login(url: String) {
    on(&url).await.register(1).await.expect(201);
    let later = House::with(|settings| {
        settings.store = StoreUrl::Mongo(url.clone());
        settings.argon2.iterations = 2;
    })
    .await;
    later.login(&email(1), PASSWORD).await.expect(200);
    let mongo = Mongo::connect(&url, &ConnectOptions::default()).await.unwrap();
    let persons = mongo.docs("auth", "persons", "a person");
    let ana: Document = persons.get(doc! { "email": email(1) }).await.unwrap().unwrap();
    assert!(ana.get_str("password").unwrap().starts_with("$argon2id$v=19$m=64,t=2,p=1$"));
    later.login(&email(1), PASSWORD).await.expect(200);
}

macro_rules! on_both {
    ($($case:ident)*) => {
        mod standalone {
            $(#[tokio::test]
            async fn $case() {
                let Some(url) = super::database(super::Kind::Standalone) else { return };
                super::$case(url).await;
            })*
        }
        mod replica_set {
            $(#[tokio::test]
            async fn $case() {
                let Some(url) = super::database(super::Kind::ReplicaSet) else { return };
                super::$case(url).await;
            })*
        }
    };
}

on_both! {
    two_that_start_at_once_have_the_same_key
    who_registers_at_one_is_known_at_the_other
    an_email_is_taken_once_through_both
    the_documents_hold_no_cpf_no_password_and_no_private_key
    a_person_that_somebody_damaged_spares_the_others
    a_revocation_that_somebody_damaged_is_no_pardon
    a_password_is_kept_at_todays_cost_after_the_next_login
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_away_is_503_and_then_all_is_well() {
    let dir = testkit::temp_dir();
    let server = match Server::run(Some(dir.path()), Kind::Standalone, &[]) {
        Ok(server) => server,
        Err(why) => return skip(&why),
    };
    let url = server.database("away");
    let house = House::with(|settings| {
        settings.store = StoreUrl::Mongo(url);
        settings.mongo.server_selection_timeout = Duration::from_secs(1);
    })
    .await;
    house.register(1).await.expect(201);
    let path = dir.path().to_owned();
    let killed = path.clone();
    tokio::task::spawn_blocking(move || Server::kill(&killed)).await.unwrap();
    let admin = house.a(Role::Admin).expecting_faults();
    // Each 503 has its Retry-After: the caller looks.
    admin.get("/customers").await.expect(503).refused(ProblemKind::StoreUnavailable);
    assert_eq!(admin.get("/ready").await.status, 503);
    assert_eq!(admin.get("/health").await.status, 200);
    admin.get("/.well-known/jwks.json").await.expect(200);
    tokio::task::spawn_blocking(move || Server::start_again(&path, Kind::Standalone)).await.unwrap();
    eventually(Duration::from_secs(30), || async { (admin.get("/customers").await.status == 200).then_some(()) }).await;
    house.login(&email(1), PASSWORD).await.expect(200);
}
