//! Who may do what: every operation of every document, for everybody, on an object that is there. A new route without a
//! row fails, and so does a row that says something else than the service does.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test ends where it fails, and says how much it saw")]

mod people;

use std::collections::BTreeMap;

use people::Shop;
use serde_json::{Value, json};

/// How each caller fares, in this order; `own` and `foreign` are customers, and the object is the first one's.
const CALLERS: [&str; 9] = ["nobody", "expired", "admin", "cashier", "kitchen", "kiosk", "service", "own", "foreign"];

/// `y` gets through, `1` is 401, `3` is 403, and `4` is 404: somebody else's object does not exist.
const TABLE: &str = include_str!("matrix.txt");

/// Service, method and path of each operation.
fn operations() -> Vec<(String, String, String)> {
    let documents = [("auth", auth::openapi()), ("order", order::openapi()), ("payment", payment::openapi())];
    let mut found = Vec::new();
    for (service, document) in documents {
        let document = serde_json::to_value(document).unwrap();
        for (path, item) in document["paths"].as_object().unwrap() {
            for method in item.as_object().unwrap().keys() {
                found.push((service.to_owned(), method.to_uppercase(), path.clone()));
            }
        }
    }
    found
}

/// The table: `order GET /orders/{id}` and its cells.
fn table() -> BTreeMap<String, String> {
    let rows = TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let split = |line: &str| {
        let (cells, name) = line.split_at(CALLERS.len() * 2);
        (name.trim().to_owned(), cells.trim().to_owned())
    };
    rows.map(split).collect()
}

#[tokio::test]
async fn every_route_for_everybody() {
    let shop = Shop::open().await;
    let mut said = table();
    let mut wrong = Vec::new();
    let mut cells = 0;
    for (service, method, path) in operations() {
        let name = format!("{service} {method} {path}");
        let mut seen = Vec::new();
        for caller in CALLERS {
            seen.push(cell(&shop, caller, &service, &method, &path).await);
            cells += 1;
        }
        let seen = seen.join(" ");
        if said.remove(&name).as_deref() != Some(&seen) {
            wrong.push(format!("{seen} {name}"));
        }
    }
    let gone: Vec<String> = said.into_keys().map(|name| format!("no such operation: {name}")).collect();
    wrong.extend(gone);
    assert!(wrong.is_empty(), "the table should say:\n{}", wrong.join("\n"));
    assert!(cells > 450, "only {cells} cells");
    println!("{cells} cells hold");
}

#[tokio::test]
async fn lists_hold_nobody_elses() {
    let shop = Shop::open().await;
    for (service, path) in [("order", "/orders"), ("payment", "/payments")] {
        let lengths = async |caller: &str, path: &str| {
            let list = shop.caller(service, shop.token(caller)).get(path).await.expect(200).json;
            list.as_array().unwrap().len()
        };
        assert_eq!(lengths("own", path).await, 1, "{path}");
        assert_eq!(lengths("admin", path).await, 1, "{path}");
        assert_eq!(lengths("foreign", path).await, 0, "{path}");
        let asked = format!("{path}?customer_id={}", shop.own());
        assert_eq!(lengths("admin", &asked).await, 1, "{asked}");
        let answer = shop.caller(service, shop.token("foreign")).get(&asked).await;
        assert!(answer.status != 200 || answer.json == json!([]), "{asked}: {answer:#?}");
    }
}

#[tokio::test]
async fn somebody_who_only_showed_up_sees_their_own_for_a_day() {
    let mut shop = Shop::open().await;
    let said = table();
    // What is open to the customer whose object it is, and not to everybody.
    let theirs = |(service, method, path): &(String, String, String)| {
        let cells = &said[&format!("{service} {method} {path}")];
        service != "auth" && path.contains("{id}") && cells.starts_with('1') && cells.ends_with("y 4")
    };
    let theirs: Vec<_> = operations().into_iter().filter(theirs).collect();
    assert!(theirs.len() >= 7, "{theirs:?}");
    for (expected, many) in [("y", 1), ("4", 0)] {
        shop.visit().await;
        for (service, method, path) in &theirs {
            let seen = cell(&shop, "visitor", service, method, path).await;
            assert_eq!(seen, expected, "{service} {method} {path}");
        }
        for (service, path) in [("order", "/orders"), ("payment", "/payments")] {
            let list = shop.caller(service, shop.token("visitor")).get(path).await.expect(200).json;
            assert_eq!(list.as_array().map(Vec::len), Some(many), "{path}");
        }
        shop.a_day_later();
    }
}

/// One request, that could do nothing even where it is let through: its body is none that the route takes.
async fn cell(shop: &Shop, caller: &str, service: &str, method: &str, path: &str) -> &'static str {
    // What is removed has to be there for each caller.
    let fresh = (method == "DELETE").then_some(());
    let people = match fresh {
        Some(()) if path.starts_with("/customer") => Some(shop.customer().await),
        _ => None,
    };
    let (own, token) = match (&people, caller) {
        (Some(person), "own") => (Some(person), Some(person.token.clone())),
        (person, _) => (person.as_ref(), shop.token(caller)),
    };
    let path = shop.path(path, own, fresh.is_some()).await;
    let caller = shop.caller(service, token);
    let request = caller.request(method.parse().unwrap(), &path);
    let request = match method {
        "GET" | "DELETE" => request,
        _ if matches!(path.as_str(), "/token" | "/revoke") => request.form(&[("nothing", "")]),
        _ => request.json(&json!({"no_such_field": true})),
    };
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    assert!(status < 500, "{method} {path}: {status}");
    let challenged = response.headers().contains_key("www-authenticate");
    assert!(status != 401 || challenged, "{method} {path}: 401 without a challenge");
    match status {
        401 => "1",
        403 => "3",
        404 => "4",
        // A stream of events has no end to wait for.
        _ if path == "/orders/events" => "y",
        _ => {
            let body: Value = response.json().await.unwrap_or_default();
            let refused = matches!(body["code"].as_str(), Some("unauthenticated" | "forbidden" | "not_found"));
            assert!(!refused, "{method} {path}: {status} {body}");
            "y"
        }
    }
}
