//! Tokens and keys across processes, as an operator handles them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use testkit::Caller;

use crate::separate::Separate;
use crate::support::{DEADLINE, Home, at, eventually};

fn caller(home: &Home, service: &str, token: &str) -> Caller {
    Caller::new(at(&home.credentials(), &format!("/urls/{service}"))).with_token(token)
}

fn device(home: &Home) -> String {
    let done = home.run(&["token", "issue", "--role", "kitchen", "--name", "Tablet da cozinha", "--ttl", "400d"]);
    assert_eq!(done.code, 0, "{}", done.err);
    done.out.trim().to_owned()
}

/// Until both services refuse it: they hear of a revocation each at its own time.
async fn refused(home: &Home, token: &str) {
    for (service, path) in [("order", "/orders/queue"), ("payment", "/payments")] {
        let caller = caller(home, service, token);
        testkit::eventually(DEADLINE, || async { (caller.get(path).await.status == 401).then_some(()) }).await;
    }
}

/// Whoever shows a token to be looked at may have written anything into it.
#[test]
fn a_hostile_token_does_not_draw_on_the_terminal() {
    let home = Home::new();
    home.up().stop();
    let part = |json: Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let nasty = "\u{1b}[2J\u{9b}31m\u{202e}x";
    let header = part(json!({"alg": "EdDSA", "typ": "JWT", "kid": nasty}));
    let claims = part(json!({
        "iss": "lanchonete", "aud": "lanchonete", "sub": nasty, "role": "admin", "jti": nasty, "name": nasty, "amr": nasty,
        "iat": 0, "nbf": 0, "exp": 4_102_444_800_i64,
    }));
    let done = home.run(&["token", "inspect", &format!("{header}.{claims}.{}", URL_SAFE_NO_PAD.encode([0; 64]))]);
    assert_eq!(done.code, 1, "{}", done.err);
    assert_eq!(done.out.matches("31m").count(), 5, "all of it is shown: {}", done.out);
    assert!(domain::is_plain(&done.out.replace('\n', " ")), "{:?}", done.out);
}

/// Revoked, then auth is stopped, then the others are started again: still refused, and the others still let in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_token_stays_refused_without_auth() {
    let separate = Separate::new("");
    let [auth, _sandbox, payment, order] = separate.start_all();
    let home = &separate.home;
    let (lost, kept) = (device(home), device(home));
    caller(home, "order", &lost).get("/orders/queue").await.expect(200);
    let jti = at(&home.json(&["token", "inspect", &lost]), "/claims/jti");
    assert_eq!(home.json(&["token", "revoke", &lost])["jti"], jti);
    refused(home, &lost).await;
    auth.kill();
    refused(home, &lost).await;

    let (ended, _) = order.stop();
    assert!(ended.success());
    let (ended, _) = payment.stop();
    assert!(ended.success());
    let (_order, _payment) = (separate.start("order"), separate.start("payment"));
    caller(home, "order", &kept).get("/orders/queue").await.expect(200);
    assert_eq!(caller(home, "order", &lost).get("/orders/queue").await.status, 401);
    assert_eq!(caller(home, "payment", &lost).get("/payments").await.status, 401);
    assert_eq!(caller(home, "payment", &kept).get("/payments").await.status, 403);

    // Commands know it too, with auth stopped; an id does as well as a token.
    assert!(home.fails(1, &["token", "inspect", &lost]).contains("revoked"));
    assert!(home.fails(1, &["token", "revoke", &lost]).contains("does not hold"));
    let other = at(&home.json(&["token", "inspect", &kept]), "/claims/jti");
    assert_eq!(home.json(&["token", "revoke", &other])["jti"], other);
    home.fails(1, &["token", "inspect", &kept]);
    home.fails(2, &["token", "revoke", "two words"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_key_is_heard_of_and_a_stolen_one_is_dropped() {
    let home = Home::new();
    let _running = home.up();
    let old = device(&home);
    let rotated = home.json(&["keys", "rotate"]);
    assert_eq!(rotated["state"], "coming");
    let states = |home: &Home| -> Vec<String> {
        let keys = home.json(&["keys", "list"]);
        keys.as_array().expect("keys").iter().map(|key| at(key, "/state")).collect()
    };
    assert_eq!(states(&home), ["signing", "coming"]);
    let jwks = caller(&home, "auth", &old);
    let has = |jwks: &Value, kid: &Value| {
        jwks["keys"].as_array().is_some_and(|keys| keys.iter().any(|key| key["kid"] == *kid))
    };
    let deadline = std::time::Instant::now() + DEADLINE;
    while !has(&jwks.get("/.well-known/jwks.json").await.expect(200).json, &rotated["kid"]) {
        assert!(std::time::Instant::now() < deadline, "auth has not heard of the new key");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    caller(&home, "order", &old).get("/orders/queue").await.expect(200);

    let board = at(&home.credentials(), "/tokens/kitchen");
    let now = home.json(&["keys", "rotate", "--now"]);
    assert_eq!(now["state"], "signing");
    assert_eq!(states(&home), ["ended", "ended", "signing"]);
    refused(&home, &old).await;
    let renewed = at(&home.credentials(), "/tokens/kitchen");
    assert_ne!(renewed, board, "the tokens on this machine are renewed");
    // Orders go on being charged: the services ask for new tokens of their own.
    eventually("an order with a QR code", || {
        let created = home.run(&["order", "create", "--item", "X-Burger", "-o", "json"]);
        let order: Value = serde_json::from_str(&created.out).ok()?;
        let shown = home.json(&["order", "show", &at(&order, "/id")]);
        shown["qr_code"].is_string().then_some(())
    });
}
