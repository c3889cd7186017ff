use reqwest::Method;
use testkit::{Answer, Mint, Running};
use web::Origin;

use crate::demo::Demo;

const PAGE: &str = "https://caixa.example.com";

fn server(origins: &[&str]) -> Running {
    let origins: Vec<Origin> = origins.iter().map(|origin| origin.parse().unwrap()).collect();
    testkit::spawn(web::open_to(&origins, Demo::trusting(&Mint::new()).router()))
}

async fn from(server: &Running, origin: &'static str, method: Method, path: &str) -> Answer {
    let caller = server.caller();
    caller.send(caller.request(method, path).header("origin", origin)).await
}

#[tokio::test]
async fn without_origins_no_page_may_read_anything() {
    let server = server(&[]);
    for method in [Method::GET, Method::OPTIONS] {
        let answer = from(&server, PAGE, method, "/dishes").await;
        assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control-")), "{answer:#?}");
    }
}

#[tokio::test]
async fn a_named_page_may_read_answers_and_refusals_and_no_other_page_may() {
    let server = server(&[PAGE, "http://localhost:5173/"]);
    for (path, status) in [("/dishes", 200), ("/dishes?nonsense=1", 422), ("/nowhere", 404)] {
        let answer = from(&server, PAGE, Method::GET, path).await.expect(status);
        assert_eq!(answer.header("access-control-allow-origin"), Some(PAGE));
        assert!(answer.header("access-control-expose-headers").unwrap().contains("x-total-count"));
        assert!(answer.header("vary").unwrap().contains("origin"));
        assert_eq!(answer.header("access-control-allow-credentials"), None);
        let stranger = from(&server, "https://mallory.example.com", Method::GET, path).await.expect(status);
        assert_eq!(stranger.header("access-control-allow-origin"), None);
    }
}

#[tokio::test]
async fn a_browser_that_asks_first_is_told_what_it_may_send() {
    let server = server(&[PAGE]);
    let asked = reqwest::Client::new()
        .request(Method::OPTIONS, server.url.join("dishes").unwrap())
        .header("origin", PAGE)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,idempotency-key");
    let answer = asked.send().await.unwrap();
    assert!(answer.status().is_success());
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_lowercase();
    assert_eq!(header("access-control-allow-origin"), PAGE);
    assert!(header("access-control-allow-methods").contains("post"));
    let allowed = header("access-control-allow-headers");
    assert!(allowed.contains("authorization") && allowed.contains("idempotency-key"), "{allowed}");
    assert_eq!(header("access-control-max-age"), "600");
}

#[test]
fn an_origin_is_a_scheme_a_host_and_a_port() {
    for good in ["https://caixa.example.com", "http://localhost:5173", "http://[::1]:8080", "https://a.example:443/"] {
        good.parse::<Origin>().unwrap();
    }
    for bad in [
        "",
        "*",
        "null",
        "caixa.example.com",
        "https://a.example/caixa",
        "https://u:p@a.example",
        "file:///x",
        "ftp://a",
    ] {
        assert!(bad.parse::<Origin>().is_err(), "{bad}");
    }
}
