//! Tokens that are taken back before their time is over.

use std::time::Duration;

use api::ProblemKind;
use auth::Authority;
use domain::Role;
use reqwest::Method;
use serde_json::json;
use testkit::{Answer, Caller, eventually};
use tokio_util::sync::CancellationToken;
use web::TokenFault;

use crate::house::{House, PASSWORD, email, settings};

const HOUR: Duration = Duration::from_secs(3600);
const SOON: Duration = Duration::from_secs(20);

async fn revoke(caller: &Caller, form: &[(&str, &str)]) -> Answer {
    caller.send(caller.request(Method::POST, "/revoke").form(form)).await
}

fn token(house: &House, role: Role, subject: &str) -> auth::Issued {
    house.service.authority().issue(role, Some(subject), HOUR, None).unwrap()
}

#[tokio::test]
async fn a_token_that_is_given_back_holds_no_longer() {
    let house = House::new().await;
    house.register(1).await.expect(201);
    let mine = house.login(&email(1), PASSWORD).await.expect(200).json["access_token"].as_str().unwrap().to_owned();
    let other = house.login(&email(1), PASSWORD).await.expect(200).json["access_token"].as_str().unwrap().to_owned();
    let me = house.anyone().with_token(&mine);
    me.get("/auth").await.expect(200);
    let answer = revoke(&me, &[("token", &mine), ("token_type_hint", "access_token")]).await.expect(200);
    assert_eq!((answer.text.as_str(), answer.header("cache-control")), ("", Some("no-store")));
    me.get("/auth").await.refused(ProblemKind::Unauthenticated);
    assert_eq!(house.service.authority().inspect(&mine).fault, Some(TokenFault::Revoked));
    house.anyone().with_token(other).get("/auth").await.expect(200);
}

#[tokio::test]
async fn anyone_takes_back_their_own_and_an_administrator_any() {
    let house = House::new().await;
    let [ana, twin, bia, lost] = ["ana", "ana", "bia", "lost"].map(|subject| token(&house, Role::Kiosk, subject));
    let as_ana = house.anyone().with_token(&ana.token);
    for form in [("token", &bia.token), ("jti", &bia.claims.jti), ("jti", &twin.claims.jti), ("sub", &ana.claims.sub)] {
        let answer = revoke(&as_ana, &[(form.0, form.1)]).await.expect(403);
        assert_eq!(answer.json["error"], "unauthorized_client", "{}", form.0);
    }
    revoke(&as_ana, &[("token", &twin.token)]).await.expect(200);
    house.anyone().with_token(&twin.token).get("/auth").await.expect(401);
    house.anyone().with_token(&bia.token).get("/auth").await.expect(200);
    revoke(&as_ana, &[("jti", &ana.claims.jti)]).await.expect(200);
    as_ana.get("/auth").await.expect(401);

    let admin = house.a(Role::Admin);
    revoke(&admin, &[("token", &bia.token)]).await.expect(200);
    revoke(&admin, &[("jti", &lost.claims.jti)]).await.expect(200);
    for gone in [&bia, &lost] {
        house.anyone().with_token(&gone.token).get("/auth").await.expect(401);
    }
    let answer = revoke(&house.anyone(), &[("token", &ana.token)]).await.expect(401);
    assert_eq!(answer.json["error"], "invalid_client");
}

/// Whoever speaks OAuth reads one form of error at `/token` and `/revoke`, also where the request came to no handler.
#[tokio::test]
async fn every_refusal_speaks_oauth() {
    let house = House::with(|settings| settings.limits.body = 100).await;
    let admin = house.a(Role::Admin);
    let long = [("token", "x".repeat(200))];
    let post = |caller: &Caller, path: &str| caller.request(Method::POST, path);
    let cases = [
        (post(&house.anyone(), "/revoke").form(&[("jti", "a")]), 401, "invalid_client"),
        (post(&house.anyone().with_token("x"), "/revoke").form(&[("jti", "a")]), 401, "invalid_token"),
        (post(&admin, "/revoke?x=1").form(&[("jti", "a")]), 422, "invalid_request"),
        (post(&admin, "/revoke/?x=1").form(&[("jti", "a")]), 422, "invalid_request"),
        (post(&admin, "/revoke").form(&long), 413, "invalid_request"),
        (post(&house.anyone(), "/token").form(&long), 413, "invalid_request"),
        (admin.request(Method::GET, "/token"), 405, "invalid_request"),
        (post(&house.anyone(), "/token").header("x-long", "x".repeat(20_000)), 431, "invalid_request"),
    ];
    for (request, status, error) in cases {
        let answer = house.anyone().send(request).await.expect(status);
        assert_eq!((answer.header("content-type"), &answer.json["error"]), (Some("application/json"), &json!(error)));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let said = answer.json["error_description"].as_str().unwrap();
        assert!(said.bytes().all(|b| matches!(b, b' '..=b'~') && !matches!(b, b'"' | b'\\')), "{said}");
    }
}

#[tokio::test]
async fn a_request_for_a_token_that_does_not_arrive_speaks_oauth() {
    let house = House::with(|settings| settings.limits.body_timeout = Duration::from_millis(50)).await;
    let mut stream = house.running.connect().await;
    let head = "POST /token HTTP/1.1\r\nHost: here\r\nContent-Length: 9\r\n\r\nu";
    tokio::io::AsyncWriteExt::write_all(&mut stream, head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    tokio::io::AsyncReadExt::read_to_string(&mut stream, &mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("\"error\":\"invalid_request\""), "{answer}");
}

#[tokio::test]
async fn a_subject_loses_what_was_signed_until_now() {
    let house = House::new().await;
    let before = token(&house, Role::Kitchen, "tablet");
    let bystander = token(&house, Role::Kitchen, "other");
    revoke(&house.a(Role::Admin), &[("sub", "tablet")]).await.expect(200);
    house.anyone().with_token(&before.token).get("/auth").await.expect(401);
    house.clock.advance(Duration::from_secs(1));
    house.anyone().with_token(token(&house, Role::Kitchen, "tablet").token).get("/auth").await.expect(200);
    house.anyone().with_token(&bystander.token).get("/auth").await.expect(200);
}

#[tokio::test]
async fn what_says_nothing_or_too_much_is_refused() {
    let house = House::new().await;
    let admin = house.a(Role::Admin);
    let long = "j".repeat(129);
    let wrong: [&[(&str, &str)]; 6] = [
        &[],
        &[("token_type_hint", "access_token")],
        &[("jti", "a"), ("sub", "b")],
        &[("jti", "two words")],
        &[("jti", "")],
        &[("jti", &long)],
    ];
    for form in wrong {
        assert_eq!(revoke(&admin, form).await.expect(400).json["error"], "invalid_request", "{form:?}");
    }
    let body = admin.request(Method::POST, "/revoke").json(&json!({"jti": "a"}));
    assert_eq!(admin.send(body).await.expect(400).json["error"], "invalid_request");
    // One that does not hold is answered like one that did (RFC 7009 §2.2).
    revoke(&admin, &[("token", "not.a.token")]).await.expect(200);
    assert_eq!(admin.get("/revocations").await.expect(200).json, json!([]));
}

#[tokio::test]
async fn services_are_told_what_is_revoked_until_it_would_expire() {
    let house = House::new().await;
    let lost = token(&house, Role::Kiosk, "totem");
    revoke(&house.a(Role::Admin), &[("token", &lost.token)]).await.expect(200);
    let service = house.a(Role::Service);
    let answer = service.get("/revocations").await.expect(200);
    // The leeway of those who check, and the second that is not over yet.
    assert_eq!(answer.json, json!([{"jti": lost.claims.jti, "exp": lost.claims.exp + 31}]));
    let tag = answer.header("etag").unwrap().to_owned();
    let again = service.request(Method::GET, "/revocations").header("if-none-match", &tag);
    service.send(again).await.expect(304);
    house.clock.advance(HOUR + Duration::from_secs(31));
    assert_eq!(house.a(Role::Service).get("/revocations").await.expect(200).json, json!([]));
    for role in [Role::Cashier, Role::Kitchen, Role::Kiosk, Role::Customer] {
        house.a(role).get("/revocations").await.refused(ProblemKind::Forbidden);
    }
}

#[tokio::test]
async fn a_revocation_by_another_process_is_noticed_and_outlives_the_program() {
    let house = House::with(|settings| settings.timings.reload = Duration::from_millis(50)).await;
    let shutdown = CancellationToken::new();
    let working = tokio::spawn({
        let (service, shutdown) = (house.service.clone(), shutdown.clone());
        async move { service.run(shutdown).await }
    });
    let lost = token(&house, Role::Kiosk, "totem");
    let caller = house.anyone().with_token(&lost.token);
    caller.get("/auth").await.expect(200);
    // As the command does it, with a store of its own.
    let command = Authority::open(settings(house.dir.path(), house.clock.clone())).await.unwrap();
    assert_eq!(command.revoke_token(&lost.token).await.unwrap(), Some(lost.claims.jti.clone()));
    assert_eq!(command.revoke_token(&lost.token).await.unwrap(), None, "it does not hold any more");
    command.close().await;
    eventually(SOON, || async { (caller.get("/auth").await.status == 401).then_some(()) }).await;
    shutdown.cancel();
    working.await.unwrap();

    let (dir, clock) = house.stop().await;
    let later = Authority::open(settings(dir.path(), clock)).await.unwrap();
    assert_eq!(later.inspect(&lost.token).fault, Some(TokenFault::Revoked));
    later.close().await;
}
