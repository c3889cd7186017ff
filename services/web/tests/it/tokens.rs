use std::sync::Arc;
use std::time::Duration;

use api::ProblemKind;
use api::auth::Jwks;
use domain::{Clock, ManualClock, Role, Timestamp};
use reqwest::Method;
use serde_json::json;
use testkit::{FixedKeys, Mint};
use web::{KeySet, KeySource, TokenFault, TokenRules, Verifier};

use crate::demo::{Demo, good};

const SOME: &str = "/dishes/01939d2e-7c9a-7c3e-9a55-0c1de0a1b2c3";
const NONE: &str = "/dishes/00000000-0000-0000-0000-000000000000";

#[tokio::test]
async fn the_checks_come_in_the_order_of_the_contract() {
    let mint = Mint::new();
    let server = Demo::trusting(&mint).spawn();
    let nobody = server.caller();
    let (kiosk, kitchen) = (nobody.with_token(mint.token(Role::Kiosk)), nobody.with_token(mint.token(Role::Kitchen)));
    let put = |caller: &testkit::Caller, path: &str, kind: &str, body: &str| {
        let request = caller.request(Method::PUT, path).header("content-type", kind.to_owned()).body(body.to_owned());
        let caller = caller.clone();
        async move { caller.send(request).await }
    };
    let large = format!("\"{}\"", "a".repeat(300_000));
    put(&nobody, "/dishes/x", "text/plain", "{").await.refused(ProblemKind::Unauthenticated);
    put(&kiosk, "/dishes/x", "text/plain", "{").await.refused(ProblemKind::Forbidden);
    put(&kitchen, "/dishes/x", "text/plain", "{").await.refused(ProblemKind::NotFound);
    put(&kitchen, NONE, "text/plain", "{").await.refused(ProblemKind::NotFound);
    put(&kitchen, SOME, "text/plain", &large).await.refused(ProblemKind::UnsupportedMedia);
    put(&kitchen, SOME, "application/json", &large).await.refused(ProblemKind::TooLarge);
    put(&kitchen, SOME, "application/json", "{").await.refused(ProblemKind::InvalidJson);
    put(&kitchen, SOME, "application/json", "{}").await.refused(ProblemKind::InvalidBody);
    put(&kitchen, SOME, "application/json", &good().to_string()).await.expect(200);
}

#[tokio::test]
async fn only_the_roles_of_the_permit_get_through() {
    let mint = Mint::new();
    let server = Demo::trusting(&mint).spawn();
    for role in Role::ALL {
        let caller = server.caller().with_token(mint.token_for("somebody", role, Some("password")));
        let answer = caller.send(caller.request(Method::PUT, SOME).json(&good())).await;
        if matches!(role, Role::Admin | Role::Kitchen) {
            assert_eq!(answer.expect(200).json["by"], "somebody");
        } else {
            answer.refused(ProblemKind::Forbidden);
        }
    }
}

#[tokio::test]
async fn no_bad_token_opens_anything() {
    let mint = Mint::new();
    let server = Demo::trusting(&mint).spawn();
    let nobody = server.caller();
    let answer = nobody.send(nobody.request(Method::PUT, SOME)).await;
    assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    for (name, token) in mint.bad_tokens(Role::Admin) {
        for path in [SOME, "/whoever"] {
            let method = if path == SOME { Method::PUT } else { Method::GET };
            let answer = nobody.send(nobody.request(method, path).bearer_auth(&token)).await;
            assert_eq!(answer.status, 401, "{name}");
            assert_eq!(answer.header("www-authenticate"), Some("Bearer error=\"invalid_token\""), "{name}");
            answer.refused(ProblemKind::Unauthenticated);
        }
    }
    let good = mint.token(Role::Admin);
    for scheme in ["Basic", "Bearerx", ""] {
        let request = nobody.request(Method::GET, "/whoever").header("authorization", format!("{scheme} {good}"));
        assert_eq!(nobody.send(request).await.status, 401, "{scheme:?}");
    }
    let twice = nobody.request(Method::GET, "/whoever").bearer_auth(&good).bearer_auth(&good);
    assert_eq!(nobody.send(twice).await.status, 401);
    let lower = nobody.request(Method::GET, "/whoever").header("authorization", format!("bearer {good}"));
    nobody.send(lower).await.expect(200);
}

#[tokio::test]
async fn a_public_route_takes_anyone() {
    let mint = Mint::new();
    let server = Demo::trusting(&mint).spawn();
    assert!(server.caller().get("/whoever").await.expect(200).json.is_null());
    let ana = server.caller().with_token(mint.token_for("ana", Role::Customer, None));
    assert_eq!(ana.get("/whoever").await.expect(200).json, "ana");
}

#[tokio::test]
async fn without_any_key_nobody_is_judged() {
    let mint = Mint::new();
    let clock: Arc<dyn Clock> = Arc::new(domain::SystemClock);
    let verifier = Verifier::new(TokenRules::default(), Arc::new(FixedKeys::default()), clock);
    let server = Demo { verifier: Some(Arc::new(verifier)), ..Demo::new() }.spawn();
    let nobody = server.caller().expecting_faults();
    let admin = nobody.with_token(mint.token(Role::Admin));
    admin.send(admin.request(Method::PUT, SOME)).await.refused(ProblemKind::AuthUnavailable);
    nobody.send(nobody.request(Method::PUT, SOME)).await.refused(ProblemKind::Unauthenticated);
}

fn fault(verifier: &Verifier, token: &str) -> Option<TokenFault> {
    verifier.verify(token).err()
}

#[test]
fn a_token_holds_in_its_time_and_a_leeway_around_it() {
    let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_800_000_000_000)));
    let mint = Mint::with_clock(clock.clone());
    let verifier = mint.verifier();
    let mut claims = mint.claims(Role::Admin);
    claims.nbf += 31;
    let token = mint.sign(&claims);
    assert_eq!(fault(&verifier, &token), Some(TokenFault::NotYet));
    clock.advance(Duration::from_secs(1));
    assert_eq!(fault(&verifier, &token), None);
    clock.advance(Duration::from_secs(3600 + 28));
    assert_eq!(fault(&verifier, &token), None, "the last second, from memory");
    clock.advance(Duration::from_secs(1));
    assert_eq!(fault(&verifier, &token), Some(TokenFault::Expired));
    assert_eq!(fault(&mint.verifier(), &token), Some(TokenFault::Expired), "and without a memory");
}

#[test]
fn each_fault_has_its_name() {
    let mint = Mint::new();
    let verifier = mint.verifier();
    let found: Vec<_> = mint
        .bad_tokens(Role::Admin)
        .into_iter()
        .map(|(name, token)| format!("{name}: {}", fault(&verifier, &token).expect("a fault")))
        .collect();
    insta::assert_snapshot!(found.join("\n"));
    assert_eq!(fault(&verifier, &"a".repeat(5000)), Some(TokenFault::Malformed));
}

/// Keys that a test takes away, and that remembers how often it was asked for newer ones.
#[derive(Default)]
struct Changing(std::sync::Mutex<(KeySet, u32)>);

impl KeySource for Changing {
    fn current(&self) -> KeySet {
        self.0.lock().unwrap().0.clone()
    }

    fn unknown_kid(&self) {
        self.0.lock().unwrap().1 += 1;
    }
}

#[test]
fn a_remembered_token_ends_with_its_key() {
    let (first, second) = (Mint::new(), Mint::new());
    let source = Arc::new(Changing::default());
    let set = |jwks: &Jwks| source.0.lock().unwrap().0 = KeySet::from_jwks(jwks);
    let verifier = Verifier::new(TokenRules::default(), source.clone(), Arc::new(domain::SystemClock));
    set(&first.jwks());
    let token = first.token(Role::Kiosk);
    assert_eq!(fault(&verifier, &token), None);
    set(&second.jwks());
    assert_eq!(fault(&verifier, &token), Some(TokenFault::UnknownKey));
    assert_eq!(source.0.lock().unwrap().1, 1, "the source was told of the unknown key");
    set(&Jwks { keys: [first.jwks().keys, second.jwks().keys].concat() });
    assert_eq!(fault(&verifier, &token), None);
    assert_eq!(verifier.verify(&second.token(Role::Admin)).map(|caller| caller.role), Ok(Role::Admin));
}

/// Every published key checks only what names it: a token cannot choose another one.
#[test]
fn a_token_is_checked_with_the_key_that_it_names() {
    let (first, second) = (Mint::new(), Mint::new());
    let mut jwks = Jwks { keys: [first.jwks().keys, second.jwks().keys].concat() };
    let kids = [jwks.keys[1].kid.clone(), jwks.keys[0].kid.clone()];
    for (key, kid) in jwks.keys.iter_mut().zip(kids) {
        key.kid = kid;
    }
    let keys = Arc::new(testkit::FixedKeys(KeySet::from_jwks(&jwks)));
    let verifier = Verifier::new(TokenRules::default(), keys, Arc::new(domain::SystemClock));
    for mint in [first, second] {
        assert_eq!(fault(&verifier, &mint.token(Role::Admin)), Some(TokenFault::Signature));
    }
}

#[test]
fn keys_of_other_kinds_are_passed_over() {
    let mut jwks = Mint::new().jwks();
    jwks.keys[0].alg = "RS256".to_owned();
    assert!(KeySet::from_jwks(&jwks).is_empty());
}

#[test]
fn a_token_says_who_and_how() {
    let mint = Mint::new();
    let caller = mint.verifier().verify(&mint.token_for("ana", Role::Customer, Some("presence"))).unwrap();
    let seen = json!([caller.subject, caller.role, caller.amr, caller.name]);
    assert_eq!(seen, json!(["ana", "customer", "presence", null]));
    assert!(!format!("{caller:?}").contains(&caller.jti));
}
