//! The panel asks for no token: it answers programs on this machine and its own pages, and nobody else.

use serde_json::{Value, json};

use crate::lab::{Lab, browser};

#[tokio::test]
async fn a_name_that_is_not_this_machine_is_refused() {
    let lab = Lab::start().await;
    let port = lab.url.port().expect("a port");
    let get = async |path: &str, host: &str| {
        let request = browser().get(lab.at(path)).bearer_auth("TEST-1").header("host", host);
        request.send().await.expect("an answer").status().as_u16()
    };
    for host in ["localhost", "LOCALHOST:1", "127.0.0.1", "127.8.9.1:80", "[::1]", "[::1]:8003"] {
        assert_eq!(get("sandbox/chaos", host).await, 200, "{host}");
    }
    let foreign = [
        "evil.example".to_owned(),
        format!("evil.example:{port}"),
        "localhost.evil.example".to_owned(),
        "127.0.0.1.evil.example".to_owned(),
        "10.0.0.1".to_owned(),
        "[::2]".to_owned(),
        "[::1]x".to_owned(),
        "localhost:x".to_owned(),
    ];
    for host in &foreign {
        assert_eq!(get("sandbox/chaos", host).await, 403, "{host}");
        assert_eq!(get("sandbox/chaos/", host).await, 403, "{host}");
        assert_eq!(get("sandbox/payments", host).await, 403, "{host}");
    }
    assert_eq!(get("v1/payments/search", "evil.example").await, 200, "what SDKs use stays open");
}

#[tokio::test]
async fn pages_of_others_are_refused() {
    let lab = Lab::start().await;
    let own = lab.url.origin().ascii_serialization();
    let post = async |header: &str, value: &str| {
        let request = browser().post(lab.at("sandbox/chaos")).json(&json!({ "drop": 1 })).header(header, value);
        let answer = request.send().await.expect("an answer");
        (answer.status().as_u16(), answer.json::<Value>().await.expect("JSON")["code"].clone())
    };
    for origin in ["http://evil.example", "null", "http://127.0.0.1:1", "http://localhost.evil.example", ""] {
        assert_eq!(post("origin", origin).await, (403, json!("forbidden")), "{origin}");
    }
    for site in ["cross-site", "same-site"] {
        assert_eq!(post("sec-fetch-site", site).await.0, 403, "{site}");
    }
    assert!(lab.control.chaos().await.expect("a report").chaos.is_calm(), "nothing was set");
    assert_eq!(post("origin", &own).await.0, 200);
    assert_eq!(post("sec-fetch-site", "same-origin").await.0, 200);
    let asked = browser().request(reqwest::Method::OPTIONS, lab.at("sandbox/chaos"));
    let asked = asked.header("origin", "http://evil.example").header("access-control-request-method", "DELETE");
    let answer = asked.send().await.expect("an answer");
    assert!(answer.headers().get("access-control-allow-origin").is_none());
}
