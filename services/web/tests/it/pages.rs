use api::{Health, Readiness};
use serde_json::Value;
use testkit::Mint;

use crate::demo::Demo;

#[tokio::test]
async fn the_probes() {
    let server = Demo::new().spawn();
    let health: Health = server.caller().get("/health").await.expect(200).parse();
    assert_eq!((health.status.as_str(), health.service.as_str()), ("Operational", "demo"));
    let ready: Readiness = server.caller().get("/ready").await.expect(200).parse();
    assert!(ready.ready);
    let waiting = Demo { ready: false, ..Demo::new() }.spawn();
    let ready: Readiness = waiting.caller().expecting_faults().get("/ready").await.expect(503).parse();
    assert_eq!(ready.dependencies[0].detail.as_deref(), Some("not yet"));
    // What is only wanted is told as it is, and nobody is turned away for it.
    assert_eq!(ready.dependencies.iter().map(|each| each.ready).collect::<Vec<_>>(), [false, false]);
    assert!(!ready.dependencies[1].required);
}

#[tokio::test]
async fn the_measurements_are_by_route_template() {
    let server = Demo::new().spawn();
    let caller = server.caller();
    caller.get("/items/01939d2e-7c9a-7c3e-9a55-0c1de0a1b2c3/7").await.expect(200);
    caller.get("/nowhere").await.expect(404);
    let answer = caller.get("/metrics").await.expect(200);
    assert!(answer.header("content-type").unwrap().starts_with("text/plain; version=0.0.4"));
    let count = "lanchonete_http_request_duration_seconds_count";
    for labels in [
        r#"{service="demo",method="GET",route="/items/{id}/{line}",status="200"} 1"#,
        r#"{service="demo",method="GET",route="unmatched",status="404"} 1"#,
    ] {
        assert!(answer.text.contains(&format!("{count}{labels}")), "{}", answer.text);
    }
    assert!(answer.text.ends_with("# EOF\n"));
    assert!(!answer.text.contains("01939d2e"));
}

#[tokio::test]
async fn the_document_is_complete() {
    let server = Demo::new().spawn();
    let document = server.caller().get("/openapi.json").await.expect(200).json;
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
    for path in ["/dishes", "/dishes/{id}", "/health", "/ready", "/metrics"] {
        for (method, operation) in document["paths"][path].as_object().unwrap() {
            let default = &operation["responses"]["default"]["content"]["application/problem+json"]["schema"]["$ref"];
            assert_eq!(default, "#/components/schemas/Problem", "{method} {path}");
        }
    }
    let mut references = Vec::new();
    collect(&document, &mut references);
    for reference in references {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference} leads nowhere");
    }
}

fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|field| collect(field, found));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}

#[tokio::test]
async fn a_page_is_shown_inside_no_other_and_says_nothing_of_its_reader() {
    let server = Demo::new().spawn();
    for path in ["/page", "/docs"] {
        let page = server.caller().get(path).await.expect(200);
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    }
    let plain = server.caller().get("/health").await.expect(200);
    assert_eq!(plain.header("content-security-policy"), None);
    assert_eq!(plain.header("x-content-type-options"), Some("nosniff"));
}

#[tokio::test]
async fn the_page_brings_everything_itself() {
    let mint = Mint::new();
    let server = Demo::trusting(&mint).spawn();
    let caller = server.caller();
    for (path, folder) in [("/docs", "/docs/"), ("/docs/", "/docs/")] {
        let page = caller.get(path).await.expect(200);
        assert!(page.header("content-type").unwrap().starts_with("text/html"));
        assert!(page.header("content-security-policy").unwrap().contains("default-src 'none'"));
        assert!(!page.text.contains("http://") && !page.text.contains("https://"), "{}", page.text);
        assert_eq!(page.text.contains("<base href=\"docs/\" />"), path == "/docs");
        let files = page.text.split(['"']).filter(|part| part.ends_with(".js") || part.ends_with(".css"));
        let files: Vec<_> = files.collect();
        assert!(files.len() >= 5, "{files:?}");
        for file in files {
            let asset = caller.get(&format!("{folder}{}", file.trim_start_matches("./"))).await.expect(200);
            assert!(!asset.text.is_empty());
        }
    }
    let start = caller.get("/docs/swagger-initializer.js").await.expect(200).text;
    assert!(start.contains("\"../openapi.json\"") && !start.contains("petstore"), "{start}");
}
