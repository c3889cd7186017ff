use api::ProblemKind;
use reqwest::Method;

use crate::demo::Demo;

const ID: &str = "01939d2e-7c9a-7c3e-9a55-0c1de0a1b2c3";

#[tokio::test]
async fn a_good_query_is_read() {
    let server = Demo::new().spawn();
    let path = format!(
        "/dishes?order_id={ID}&status=paid&size=large&enabled=false&q=p%C3%A3o&any=a&any=b&skip=20&limit=100\
         &created_after=2026-11-23T18:00:00-03:00"
    );
    let answer = server.caller().get(&path).await.expect(200);
    insta::assert_json_snapshot!(answer.json[0]);
    assert_eq!(answer.header("x-total-count"), Some("10000"));
    assert_eq!(answer.header("x-total-count-capped"), Some("true"));
    let bare = server.caller().get("/dishes").await.expect(200);
    assert_eq!((&bare.json[0]["skip"], &bare.json[0]["limit"]), (&0.into(), &10.into()));
}

#[tokio::test]
async fn every_bad_parameter_is_told_at_once() {
    let server = Demo::new().spawn();
    let path = "/dishes?order_id=x&status=eaten&size=huge&enabled=yes&created_after=soon&q=abcdef&skip=10001&limit=0\
        &stat=paid&limit=5";
    let problem = server.caller().get(path).await.refused(ProblemKind::InvalidParameter);
    let faults: Vec<_> =
        problem.errors.iter().map(|f| format!("{} {}", f.parameter.as_deref().unwrap(), f.detail)).collect();
    insta::assert_snapshot!(faults.join("\n"));
}

#[tokio::test]
async fn limits_of_a_page_are_kept() {
    let server = Demo::new().spawn();
    let caller = server.caller();
    for bad in ["limit=101", "limit=-1", "limit=x", "limit=", "skip=10001", "skip=1.5", "limit=99999999999999999999"] {
        caller.get(&format!("/dishes?{bad}")).await.refused(ProblemKind::InvalidParameter);
    }
    for good in ["limit=100", "skip=10000", "limit=1&skip=0"] {
        caller.get(&format!("/dishes?{good}")).await.expect(200);
    }
}

#[tokio::test]
async fn a_parameter_of_another_route_is_unknown() {
    let server = Demo::new().spawn();
    let caller = server.caller();
    caller.get("/dish?status=paid").await.expect(200);
    let problem = caller.get("/dish?skip=1").await.refused(ProblemKind::InvalidParameter);
    assert_eq!(problem.errors[0].parameter.as_deref(), Some("skip"));
    let problem = caller.get("/dish?q=a&q=b").await.refused(ProblemKind::InvalidParameter);
    assert_eq!(problem.errors[0].detail, "informado mais de uma vez");
    caller.get("/dish?q=%1b").await.refused(ProblemKind::InvalidParameter);
}

#[tokio::test]
async fn ids_in_a_path_are_whole_or_nothing() {
    let server = Demo::new().spawn();
    let caller = server.caller();
    let answer = caller.get(&format!("/items/{ID}/7")).await.expect(200);
    assert_eq!(answer.text, format!("[\"{ID}\",7]"));
    for bad in ["/items/x/7", &format!("/items/{ID}/x"), "/items/%ff/7", &format!("/items/{}/7", ID.replace('-', ""))] {
        caller.get(bad).await.refused(ProblemKind::NotFound);
    }
}

#[tokio::test]
async fn headers_of_one_value_are_checked() {
    let server = Demo::new().spawn();
    let caller = server.caller();
    let get =
        |name: &'static str, value: String| caller.send(caller.request(Method::GET, "/headers").header(name, value));
    for (text, version) in [("\"7\"", Some(7)), ("7", Some(7)), ("W/\"7\"", Some(7)), ("*", None)] {
        assert_eq!(get("if-match", text.to_owned()).await.expect(200).json["version"], serde_json::json!(version));
    }
    for bad in ["seven", "\"\"", "-7", "+7", "\"7", "1, 2", "18446744073709551616"] {
        get("if-match", bad.to_owned()).await.refused(ProblemKind::InvalidParameter);
    }
    assert_eq!(get("idempotency-key", "a".repeat(128)).await.expect(200).json["key"], "a".repeat(128));
    for bad in [String::new(), "a".repeat(129), "a b".to_owned(), "ação".to_owned()] {
        let problem = get("idempotency-key", bad).await.refused(ProblemKind::InvalidParameter);
        assert_eq!(problem.errors[0].parameter.as_deref(), Some("Idempotency-Key"));
    }
    let twice = caller.request(Method::GET, "/headers").header("idempotency-key", "a").header("idempotency-key", "b");
    caller.send(twice).await.refused(ProblemKind::InvalidParameter);
}
