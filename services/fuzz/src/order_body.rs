//! The body of `POST /orders`.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::Value;

use super::counter::{Counter, counter};

/// Stands in the corpus for the id of a product of the menu.
const PRODUCT: &str = "PRODUCT";

/// Any body is either an order whose total is the sum of its lines, or is refused for what is wrong with it.
pub fn check(data: &[u8]) {
    let counter = counter();
    let body = with_product(counter, data);
    let request = Request::post("/orders")
        .header("authorization", format!("Bearer {}", counter.token))
        .header("content-type", "application/json")
        .body(Body::from(body))
        .expect("a request");
    let answer = counter.order(request);
    match answer.status {
        StatusCode::CREATED => {
            let lines = answer.json["items"].as_array().expect("lines");
            let sum: i64 = lines.iter().map(|line| centavos(&line["total"])).sum();
            assert!(!lines.is_empty());
            assert_eq!(sum, centavos(&answer.json["amount"]));
            assert_eq!(answer.json["status"], "requested");
        }
        StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNPROCESSABLE_ENTITY => {
            assert_eq!(answer.json["status"], answer.status.as_u16());
            assert!(answer.json["code"].is_string());
        }
        other => panic!("{other}: {}", answer.json),
    }
}

fn with_product(counter: &Counter, data: &[u8]) -> Vec<u8> {
    match std::str::from_utf8(data) {
        Ok(text) => text.replace(PRODUCT, &counter.product).into_bytes(),
        Err(_) => data.to_vec(),
    }
}

fn centavos(reais: &Value) -> i64 {
    let reais: domain::Money = serde_json::from_value(reais.clone()).expect("an amount");
    reais.centavos()
}
