use api::ProblemKind;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::Caller;

use crate::demo::{Demo, good};

fn with(change: impl FnOnce(&mut serde_json::Map<String, Value>)) -> Value {
    let mut body = good();
    change(body.as_object_mut().unwrap());
    body
}

fn set(name: &str, value: Value) -> Value {
    with(|body| drop(body.insert(name.to_owned(), value)))
}

async fn told(caller: &Caller, body: &Value, lang: &str) -> String {
    let request = caller.request(Method::POST, "/dishes").header("accept-language", lang).json(body);
    let problem = caller.send(request).await.refused(ProblemKind::InvalidBody);
    let faults = problem.errors.iter().map(|f| format!("  {} {}", f.pointer.as_deref().unwrap(), f.detail));
    let faults: Vec<String> = faults.collect();
    format!("{}\n{}", problem.detail, faults.join("\n"))
}

#[tokio::test]
async fn every_bad_body_is_told_in_both_languages() {
    let server = Demo::new().spawn();
    let caller = server.caller();
    let cases = [
        ("empty object", json!({})),
        ("no object", json!([1])),
        ("wrong types", json!({"name": 1, "price": "x", "product_id": true, "quantity": 1.5})),
        ("unknown field", set("colour/~", json!("red"))),
        ("limits", json!({"name": "", "price": 0, "product_id": "x", "quantity": 100})),
        ("too long", set("name", json!("12345678901"))),
        ("too dear", set("price", json!(10000))),
        ("half a centavo", set("price", json!(35.105))),
        ("an enum", set("method", json!("gold"))),
        ("an enum as a number", set("method", json!(7))),
        ("a time", set("served_at", json!("tomorrow"))),
        ("a CPF", set("cpf", json!("529.982.247-24"))),
        ("an e-mail", set("email", json!("ana at example"))),
        ("an id without hyphens", set("product_id", json!("01939d2e7c9a7c3e9a550c1de0a1b2c3"))),
        ("control characters", set("name", json!("a\u{1b}[2Jb"))),
        ("nested", set("sides", json!([{"comment": "ok"}, {"comment": "a\nb", "extra": 0.001, "more": 1}, {}]))),
        ("a number past u32", set("quantity", json!(99999999999_u64))),
        ("null", set("quantity", Value::Null)),
    ];
    let mut table = String::new();
    for (name, body) in cases {
        let (pt, en) = (told(&caller, &body, "pt-BR").await, told(&caller, &body, "en").await);
        table.push_str(&format!("# {name}\n{pt}\n{en}\n\n"));
    }
    insta::assert_snapshot!(table);
}

#[tokio::test]
async fn a_good_body_is_read_as_it_stands() {
    let server = Demo::new().spawn();
    let body = set("sides", json!([{"comment": "sem cebola", "extra": 0.29}]));
    let answer = server.caller().post("/dishes", &body).await.expect(200);
    assert_eq!(answer.json["name"], "X-Tudo");
    assert_eq!(answer.json["price"], 35.1);
    assert_eq!(answer.json["sides"][0]["extra"], 0.29);
}

#[tokio::test]
async fn money_is_exact() {
    let server = Demo::new().spawn();
    let caller = server.caller();
    let post = |text: &str| {
        let request = caller.request(Method::POST, "/amount").header("content-type", "application/json");
        caller.send(request.body(format!("{{\"amount\": {text}}}")))
    };
    for (text, centavos) in [
        ("35.10", 3510),
        ("0.29", 29),
        ("1.15", 115),
        ("4.35", 435),
        ("99999.99", 9_999_999),
        ("35", 3500),
        ("35.0", 3500),
        ("0.07", 7),
        ("0.01", 1),
        ("0", 0),
        ("1e2", 10_000),
    ] {
        assert_eq!(post(text).await.expect(200).json, centavos, "{text}");
    }
    for text in ["35.105", "0.001", "1e-9", "1e300", "0.011", "99999.999", "1234567890123456789.5"] {
        let problem = post(text).await.refused(ProblemKind::InvalidBody);
        assert_eq!(problem.errors[0].pointer.as_deref(), Some("/amount"), "{text}");
    }
    // Every amount of a bill has its two decimals.
    for centavos in (1..=99_999_i64).step_by(997) {
        let text = format!("{}.{:02}", centavos / 100, centavos % 100);
        assert_eq!(post(&text).await.expect(200).json, centavos, "{text}");
    }
}

#[tokio::test]
async fn what_is_said_twice_is_not_believed_at_all() {
    let server = Demo::new().spawn();
    let caller = server.caller();
    let post = |body: String| {
        let request = caller.request(Method::POST, "/dishes").header("content-type", "application/json");
        caller.send(request.body(body))
    };
    let with = |fields: &str| good().to_string().replacen('{', &format!("{{{fields},"), 1);
    let long = "9".repeat(400);
    for (body, pointer) in [
        (with(r#""name":"a""#), "/name"),
        (with(r#""n\u0061me":"a""#), "/name"),
        (with(r#""sides":[{"comment":"a"},{"comment":"b","comment":"b"}]"#), "/sides/1/comment"),
        (with(r#""a/b":{"~":1,"~":1}"#), "/a~1b/~0"),
        (with(r#""name":{"name":1,"name":1}"#), "/name/name"),
        (with(r#""sides":[{"extra":1e999}]"#), "/sides/0/extra"),
        (with(&format!(r#""sides":[{{"extra":{long}}}]"#)), "/sides/0/extra"),
    ] {
        let problem = post(body.clone()).await.refused(ProblemKind::InvalidBody);
        let pointers: Vec<_> = problem.errors.iter().filter_map(|fault| fault.pointer.as_deref()).collect();
        assert_eq!(pointers, [pointer], "{body}");
    }
    for body in ["[1,", "{} {}", "{\"a\":1,}", "{\"a\" 1}", "1e", "nul", "\"\\ud800\""] {
        post(body.to_owned()).await.refused(ProblemKind::InvalidJson);
    }
    // A name that a library of ours treats in its own way is a name like any other.
    let odd = with(r#""$serde_json::private::RawValue":"[1]""#);
    assert_eq!(post(odd).await.refused(ProblemKind::InvalidBody).errors.len(), 1);
}

#[tokio::test]
async fn what_is_no_json_is_told_apart() {
    let server = Demo::new().spawn();
    let caller = server.caller();
    let post = |kind: Option<&str>, body: &str| {
        let request = caller.request(Method::POST, "/dishes").body(body.to_owned());
        caller.send(match kind {
            Some(kind) => request.header("content-type", kind),
            None => request,
        })
    };
    let good = good().to_string();
    for kind in ["application/json", "application/json; charset=utf-8", "Application/JSON", "application/vnd.x+json"] {
        post(Some(kind), &good).await.expect(200);
    }
    for kind in [None, Some("text/plain"), Some("application/xml"), Some("application/x-www-form-urlencoded"), Some("")]
    {
        post(kind, &good).await.refused(ProblemKind::UnsupportedMedia);
    }
    let deep = "[".repeat(100_000);
    let wide = format!("{}{}", "[".repeat(120), "]".repeat(120));
    for body in ["{", "nope", "{\"a\":1}x", "", deep.as_str(), "\u{feff}{}", "{\"name\": \"\\ud800\"}"] {
        post(Some("application/json"), body).await.refused(ProblemKind::InvalidJson);
    }
    post(None, "").await.refused(ProblemKind::InvalidJson);
    post(Some("application/json"), &wide).await.refused(ProblemKind::InvalidBody);
    let twice = good.replacen('{', "{\"quantity\":2,", 1);
    let status = post(Some("application/json"), &twice).await.status;
    assert!(status == 200 || status == 422, "a repeated key gave {status}");
}

#[tokio::test]
async fn a_broken_json_is_located_but_not_repeated() {
    let server = Demo::new().spawn();
    let caller = server.caller();
    let request = caller.request(Method::POST, "/dishes").header("content-type", "application/json");
    let problem = caller.send(request.body("{\"password\": hunter2}")).await.refused(ProblemKind::InvalidJson);
    assert_eq!(problem.detail, "O corpo não é JSON válido (linha 1, coluna 14).");
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_whether_announced_or_not() {
    let server = Demo::new().spawn();
    let caller = server.caller();
    let limit = 256 * 1024;
    let body = |length: usize| format!("{{\"text\":\"{}\"}}", "a".repeat(length - 11));
    let post = |body: reqwest::Body| {
        caller.send(caller.request(Method::POST, "/note").header("content-type", "application/json").body(body))
    };
    post(body(limit).into()).await.expect(200);
    post(body(limit + 1).into()).await.refused(ProblemKind::TooLarge);
    post(body(limit * 3).into()).await.refused(ProblemKind::TooLarge);
    let chunks: Vec<_> = body(limit * 2).into_bytes().chunks(10_000).map(<[u8]>::to_vec).collect();
    let chunked = tokio_stream::iter(chunks.into_iter().map(Ok::<_, std::io::Error>));
    post(reqwest::Body::wrap_stream(chunked)).await.refused(ProblemKind::TooLarge);
}

#[tokio::test]
async fn an_optional_body_may_be_left_out() {
    let server = Demo::new().spawn();
    let caller = server.caller();
    let bare = caller.send(caller.request(Method::POST, "/note")).await.expect(200);
    assert_eq!(bare.json["text"], Value::Null);
    let given = caller.post("/note", &json!({"text": "oi"})).await.expect(200);
    assert_eq!(given.json["text"], "oi");
    caller.post("/note", &json!({"txt": "oi"})).await.refused(ProblemKind::InvalidBody);
}

#[tokio::test]
async fn faults_are_bounded() {
    let server = Demo::new().spawn();
    let sides: Vec<Value> = (0..5000).map(|_| json!({})).collect();
    let problem = server.caller().post("/dishes", &set("sides", json!(sides))).await.refused(ProblemKind::InvalidBody);
    assert_eq!(problem.errors.len(), 100);
}
