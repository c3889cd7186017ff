//! What is written to the log. One log for all tests of this program, since a logger that comes later may miss lines;
//! each test finds its own by the id of its requests.

use std::io::Write;
use std::sync::{Mutex, OnceLock};

use reqwest::Method;
use serde_json::json;
use testkit::Mint;

use crate::demo::Demo;

static LINES: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static INSTALLED: OnceLock<()> = OnceLock::new();

struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LINES.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn install() {
    INSTALLED.get_or_init(|| {
        let subscriber = tracing_subscriber::fmt().with_writer(|| Log).with_ansi(false);
        let subscriber = subscriber.with_max_level(tracing::Level::DEBUG).finish();
        tracing::subscriber::set_global_default(subscriber).unwrap();
    });
}

#[tokio::test]
async fn the_log_knows_the_cause_and_no_secret() {
    install();
    let mint = Mint::new();
    let server = Demo::trusting(&mint).spawn();
    let token = mint.token(domain::Role::Kitchen);
    let caller = server.caller().expecting_faults().with_token(&token);
    let tagged = |method, path| caller.request(method, path).header("x-request-id", "tagged-log");
    let body = json!({"name": "529.982.247-25", "cpf": "52998224725"});
    caller.send(tagged(Method::GET, "/breaks?cpf=52998224725")).await.expect(503);
    caller.send(tagged(Method::GET, "/panics")).await.expect(500);
    caller.send(tagged(Method::GET, "/whoever")).await.expect(200);
    caller.send(tagged(Method::POST, "/dishes").json(&body)).await.expect(422);
    for path in ["/customer/529.982.247-25", "/customer/529982247%2D25/", "/dishes/52998224725", "/x52998224725x/y"] {
        caller.send(tagged(Method::GET, path)).await;
    }
    let dish = domain::OrderId::new();
    caller.send(tagged(Method::PUT, &format!("/dishes/{dish}")).json(&body)).await.expect(422);
    let late = mint.expired(domain::Role::Kitchen);
    let request = server.caller().request(Method::GET, "/whoever").bearer_auth(&late);
    caller.send(request.header("x-request-id", "tagged-log")).await.expect(401);

    let text = String::from_utf8(LINES.lock().unwrap().clone()).unwrap();
    let ours: Vec<&str> = text.lines().filter(|line| line.contains("tagged-log")).collect();
    let has = |words: &[&str]| ours.iter().any(|line| words.iter().all(|word| line.contains(word)));
    assert!(has(&["ERROR", "store_unavailable", "SELECT * FROM secrets"]), "{ours:#?}");
    assert!(has(&["ERROR", "internal", "the secret of the cook"]), "{ours:#?}");
    assert!(has(&["DEBUG", "unauthenticated", "expired"]), "{ours:#?}");
    assert!(has(&["INFO", "method=GET", "path=\"/breaks\"", "status=503"]), "{ours:#?}");
    for path in ["/customer/***", "/customer/***/", "/dishes/***", "/***/y", &format!("/dishes/{dish}")] {
        assert!(has(&["INFO", &format!("path=\"{path}\"")]), "{path}: {ours:#?}");
    }
    for secret in ["52998224725", "529982247%2D25", "529.982.247-25", token.as_str(), late.as_str(), "cpf="] {
        assert!(!text.contains(secret), "{secret} in {ours:#?}");
    }
}
