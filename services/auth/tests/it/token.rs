use std::time::Duration;

use domain::Role;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::Answer;

use crate::house::{House, PASSWORD, cpf, email, person, punctuated, settings};

async fn house_with_ana() -> House {
    let house = House::new().await;
    house.register(1).await.expect(201);
    house
}

#[tokio::test]
async fn a_password_gives_a_token_by_email_and_by_cpf() {
    let house = house_with_ana().await;
    for username in [email(1), email(1).to_uppercase(), cpf(1), punctuated(&cpf(1))] {
        let answer = house.login(&username, PASSWORD).await.expect(200);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        insta::allow_duplicates! {
            insta::assert_json_snapshot!(answer.json, {".access_token" => "[token]", ".customer_id" => "[id]"}, @r#"
            {
              "access_token": "[token]",
              "token_type": "bearer",
              "expires_in": 28800,
              "customer_id": "[id]",
              "role": "customer"
            }
            "#);
        }
    }
}

#[tokio::test]
async fn the_grant_may_be_named_left_out_or_empty() {
    let house = house_with_ana().await;
    for grant in [Some("password"), Some(""), None] {
        let mail = email(1);
        let mut form = vec![("username", mail.as_str()), ("password", PASSWORD), ("scope", "all"), ("client_id", "")];
        form.extend(grant.map(|grant| ("grant_type", grant)));
        house.token(&form).await.expect(200);
    }
}

#[tokio::test]
async fn a_login_token_says_how_and_for_how_long() {
    let house = house_with_ana().await;
    let answer = house.login(&email(1), PASSWORD).await.expect(200);
    let claims = house.service.authority().inspect(answer.json["access_token"].as_str().unwrap()).claims.unwrap();
    assert_eq!((claims.iss.as_str(), claims.aud.as_str()), ("lanchonete", "lanchonete"));
    assert_eq!((claims.amr.as_deref(), claims.exp - claims.iat), (Some("password"), 8 * 3600));
    assert_eq!(answer.json["customer_id"], claims.sub.as_str());
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_user_look_the_same() {
    let house = house_with_ana().await;
    house
        .a(Role::Kiosk)
        .post("/customer/register", &json!({"name": "Bia", "email": email(2), "cpf": cpf(2)}))
        .await
        .expect(201);
    let wrong = house.login(&email(1), "outra senha").await.expect(400);
    assert_eq!(wrong.header("cache-control"), Some("no-store"));
    assert_eq!(wrong.json["error"], "invalid_grant");
    for (who, username) in [
        ("nobody's e-mail", email(9)),
        ("nobody's CPF", cpf(9)),
        ("neither e-mail nor CPF", "ana".to_owned()),
        ("a CPF with wrong digits", "12345678900".to_owned()),
        ("a person without a password", email(2)),
    ] {
        let answer = house.login(&username, "outra senha").await.expect(400);
        assert_eq!(answer.text, wrong.text, "{who}");
    }
}

#[tokio::test]
async fn the_texts_are_in_the_language_asked_for() {
    let house = house_with_ana().await;
    let caller = house.anyone();
    let form = [("username", "ana"), ("password", "x")];
    let request = caller.request(Method::POST, "/token").form(&form).header("accept-language", "en");
    let answer = caller.send(request).await.expect(400);
    assert_eq!(answer.json, json!({"error": "invalid_grant", "error_description": "Wrong e-mail, CPF or password."}));
}

async fn raw(house: &House, content_type: &str, body: &'static str) -> Answer {
    let caller = house.anyone();
    caller.send(caller.request(Method::POST, "/token").header("content-type", content_type).body(body)).await
}

#[tokio::test]
async fn a_bad_request_has_the_oauth_error() {
    let house = house_with_ana().await;
    const FORM: &str = "application/x-www-form-urlencoded";
    let cases = [
        (FORM, "", "invalid_request"),
        (FORM, "username=a", "invalid_request"),
        (FORM, "password=a", "invalid_request"),
        (FORM, "username=&password=a", "invalid_request"),
        (FORM, "username=a&username=b&password=c", "invalid_request"),
        ("application/json", r#"{"username":"a","password":"b"}"#, "invalid_request"),
        (FORM, "grant_type=authorization_code&code=x", "unsupported_grant_type"),
        (FORM, "grant_type=PASSWORD&username=a&password=b", "unsupported_grant_type"),
    ];
    for (content_type, body, error) in cases {
        let answer = raw(&house, content_type, body).await.expect(400);
        assert_eq!(answer.json["error"], error, "{body}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{body}");
        let text = answer.json["error_description"].as_str().unwrap();
        assert!(text.bytes().all(|b| matches!(b, 0x20..=0x7e) && !matches!(b, b'"' | b'\\')), "RFC 6749 §5.2: {text}");
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let house = House::with(|settings| settings.limits.body = 1000).await;
    house.login("ana@example.com", &"x".repeat(2000)).await.expect(413);
}

#[tokio::test]
async fn our_services_get_tokens_of_their_own() {
    let house = House::new().await;
    for (id, secret) in [("order", "order-secret"), ("payment", "payment-secret")] {
        let form = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)];
        let answer = house.token(&form).await.expect(200);
        assert_eq!(answer.json["customer_id"], id);
        assert_eq!(answer.json["role"], "service");
        assert_eq!(answer.json["expires_in"], 3600);
        let me =
            house.anyone().with_token(answer.json["access_token"].as_str().unwrap()).get("/auth").await.expect(200);
        assert_eq!(me.json, json!({"id": id, "name": null, "email": null, "cpf": null, "role": "service"}));
    }
}

async fn basic(house: &House, user: &str, secret: &str, form: &[(&str, &str)]) -> Answer {
    let caller = house.anyone();
    caller.send(caller.request(Method::POST, "/token").basic_auth(user, Some(secret)).form(form)).await
}

#[tokio::test]
async fn a_client_may_use_http_basic() {
    let house = House::new().await;
    let form = [("grant_type", "client_credentials")];
    let answer = basic(&house, "order", "order-secret", &form).await.expect(200);
    assert_eq!(answer.json["customer_id"], "order");
}

#[tokio::test]
async fn a_client_names_itself_in_one_way() {
    let house = House::new().await;
    let form = [("grant_type", "client_credentials"), ("client_id", "order"), ("client_secret", "order-secret")];
    let answer = basic(&house, "order", "order-secret", &form).await.expect(400);
    assert_eq!(answer.json["error"], "invalid_request");
}

#[tokio::test]
async fn a_bad_client_is_refused() {
    let house = House::new().await;
    let grant = ("grant_type", "client_credentials");
    let mut answers: Vec<Answer> = Vec::new();
    for (id, secret) in [("order", "payment-secret"), ("mallory", "order-secret"), ("order", ""), ("", "order-secret")]
    {
        answers.push(house.token(&[grant, ("client_id", id), ("client_secret", secret)]).await);
        answers.push(basic(&house, id, secret, &[grant]).await);
    }
    answers.push(house.token(&[grant]).await);
    for answer in answers {
        let answer = answer.expect(401);
        assert_eq!(answer.json["error"], "invalid_client");
        assert!(answer.header("www-authenticate").unwrap().starts_with("Basic "));
    }
}

async fn fail_times(house: &House, username: &str, times: u32) {
    for _ in 0..times {
        house.login(username, "outra senha").await.expect(400);
    }
}

fn retry_after(answer: &Answer) -> u64 {
    answer.header("retry-after").unwrap().parse().unwrap()
}

#[tokio::test]
async fn guessing_is_slowed_down_for_known_and_unknown_alike() {
    let house = house_with_ana().await;
    let mut answers: Vec<Value> = Vec::new();
    for username in [email(1), email(9)] {
        fail_times(&house, &username, 5).await;
        let answer = house.login(&username, "outra senha").await.expect(429);
        assert_eq!(retry_after(&answer), 5);
        answers.push(answer.json);
    }
    assert_eq!(answers[0], answers[1]);
    house.login(&email(1), PASSWORD).await.expect(429);
}

#[tokio::test]
async fn guesses_tell_nobody_which_email_and_which_cpf_are_one_person() {
    let house = house_with_ana().await;
    for (mail, number) in [(email(1), cpf(1)), (email(9), cpf(9))] {
        fail_times(&house, &mail.to_uppercase(), 5).await;
        house.login(&mail, "outra senha").await.expect(429);
        fail_times(&house, &number, 5).await;
        house.login(&punctuated(&number), "outra senha").await.expect(429);
    }
}

#[tokio::test]
async fn other_accounts_are_not_slowed_down() {
    let house = house_with_ana().await;
    house.a(Role::Kiosk).post("/customer/register", &person(2)).await.expect(201);
    fail_times(&house, &email(1), 5).await;
    house.login(&email(2), PASSWORD).await.expect(200);
}

#[tokio::test]
async fn the_wait_grows_and_ends_and_success_clears_it() {
    let house = house_with_ana().await;
    fail_times(&house, &email(1), 5).await;
    house.clock.advance(Duration::from_secs(5));
    fail_times(&house, &email(1), 1).await;
    assert_eq!(retry_after(&house.login(&email(1), PASSWORD).await.expect(429)), 10);
    house.clock.advance(Duration::from_secs(10));
    house.login(&email(1), PASSWORD).await.expect(200);
    fail_times(&house, &email(1), 5).await;
}

#[tokio::test]
async fn many_guesses_at_once_are_no_way_around_the_wait() {
    let house = std::sync::Arc::new(house_with_ana().await);
    let guesses = (0..40).map(|_| {
        let house = house.clone();
        tokio::spawn(async move { house.login(&email(1), "outra senha").await.status })
    });
    let mut tried = 0;
    for guess in guesses.collect::<Vec<_>>() {
        match guess.await.unwrap() {
            400 => tried += 1,
            status => assert_eq!(status, 429),
        }
    }
    // Two are checked at the same time, so one may already be under way when the fifth fails.
    assert!((5..=6).contains(&tried), "{tried} guesses were tried");
}

#[tokio::test]
async fn guessing_at_many_accounts_from_one_address_is_slowed_down() {
    let house = House::with(|settings| settings.throttle.address_tries = 4).await;
    house.register(1).await.expect(201);
    for n in 10..14 {
        house.login(&email(1), PASSWORD).await.expect(200);
        house.login(&email(n), "outra senha").await.expect(400);
    }
    let answer = house.login(&email(20), "outra senha").await.expect(429);
    assert_eq!((retry_after(&answer), &answer.json["error"]), (5, &json!("rate_limited")));
    house.login(&email(1), PASSWORD).await.expect(429);
    // Our services sign in with keys that nobody guesses.
    let form = [("grant_type", "client_credentials"), ("client_id", "order"), ("client_secret", "order-secret")];
    house.token(&form).await.expect(200);
    house.clock.advance(Duration::from_secs(5));
    house.login(&email(1), PASSWORD).await.expect(200);
}

#[tokio::test]
async fn one_who_guesses_behind_a_proxy_locks_nobody_out() {
    let house = House::with(|settings| {
        settings.throttle.address_tries = 1;
        settings.limits.proxies = vec!["127.0.0.1".parse().unwrap()];
    })
    .await;
    house.register(1).await.expect(201);
    for n in 10..14 {
        house.login(&email(n), "outra senha").await.expect(400);
    }
    house.login(&email(1), PASSWORD).await.expect(200);
    // Each account has its wait all the same.
    fail_times(&house, &email(1), 5).await;
    house.login(&email(1), PASSWORD).await.expect(429);
}

#[tokio::test]
async fn a_password_is_kept_at_todays_cost_after_the_next_login() {
    let house = house_with_ana().await;
    let cost = |dir: &std::path::Path| -> String {
        let connection = rusqlite::Connection::open(dir.join("auth.db")).unwrap();
        let hash: String = connection.query_row("SELECT password FROM person", [], |row| row.get(0)).unwrap();
        hash.split('$').nth(3).unwrap().to_owned()
    };
    let (dir, clock) = house.stop().await;
    assert_eq!(cost(dir.path()), "m=64,t=1,p=1");
    let mut settings = settings(dir.path(), clock);
    settings.argon2.iterations = 2;
    let authority = auth::Authority::open(settings).await.unwrap();
    let login = async |password: &str| authority.login(&email(1), password.to_owned().into()).await.is_ok();
    assert!(!login("outra senha").await);
    assert_eq!(cost(dir.path()), "m=64,t=1,p=1");
    assert!(login(PASSWORD).await);
    assert_eq!(cost(dir.path()), "m=64,t=2,p=1");
    assert!(login(PASSWORD).await && !login("outra senha").await);
    authority.close().await;
}

#[tokio::test]
async fn a_crowd_is_told_to_wait() {
    let house = House::with(|settings| settings.argon2.waiting = 0).await;
    let house = std::sync::Arc::new(house);
    let logins = (0..40).map(|n| {
        let house = house.clone();
        tokio::spawn(async move {
            let caller = house.anyone().expecting_faults();
            let form = [("username", email(n)), ("password", PASSWORD.to_owned())];
            caller.send(caller.request(Method::POST, "/token").form(&form)).await
        })
    });
    for login in logins.collect::<Vec<_>>() {
        let answer = login.await.unwrap();
        assert!(matches!(answer.status, 400 | 503), "{answer:#?}");
    }
    house.login(&email(1), PASSWORD).await.expect(400);
}
