use std::time::Duration;

use api::{Lang, ProblemKind};
use reqwest::Method;
use testkit::Mint;

use crate::demo::{Demo, good};

#[test]
fn every_kind_of_refusal() {
    let row = |kind: &ProblemKind| {
        let (code, status) = (kind.code(), kind.status());
        format!("{status} {code} | {} | {} | {}", kind.title(Lang::Pt), kind.title(Lang::En), kind.type_uri())
    };
    let table: Vec<String> = ProblemKind::ALL.iter().map(row).collect();
    insta::assert_snapshot!(table.join("\n"));
}

#[tokio::test]
async fn every_path_answers_with_and_without_a_slash() {
    let mint = Mint::new();
    let server = Demo::trusting(&mint).spawn();
    let caller = server.caller();
    for path in
        ["/dishes", "/dishes/", "/dishes/?limit=5", "/slashed", "/slashed/", "/health/", "/ready/", "/openapi.json/"]
    {
        caller.get(path).await.expect(200);
    }
    caller.post("/dishes/", &good()).await.expect(200);
    assert_eq!(caller.get("/nowhere/").await.refused(ProblemKind::NotFound).instance, "/nowhere/");
    assert_eq!(caller.delete("/dishes/").await.refused(ProblemKind::MethodNotAllowed).instance, "/dishes/");
    caller.get("/dishes/?nonsense=1").await.refused(ProblemKind::InvalidParameter);
    let metrics = caller.get("/metrics/").await.expect(200).text;
    assert!(metrics.contains(r#"method="POST",route="/dishes",status="200""#), "{metrics}");
}

#[tokio::test]
async fn nothing_and_the_wrong_method_are_problems() {
    let server = Demo::new().spawn();
    let caller = server.caller();
    for path in ["/", "//", "/nowhere", "/dishes//", "/docs/nowhere.js", "/%00"] {
        caller.get(path).await.refused(ProblemKind::NotFound);
    }
    let answer = caller.delete("/dishes").await;
    let mut allow: Vec<_> = answer.header("allow").unwrap().split(',').map(str::trim).collect();
    allow.sort_unstable();
    assert_eq!(allow, ["GET", "HEAD", "POST"]);
    answer.refused(ProblemKind::MethodNotAllowed);
    let options = caller.send(caller.request(Method::OPTIONS, "/dishes")).await.expect(204);
    assert!(options.header("allow").unwrap().contains("POST"));
    assert_eq!(options.header("access-control-allow-origin"), None);
    let head = caller.send(caller.request(Method::HEAD, "/dishes")).await.expect(200);
    assert_eq!(head.text, "");
}

#[tokio::test]
async fn a_problem_as_it_is_read() {
    let server = Demo::new().spawn();
    let caller = server.caller();
    let get = |lang: &'static str| {
        caller.send(caller.request(Method::GET, "/dish?nonsense=1").header("accept-language", lang))
    };
    insta::assert_json_snapshot!("problem_pt", get("").await.json);
    insta::assert_json_snapshot!("problem_en", get("en-US,en;q=0.9,pt;q=0.1").await.json);
    assert_eq!(get("fr").await.json["title"], "Parâmetro inválido");
    assert_eq!(get("en").await.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn a_request_keeps_its_id() {
    let server = Demo::new().spawn();
    let caller = server.caller();
    let get =
        |id: &str, path: &str| caller.send(caller.request(Method::GET, path).header("x-request-id", id.to_owned()));
    for path in ["/traced", "/nowhere", "/dish?nonsense=1"] {
        assert_eq!(get("till-7/42", path).await.header("x-request-id"), Some("till-7/42"));
    }
    assert_eq!(get("till-7/42", "/traced").await.json[0], "till-7/42");
    for bad in ["", "a b", &"a".repeat(129), "é"] {
        let answer = get(bad, "/traced").await;
        let made = answer.header("x-request-id").unwrap();
        assert_eq!(uuid(made), Some(7), "{made}");
        assert_eq!(answer.json[0], made);
    }
}

fn uuid(text: &str) -> Option<u8> {
    text.parse::<domain::OrderId>().ok()?.uuid().get_version_num().try_into().ok()
}

#[tokio::test]
async fn a_trace_is_passed_on_as_it_came() {
    let server = Demo::new().spawn();
    let caller = server.caller();
    let get = |parent: &'static str| caller.send(caller.request(Method::GET, "/traced").header("traceparent", parent));
    let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    assert_eq!(get(good).await.json[1], good);
    for bad in ["", "00-4bf9-00f0-01", "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01"] {
        assert!(get(bad).await.json[1].is_null(), "{bad}");
    }
}

#[tokio::test]
async fn what_breaks_inside_stays_inside() {
    let server = Demo::new().spawn();
    let caller = server.caller().expecting_faults();
    let panic = caller.get("/panics").await;
    assert!(!panic.text.contains("secret"));
    panic.refused(ProblemKind::Internal);
    let broken = caller.get("/breaks").await;
    assert!(!broken.text.contains("SELECT"));
    broken.refused(ProblemKind::StoreUnavailable);
    caller.get("/health").await.expect(200);
}

#[tokio::test]
async fn a_service_without_a_verifier_opens_nothing() {
    let server = Demo::new().spawn();
    let caller = server.caller().expecting_faults().with_token(Mint::new().token(domain::Role::Admin));
    caller.get("/whoever").await.refused(ProblemKind::Internal);
}

#[tokio::test]
async fn a_handler_that_takes_too_long_is_given_up() {
    let server = Demo::new().with_timeout(Duration::from_millis(20)).spawn();
    server.caller().expecting_faults().get("/waits").await.refused(ProblemKind::Overloaded);
}

#[tokio::test]
async fn a_stream_outlives_the_timeout() {
    let demo = Demo::new().with_timeout(Duration::from_millis(50));
    let go_on = demo.kitchen.go_on.clone();
    let server = demo.spawn();
    let caller = server.caller();
    let mut stream = caller.request(Method::GET, "/streams").send().await.unwrap();
    assert_eq!(stream.chunk().await.unwrap().unwrap(), "first ");
    // Another request on the same service runs into the timeout while the stream is open.
    server.caller().expecting_faults().get("/waits").await.refused(ProblemKind::Overloaded);
    go_on.notify_one();
    assert_eq!(stream.chunk().await.unwrap().unwrap(), "last");
}

#[tokio::test]
async fn more_than_the_places_are_refused() {
    let mut demo = Demo::new();
    demo.limits.requests = 1;
    let kitchen = demo.kitchen.clone();
    let server = demo.spawn();
    let caller = server.caller();
    let first = tokio::spawn({
        let caller = caller.clone();
        async move { caller.get("/waits").await }
    });
    kitchen.entered.notified().await;
    caller.expecting_faults().get("/health").await.refused(ProblemKind::Overloaded);
    kitchen.go_on.notify_one();
    assert_eq!(first.await.unwrap().expect(200).text, "done");
    caller.get("/health").await.expect(200);
}
