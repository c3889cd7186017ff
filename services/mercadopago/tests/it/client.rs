//! The client against a server that plays recorded answers. The sandbox's own tests drive it through whole lives.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::{Money, PaymentStatus, Timestamp};
use mercadopago::{Client, Error, Fault, Item, NewPix, NewPreference, PreferenceUpdate, Settings};
use secrecy::SecretString;
use serde_json::{Value, json};

/// One request as the server saw it.
#[derive(Debug, Clone)]
struct Seen {
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Value,
}

/// What the server answers, in order; the last one stays.
type Script = Vec<(u16, &'static [(&'static str, &'static str)], String)>;

struct Server {
    client: Client,
    seen: Arc<Mutex<Vec<Seen>>>,
}

#[derive(Clone)]
struct Play {
    script: Arc<Mutex<Script>>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

async fn answer(State(play): State<Play>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body: Bytes = axum::body::to_bytes(body, 1 << 20).await.expect("a body");
    let seen = Seen {
        method: parts.method,
        path: parts.uri.to_string(),
        headers: parts.headers,
        body: serde_json::from_slice(&body).unwrap_or(Value::Null),
    };
    play.seen.lock().expect("a lock").push(seen);
    let (status, headers, body) = {
        let mut script = play.script.lock().expect("a lock");
        if script.len() > 1 { script.remove(0) } else { script[0].clone() }
    };
    if status == 0 {
        // Never answers: the client's own limit must end it.
        std::future::pending::<()>().await;
    }
    let mut answer = (StatusCode::from_u16(status).expect("a status"), body).into_response();
    for (name, value) in headers {
        answer.headers_mut().insert(*name, value.parse().expect("a header"));
    }
    answer
}

async fn serve(script: Script) -> Server {
    serve_with_timeout(script, Duration::from_secs(20)).await
}

async fn serve_with_timeout(script: Script, timeout: Duration) -> Server {
    let play = Play { script: Arc::new(Mutex::new(script)), seen: Arc::default() };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}/base", listener.local_addr().expect("an address"));
    let app = axum::Router::new().fallback(answer).with_state(play.clone());
    tokio::spawn(async move { axum::serve(listener, app).await });
    Server { client: client(&base, timeout), seen: play.seen }
}

fn client(base: &str, timeout: Duration) -> Client {
    Client::new(Settings {
        base_url: base.parse().expect("a URL"),
        access_token: SecretString::from("TEST-token"),
        timeout,
        user_agent: "lanchonete/0 (test)".to_owned(),
    })
    .expect("a client")
}

fn ok(body: &str) -> Script {
    vec![(200, &[], body.to_owned())]
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

/// In the shape of a recorded answer (sdk-java, `payment_pix`), shortened; the values are made up.
const PIX: &str = include_str!("../../../../fixtures/mercadopago/payment_pix.json");
const APPROVED: &str = include_str!("../../../../fixtures/mercadopago/payment_approved.json");
const PREFERENCE: &str = include_str!("../../../../fixtures/mercadopago/preference.json");

fn new_pix() -> NewPix {
    NewPix {
        amount: Money::from_centavos(1050),
        description: "Pedido 7".to_owned(),
        external_reference: "0198-a".to_owned(),
        payer_email: "cliente@example.com".to_owned(),
        notification_url: Some("https://loja.example/payments/webhook".parse().expect("a URL")),
        expires_at: Some(at("2026-01-05T14:31:00Z")),
    }
}

#[tokio::test]
async fn a_pix_charge_is_sent_as_mercadopago_wants_it_and_read() {
    let server = serve(vec![(201, &[], PIX.to_owned())]).await;
    let payment = server.client.create_pix(&new_pix(), "key-1").await.expect("a payment");
    assert_eq!(payment.id, "130000000001");
    assert_eq!(payment.known_status(), Some(PaymentStatus::Pending));
    assert_eq!(payment.status_detail, "pending_waiting_transfer");
    assert_eq!((payment.amount, payment.refunded), (Money::from_centavos(1050), Money::ZERO));
    assert_eq!(payment.external_reference.as_deref(), Some("0198-a"));
    assert_eq!(payment.collector_id.as_deref(), Some("1000001"));
    assert_eq!(payment.updated_at, at("2026-01-05T14:00:00Z"));
    assert_eq!(payment.expires_at, Some(at("2026-01-06T14:00:00Z")));
    assert!(mercadopago::brcode::parse(payment.qr_code.as_deref().unwrap_or_default()).is_ok());
    assert!(!payment.live_mode && payment.approved_at.is_none() && payment.refunds.is_empty());

    let seen = server.seen.lock().expect("a lock")[0].clone();
    assert_eq!((seen.method, &*seen.path), (Method::POST, "/base/v1/payments"));
    assert_eq!(seen.headers["authorization"], "Bearer TEST-token");
    assert_eq!(seen.headers["x-idempotency-key"], "key-1");
    assert_eq!(seen.headers["user-agent"], "lanchonete/0 (test)");
    assert!(!seen.headers.contains_key("x-product-id"));
    let expected = json!({
        "transaction_amount": 10.5, "payment_method_id": "pix", "description": "Pedido 7",
        "external_reference": "0198-a", "payer": {"email": "cliente@example.com"},
        "notification_url": "https://loja.example/payments/webhook",
        "date_of_expiration": "2026-01-05T10:31:00.000-04:00",
    });
    assert_eq!(seen.body, expected);
}

#[tokio::test]
async fn text_ids_nulls_and_other_offsets_are_read() {
    let server = serve(ok(APPROVED)).await;
    let payment = server.client.get_payment("130000000002").await.expect("a payment");
    assert_eq!(payment.id, "130000000002");
    assert_eq!(payment.amount, Money::from_centavos(10_000));
    assert_eq!(payment.refunded, Money::from_centavos(1));
    assert_eq!(payment.approved_at, Some(at("2026-01-05T13:00:00.123Z")));
    assert_eq!((payment.qr_code.as_deref(), payment.expires_at), (None, None));
    let refund = &payment.refunds[0];
    assert_eq!((&*refund.id, refund.amount, &*refund.status), ("77", Money::from_centavos(1), "approved"));
    let snapshot = payment.snapshot().expect("a status we know");
    assert_eq!((snapshot.status, &*snapshot.status_detail), (PaymentStatus::Approved, "partially_refunded"));

    let strange = APPROVED.replace("\"approved\"", "\"teleported\"");
    let payment = serve(ok(&strange)).await.client.get_payment("1").await.expect("a payment");
    assert_eq!((&*payment.status, payment.snapshot()), ("teleported", None));
}

#[tokio::test]
async fn a_checkout_is_opened_and_closed() {
    let server = serve(vec![(201, &[], PREFERENCE.to_owned())]).await;
    let new = NewPreference {
        items: vec![Item { title: "X-Tudo".to_owned(), quantity: 2, unit_price: Money::from_centavos(1750) }],
        external_reference: "0198-b".to_owned(),
        payer_email: None,
        notification_url: None,
        expires_at: Some(at("2026-01-05T14:31:00Z")),
        back_urls: None,
    };
    let preference = server.client.create_preference(&new, "key-2").await.expect("a checkout");
    assert_eq!(preference.id, "1000001-0b9cfcbf-1a1c-4a4e-9a55-1f3fbb6b6f10");
    assert!(preference.init_point.ends_with(&preference.id));
    let closed = PreferenceUpdate::closed(at("2026-01-05T14:10:00Z"));
    server.client.update_preference(&preference.id, &closed).await.expect("closed");

    let seen = server.seen.lock().expect("a lock").clone();
    assert_eq!(seen[0].path, "/base/checkout/preferences");
    assert_eq!(
        seen[0].body["items"][0],
        json!({"title": "X-Tudo", "quantity": 2, "currency_id": "BRL", "unit_price": 17.5})
    );
    assert_eq!(seen[0].body["expires"], true);
    assert_eq!(seen[0].body["expiration_date_to"], "2026-01-05T10:31:00.000-04:00");
    assert_eq!(seen[1].method, Method::PUT);
    assert_eq!(seen[1].body, json!({"expires": true, "expiration_date_to": "2026-01-05T10:09:00.000-04:00"}));
}

#[tokio::test]
async fn a_search_reads_every_page() {
    let page = |ids: &[u64], total: usize| {
        let one = |id: &u64| PIX.replace("130000000001", &id.to_string());
        let results: Vec<String> = ids.iter().map(one).collect();
        format!(r#"{{"paging":{{"total":{total},"limit":50,"offset":0}},"results":[{}]}}"#, results.join(","))
    };
    let server = serve(vec![(200, &[], page(&[3, 2], 3)), (200, &[], page(&[1], 3))]).await;
    let found = server.client.search_payments("0198 a&b").await.expect("payments");
    assert_eq!(found.iter().map(|p| p.id.as_str()).collect::<Vec<_>>(), ["3", "2", "1"]);
    let seen = server.seen.lock().expect("a lock").clone();
    assert!(seen[0].path.contains("external_reference=0198+a%26b") && seen[0].path.contains("offset=0"));
    assert!(seen[1].path.contains("offset=2"));

    let empty = serve(ok(r#"{"paging":{"total":9},"results":[]}"#)).await;
    assert!(empty.client.search_payments("x").await.expect("none").is_empty(), "a lying total ends the search");
    empty.client.ping().await.expect("answers");
}

#[tokio::test]
async fn a_repeated_refund_with_an_empty_answer_is_looked_up() {
    let list = r#"[{"id":1,"payment_id":9,"amount":2.5,"date_created":"2026-01-05T10:00:00.000-04:00"},
                   {"id":2,"payment_id":9,"amount":1.5,"status":"in_process","date_created":"2026-01-05T11:00:00.000-04:00"}]"#;
    let script = || vec![(200, &[][..], String::new()), (200, &[][..], list.to_owned())];
    let server = serve(script()).await;
    let refund = server.client.refund("9", Some(Money::from_centavos(250)), "k").await.expect("a refund");
    assert_eq!((&*refund.id, &*refund.status), ("1", "approved"));
    let seen = server.seen.lock().expect("a lock").clone();
    assert_eq!((&seen[0].body, &*seen[0].path), (&json!({"amount": 2.5}), "/base/v1/payments/9/refunds"));
    assert_eq!(seen[0].headers["x-render-in-process-refunds"], "true");
    assert_eq!((seen[1].method.clone(), &*seen[1].path), (Method::GET, "/base/v1/payments/9/refunds"));

    let newest = serve(script()).await.client.refund("9", None, "k").await.expect("a refund");
    assert_eq!((&*newest.id, &*newest.status), ("2", "in_process"));
    let none = serve(script()).await.client.refund("9", Some(Money::from_centavos(7)), "k").await;
    assert!(none.expect_err("not listed").outcome_unknown());
}

#[tokio::test]
async fn every_refusal_says_what_to_do() {
    let fails = async |status: u16, headers: &'static [(&str, &str)], body: &str| {
        let server = serve(vec![(status, headers, body.to_owned())]).await;
        server.client.create_pix(&new_pix(), "k").await.expect_err("an error")
    };
    let family_a =
        r#"{"message":"Header null","error":"bad_request","status":400,"cause":[{"code":4292,"description":"x"}]}"#;
    let refused = fails(400, &[], family_a).await;
    assert!(matches!(&refused, Error::Refused { status: 400, code: Some(code), .. } if code == "4292"));
    assert!(!refused.is_transient() && !refused.outcome_unknown());
    assert!(!refused.to_string().contains("Header null"), "MercadoPago's words stay out of logs");
    let without_cause = fails(400, &[], r#"{"message":"m","error":"invalid_items","cause":null}"#).await;
    assert!(matches!(without_cause, Error::Refused { code: Some(code), .. } if code == "invalid_items"));
    let family_b = fails(409, &[], r#"{"errors":[{"code":"idempotency_key_already_used","message":"m"}]}"#).await;
    assert!(
        matches!(family_b, Error::Refused { status: 409, code: Some(code), message } if code.starts_with("idem") && message == "m")
    );
    let family_c = fails(400, &[], r#"{"error":"bad","message":"m","causes":[{"code":"invalid_title"}]}"#).await;
    assert!(matches!(family_c, Error::Refused { code: Some(code), .. } if code == "invalid_title"));

    assert!(matches!(fails(401, &[], "{}").await, Error::Unauthorized { status: 401 }));
    assert!(matches!(fails(404, &[], "{}").await, Error::NotFound));
    let wait = Some(Duration::from_secs(7));
    assert!(
        matches!(fails(429, &[("retry-after", "7")], "{}").await, Error::Busy { retry_after, .. } if retry_after == wait)
    );
    assert!(matches!(fails(423, &[], "{}").await, Error::Busy { status: 423, retry_after: None }));
    let same = fails(400, &[], r#"{"message":"m","error":"bad_request","status":400,"cause":[{"code":2001}]}"#).await;
    assert!(matches!(same, Error::Busy { status: 400, .. }) && same.is_transient() && same.is_repeat(), "{same:?}");
    let broken = fails(502, &[("retry-after", "7")], "<html>").await;
    assert!(matches!(&broken, Error::Unavailable { fault: Fault::Status(502), outcome_unknown: true, .. }));
    assert_eq!(broken.retry_after(), wait);
    let proxy = fails(400, &[], "<html>").await;
    assert!(proxy.is_transient(), "a proxy's refusal is not MercadoPago's");
    let nowhere = fails(404, &[], "<html>").await;
    assert!(nowhere.is_transient() && nowhere.outcome_unknown(), "{nowhere:?}");
    for body in [
        "",
        "<html>",
        r#"{"id":1}"#,
        r#"{"id":1,"status":"pending","transaction_amount":1.234,"date_created":"2026-01-05T10:00:00Z"}"#,
    ] {
        let odd = fails(201, &[], body).await;
        assert!(matches!(odd, Error::Unavailable { fault: Fault::Unreadable(_), outcome_unknown: true, .. }), "{body}");
    }
}

#[tokio::test]
async fn silence_and_a_closed_port_are_told_apart() {
    let silent = serve_with_timeout(vec![(0, &[], String::new())], Duration::from_millis(200)).await;
    let error = silent.client.create_pix(&new_pix(), "k").await.expect_err("no answer");
    assert!(matches!(error, Error::Unavailable { fault: Fault::Timeout(_), outcome_unknown: true, .. }), "{error:?}");
    assert!(!silent.client.get_payment("1").await.expect_err("no answer").outcome_unknown(), "reading changes nothing");

    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = free.local_addr().expect("an address").port();
    drop(free);
    let error = client(&format!("http://127.0.0.1:{port}"), Duration::from_secs(20))
        .create_pix(&new_pix(), "k")
        .await
        .expect_err("closed");
    assert!(matches!(error, Error::Unavailable { fault: Fault::Connect(_), outcome_unknown: false, .. }), "{error:?}");
}

#[tokio::test]
async fn ids_and_keys_of_another_shape_are_never_sent() {
    let server = serve(ok("{}")).await;
    for id in ["", "..", "1/2", "1?x", "ç"] {
        assert!(matches!(server.client.get_payment(id).await, Err(Error::NotFound)), "{id}");
    }
    for key in ["", "a b", "a\nb", &"k".repeat(65)] {
        assert!(matches!(server.client.create_pix(&new_pix(), key).await, Err(Error::Refused { .. })), "{key}");
    }
    assert!(server.seen.lock().expect("a lock").is_empty());
}

#[test]
fn the_token_is_in_no_debug_text() {
    assert!(!format!("{:?}", client("http://127.0.0.1:1", Duration::from_secs(1))).contains("TEST-token"));
}
