use std::sync::Arc;
use std::time::Duration;

use auth::{Authority, IssueError, Key, OpenError};
use domain::{CustomerId, Role};
use serde_json::json;
use store::StoreUrl;
use testkit::Mint;
use web::{KeySet, TokenFault, TokenRules, Verifier};

use crate::house::{House, PASSWORD, email, person, settings};

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn the_published_keys_check_the_tokens() {
    let house = House::new().await;
    let answer = house.anyone().get("/.well-known/jwks.json").await.expect(200);
    insta::assert_json_snapshot!(answer.json, {".keys[].kid" => "[kid]", ".keys[].x" => "[x]"});
    let keys = Arc::new(testkit::FixedKeys(KeySet::from_jwks(&answer.parse())));
    let verifier = Verifier::new(TokenRules::default(), keys, house.clock.clone());
    let issued = house.service.authority().issue(Role::Kiosk, None, HOUR, Some("Totem")).unwrap();
    let caller = verifier.verify(&issued.token).unwrap();
    assert_eq!(
        (caller.subject.as_str(), caller.role, caller.name.as_deref()),
        ("cli:kiosk", Role::Kiosk, Some("Totem"))
    );
}

#[tokio::test]
async fn keys_persons_and_tokens_outlive_the_program() {
    let house = House::new().await;
    house.register(1).await.expect(201);
    let token = house.service.authority().issue(Role::Kiosk, None, HOUR, None).unwrap().token;
    let jwks = house.service.authority().jwks();
    let (dir, clock) = house.stop().await;

    let authority = Authority::open(settings(dir.path(), clock)).await.unwrap();
    assert_eq!(authority.jwks(), jwks);
    assert_eq!(authority.inspect(&token).fault, None);
    assert!(authority.login(&email(1), PASSWORD.to_owned().into()).await.is_ok());
    authority.close().await;
}

#[tokio::test]
async fn another_master_key_is_told_at_the_start() {
    let (dir, clock) = House::new().await.stop().await;
    let mut settings = settings(dir.path(), clock);
    settings.wrapping_key = Key::new([9; 32]);
    let error = Authority::open(settings).await.unwrap_err();
    assert!(matches!(error, OpenError::WrappingKey { .. }));
    assert!(error.to_string().contains("another master key"), "{error}");
}

#[tokio::test]
async fn settings_that_cannot_be_are_told_at_the_start() {
    let dir = testkit::temp_dir();
    let (_, clock) = House::new().await.stop().await;
    let mut cheap = settings(dir.path(), clock.clone());
    cheap.argon2.memory_kib = 1;
    assert!(matches!(Authority::open(cheap).await, Err(OpenError::Setting { setting: "auth.argon2", .. })));
    let mut elsewhere = settings(dir.path(), clock);
    elsewhere.store = StoreUrl::Mongo("mongodb://user:secret@host/d$b".to_owned());
    let text = Authority::open(elsewhere).await.unwrap_err().to_string();
    assert!(text.contains("host/d$b") && !text.contains("secret"), "{text}");
}

#[tokio::test]
async fn two_programs_that_start_at_once_have_the_same_key() {
    let dir = testkit::temp_dir();
    let (_, clock) = House::new().await.stop().await;
    let open = || Authority::open(settings(dir.path(), clock.clone()));
    let (one, two) = tokio::join!(open(), open());
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!(one.jwks(), two.jwks());
    assert_eq!(one.jwks().keys.len(), 1);
    one.close().await;
    two.close().await;
}

#[tokio::test]
async fn a_token_is_issued_as_asked() {
    let house = House::new().await;
    let authority = house.service.authority();
    let issued = authority.issue(Role::Kitchen, Some("chapa-2"), 400 * 24 * HOUR, Some(" Chapa 2 ")).unwrap();
    assert_eq!(issued.expires_in, 400 * 86_400);
    assert_eq!((issued.claims.sub.as_str(), issued.claims.name.as_deref()), ("chapa-2", Some("Chapa 2")));
    assert_eq!(issued.claims.amr, None);
    let customer = authority.issue(Role::Customer, None, HOUR, None).unwrap();
    assert!(customer.claims.sub.parse::<CustomerId>().is_ok());
    assert!(!format!("{issued:?}").contains(&issued.token));
}

#[tokio::test]
async fn a_token_that_cannot_be_is_not_issued() {
    let house = House::new().await;
    let issue = |subject, life, name| house.service.authority().issue(Role::Kiosk, subject, life, name).unwrap_err();
    assert!(matches!(issue(None, 401 * 24 * HOUR, None), IssueError::Ttl(_)));
    assert!(matches!(issue(None, Duration::ZERO, None), IssueError::Ttl(_)));
    assert!(matches!(issue(Some("a b"), HOUR, None), IssueError::Subject));
    assert!(matches!(issue(Some(""), HOUR, None), IssueError::Subject));
    assert!(matches!(issue(None, HOUR, Some("a\u{7}")), IssueError::Name(_)));
}

#[tokio::test]
async fn inspect_says_why_not() {
    let house = House::new().await;
    let authority = house.service.authority();
    let token = authority.issue(Role::Kiosk, None, HOUR, None).unwrap().token;
    let good = authority.inspect(&format!(" {token}\n"));
    assert_eq!((good.fault, good.claims.unwrap().sub.as_str()), (None, "cli:kiosk"));
    assert_eq!(good.kid.as_deref(), Some(authority.jwks().keys[0].kid.as_str()));

    let changed = format!("{}A", &token[..token.len() - 1]);
    let changed = if changed == token { format!("{}Q", &token[..token.len() - 1]) } else { changed };
    assert_eq!(authority.inspect(&changed).fault, Some(TokenFault::Signature));
    let mint = Mint::with_clock(house.clock.clone());
    assert_eq!(authority.inspect(&mint.token(Role::Admin)).fault, Some(TokenFault::UnknownKey));
    assert_eq!(authority.inspect("nothing").fault, Some(TokenFault::Malformed));
    house.clock.advance(2 * HOUR);
    let late = authority.inspect(&token);
    assert_eq!((late.fault, late.claims.is_some()), (Some(TokenFault::Expired), true));
}

#[tokio::test]
async fn the_first_administrator_is_made_once() {
    let house = House::new().await;
    let authority = house.service.authority();
    let first = authority.ensure_admin("Administrador", "admin@example.com".parse().unwrap()).await.unwrap().unwrap();
    use secrecy::ExposeSecret;
    let password = first.password.expose_secret().to_owned();
    assert!(!format!("{first:?}").contains(&password));
    let login = house.login("admin@example.com", &password).await.expect(200);
    assert_eq!(
        (login.json["role"].as_str(), login.json["customer_id"].as_str()),
        (Some("admin"), Some(first.id.to_string().as_str()))
    );
    assert!(authority.ensure_admin("Outro", "outro@example.com".parse().unwrap()).await.unwrap().is_none());
}

#[tokio::test]
async fn an_administrator_is_made_with_the_service_stopped() {
    let (dir, clock) = House::new().await.stop().await;
    let authority = Authority::open(settings(dir.path(), clock)).await.unwrap();
    let body = serde_json::from_value(person(1)).unwrap();
    let admin = authority.create_admin(body).await.unwrap();
    assert_eq!((admin.role, admin.cpf.as_deref()), (Role::Admin, Some("***.000.001-**")));
    let issued = authority.login(&email(1), PASSWORD.to_owned().into()).await.unwrap();
    assert_eq!(issued.claims.role, Role::Admin);
    authority.close().await;
}

#[tokio::test]
async fn probes_tell_and_the_document_is_complete() {
    let house = House::new().await;
    let caller = house.anyone().expecting_faults();
    assert_eq!(caller.get("/health").await.expect(200).json["service"], "auth");
    assert_eq!(
        caller.ready().await.json,
        json!({"ready": true, "dependencies": [
            {"name": "store", "ready": true, "required": true}, {"name": "keys", "ready": true, "required": true},
        ]})
    );
    house.service.authority().close().await;
    assert_eq!(caller.get("/ready").await.expect(503).json["dependencies"][0]["ready"], false);

    let served = caller.get("/openapi.json").await.expect(200).json;
    assert_eq!(served, serde_json::to_value(auth::openapi()).unwrap());
    let operations: Vec<String> = served["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| {
            item.as_object().unwrap().iter().map(move |(method, operation)| {
                let statuses: Vec<&str> =
                    operation["responses"].as_object().unwrap().keys().map(String::as_str).collect();
                format!("{method} {path}: {}", statuses.join(" "))
            })
        })
        .collect();
    insta::assert_snapshot!(operations.join("\n"));
}
