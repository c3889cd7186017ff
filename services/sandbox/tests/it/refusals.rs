//! What the sandbox refuses, in MercadoPago's words.

use mercadopago::Error;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::lab::{Lab, browser, client};

async fn answer(request: RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.expect("an answer");
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap_or(Value::Null))
}

fn pix() -> Value {
    json!({ "transaction_amount": 10.5, "payment_method_id": "pix", "payer": { "email": "a@example.com" } })
}

#[tokio::test]
async fn a_token_that_is_not_mercadopagos_is_refused() {
    let lab = Lab::start().await;
    for token in ["", "TEST-", "APP_USR-", "Bearer", "something"] {
        assert!(matches!(client(&lab.url, token).ping().await, Err(Error::Unauthorized { status: 401 })), "{token}");
    }
    for token in ["TEST-1", "APP_USR-1-2-3"] {
        client(&lab.url, token).ping().await.expect("any token of the right shape");
    }
    let (status, body) = answer(browser().get(lab.at("v1/payments/1"))).await;
    assert_eq!(
        (status, body),
        (401, json!({"message": "invalid access token", "error": "unauthorized", "status": 401}))
    );
}

#[tokio::test]
async fn a_bad_charge_has_the_code_of_its_fault() {
    let lab = Lab::start().await;
    let post = |body: Value| {
        let request = browser().post(lab.at("v1/payments")).bearer_auth("TEST-1").header("x-idempotency-key", "k");
        answer(request.json(&body))
    };
    let with = |field: &str, value: Value| {
        let mut body = pix();
        body[field] = value;
        body
    };
    let soon = mercadopago::wire::date(lab.now().plus(std::time::Duration::from_secs(60)));
    let cases = [
        (with("transaction_amount", Value::Null), 4037),
        (with("transaction_amount", json!(0)), 4037),
        (with("transaction_amount", json!(-1)), 4037),
        (with("transaction_amount", json!(1.001)), 4037),
        (with("transaction_amount", json!("10")), 4037),
        (with("payment_method_id", Value::Null), 1),
        (with("payment_method_id", json!("visa")), 1),
        (with("payer", Value::Null), 4050),
        (with("payer", json!({ "email": "nobody" })), 4050),
        (with("notification_url", json!("ftp://x")), 4020),
        (with("notification_url", json!(format!("http://x/{}", "y".repeat(500)))), 4021),
        (with("date_of_expiration", json!("tomorrow")), 1001),
        (with("date_of_expiration", json!(soon)), 1),
        (with("external_reference", json!(7)), 1),
        (json!([]), 1),
    ];
    for (body, code) in cases {
        let (status, answer) = post(body.clone()).await;
        assert_eq!((status, &answer["cause"][0]["code"]), (400, &json!(code)), "{body}");
        assert_eq!((&answer["error"], &answer["status"]), (&json!("bad_request"), &json!(400)));
        assert_eq!(answer["message"], answer["cause"][0]["description"]);
    }
    assert!(lab.control.payments("").await.expect("a list").is_empty(), "nothing half-written");
}

#[tokio::test]
async fn a_missing_key_broken_json_and_unknown_things() {
    let lab = Lab::start().await;
    let request = |method: Method, path: &str| browser().request(method, lab.at(path)).bearer_auth("TEST-1");
    let (status, body) = answer(request(Method::POST, "v1/payments").json(&pix())).await;
    assert_eq!((status, &body["cause"][0]["code"]), (400, &json!(4292)));
    assert!(body["message"].as_str().is_some_and(|text| text.contains('\u{2019}')), "MercadoPago's apostrophe");
    let (status, body) = answer(request(Method::POST, "v1/payments/1/refunds")).await;
    assert_eq!((status, &body["cause"][0]["code"]), (400, &json!(4292)));

    let broken = request(Method::POST, "v1/payments").header("x-idempotency-key", "k").body("{");
    assert_eq!(answer(broken).await.0, 400);
    for path in ["v1/payments/1", "v1/payments/abc", "v1/payments/1/refunds"] {
        let (status, body) = answer(request(Method::GET, path)).await;
        assert_eq!(
            (status, &body["error"], &body["cause"][0]["code"]),
            (404, &json!("not_found"), &json!(2000)),
            "{path}"
        );
    }
    let (status, body) = answer(request(Method::GET, "checkout/preferences/nobody")).await;
    assert_eq!((status, &body["error"]), (404, &json!("not_found")));
    assert_eq!(answer(request(Method::PUT, "v1/payments/1").json(&json!({ "status": "cancelled" }))).await.0, 404);
    assert!(matches!(lab.client.get_payment("1").await, Err(Error::NotFound)));
    assert_eq!(answer(request(Method::GET, "v1/payments/search?begin_date=x")).await.0, 400);
    assert_eq!(answer(request(Method::GET, "v1/payments/search?sort=shoe_size")).await.0, 400);
}

#[tokio::test]
async fn a_bad_checkout_has_the_name_of_its_fault() {
    let lab = Lab::start().await;
    let item = json!({ "title": "X", "quantity": 1, "unit_price": 1.5 });
    let lines = |changed: Value| json!({ "items": [changed] });
    let cases = [
        (json!({}), "invalid_items"),
        (json!({ "items": [] }), "invalid_items"),
        (lines(json!({ "quantity": 1, "unit_price": 1 })), "invalid_items"),
        (lines(json!({ "title": "X", "quantity": 0, "unit_price": 1 })), "invalid_items"),
        (lines(json!({ "title": "X", "quantity": 1.5, "unit_price": 1 })), "invalid_items"),
        (lines(json!({ "title": "X", "quantity": 1, "unit_price": 0 })), "invalid_items"),
        (lines(json!({ "title": "X", "quantity": 1, "unit_price": 1.005 })), "invalid_items"),
        (lines(json!({ "title": "X", "quantity": 1, "unit_price": 1, "currency_id": "ARS" })), "invalid_items"),
        (json!({ "items": [item], "auto_return": "approved" }), "invalid_auto_return"),
        (json!({ "items": [item], "back_urls": { "success": "nowhere" } }), "invalid_back_urls"),
        (json!({ "items": [item], "payment_methods": { "installments": 37 } }), "invalid_payment_methods"),
    ];
    for (body, error) in cases {
        let request = browser().post(lab.at("checkout/preferences")).bearer_auth("TEST-1").json(&body);
        let (status, answer) = answer(request).await;
        assert_eq!((status, &answer["error"]), (400, &json!(error)), "{body}");
    }
    assert!(lab.control.preferences("").await.expect("a list").is_empty());
}

#[tokio::test]
async fn an_unknown_address_is_refused_as_mercadopago_does_and_our_own_as_we_do() {
    let lab = Lab::start().await;
    for path in ["v1/nothing", "nothing", "v1/payments/1/nothing", "sandboxed"] {
        let (status, body) = answer(browser().get(lab.at(path)).bearer_auth("TEST-1")).await;
        let told = json!({"message": "resource not found", "error": "not_found", "status": 404, "cause": []});
        assert_eq!((status, body), (404, told), "{path}");
    }
    let (status, body) = answer(browser().delete(lab.at("v1/payments/1")).bearer_auth("TEST-1")).await;
    assert_eq!((status, &body["error"]), (405, &json!("method_not_allowed")));
    for path in ["sandbox/nothing", "health/nothing"] {
        let (status, body) = answer(browser().get(lab.at(path))).await;
        assert_eq!((status, &body["code"]), (404, &json!("not_found")), "{path}");
    }
}

#[tokio::test]
async fn a_charge_is_given_up_by_either_address_and_once() {
    let lab = Lab::start().await;
    for (n, by) in ["cancellations", ""].into_iter().enumerate() {
        let request = browser().post(lab.at("v1/payments")).bearer_auth("TEST-1").header("x-idempotency-key", n);
        let id = answer(request.json(&pix())).await.1["id"].as_i64().expect("an id");
        let put = |by: &str| {
            let path = format!("v1/payments/{id}/{by}");
            let request = browser().put(lab.at(path.trim_end_matches('/'))).bearer_auth("TEST-1");
            answer(if by.is_empty() { request.json(&json!({"status": "cancelled"})) } else { request })
        };
        let (status, body) = put(by).await;
        assert_eq!(
            (status, &body["status"], &body["status_detail"]),
            (200, &json!("cancelled"), &json!("by_collector"))
        );
        let (status, body) = put("cancellations").await;
        assert_eq!((status, &body["cause"][0]["code"]), (400, &json!(2063)));
    }
    let unknown = browser().put(lab.at("v1/payments/1/cancellations")).bearer_auth("TEST-1");
    assert_eq!(answer(unknown).await.0, 404);
}
