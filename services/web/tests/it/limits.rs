//! Clients that are slow, large or many, over bare sockets. Each limit is set so low that a test sees its answer.

use std::net::SocketAddr;
use std::time::Duration;

use api::ProblemKind;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::StatusCode;
use reqwest::Method;
use testkit::{Running, eventually};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tower::ServiceExt;
use web::Limits;

use crate::demo::{AT_ONCE, Demo};

const SHORT: Duration = Duration::from_millis(150);
const PATIENCE: Duration = Duration::from_secs(60);
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const NO_SETTINGS: &[u8] = b"\0\0\0\x04\0\0\0\0\0";

fn within(change: impl FnOnce(&mut Limits)) -> Running {
    let mut demo = Demo::new();
    change(&mut demo.limits);
    demo.spawn()
}

/// Everything until the server ends the connection.
async fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    // A connection that is cut is an end too.
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
    assert!(read.is_ok(), "the server still holds the connection after {}", String::from_utf8_lossy(&answer));
    String::from_utf8_lossy(&answer).into_owned()
}

async fn said(server: &Running, words: &[u8]) -> TcpStream {
    let mut stream = server.connect().await;
    stream.write_all(words).await.unwrap();
    stream
}

fn is(answer: &str, status: u16, kind: ProblemKind) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    assert!(answer.contains(&format!("\"code\":\"{}\"", kind.code())), "{answer}");
    assert!(answer.to_lowercase().contains("content-type: application/problem+json"), "{answer}");
}

#[tokio::test]
async fn half_a_head_is_408() {
    let server = within(|limits| limits.head_timeout = SHORT);
    for words in ["", "G", "GET /health HTTP/1.1\r\nHost: here\r\nx-a: b\r\n", "\r\n\r\n"] {
        is(&rest(&mut said(&server, words.as_bytes()).await).await, 408, ProblemKind::RequestTimeout);
    }
}

#[tokio::test]
async fn a_head_that_trickles_is_408() {
    let server = within(|limits| limits.head_timeout = SHORT);
    let mut stream = said(&server, b"GET /health HTTP/1.1\r\n").await;
    let (mut read, mut write) = stream.split();
    let trickle = async {
        while write.write_all(b"x: y\r\n").await.is_ok() {
            tokio::time::sleep(SHORT / 10).await;
        }
    };
    let mut answer = Vec::new();
    tokio::select! {
        _ = read.read_to_end(&mut answer) => {}
        () = trickle => {}
        () = tokio::time::sleep(PATIENCE) => panic!("the server still listens"),
    }
}

#[tokio::test]
async fn the_second_head_of_a_connection_has_its_time_too() {
    let server = within(|limits| limits.head_timeout = SHORT);
    let mut stream = said(&server, b"GET /health HTTP/1.1\r\nHost: here\r\n\r\n").await;
    let mut answer = [0; 15];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200 OK");
    stream.write_all(b"GET /health HT").await.unwrap();
    assert!(rest(&mut stream).await.contains("HTTP/1.1 408 "));
}

#[tokio::test]
async fn a_connection_without_a_request_is_closed() {
    let server = within(|limits| limits.idle_timeout = SHORT);
    let mut stream = said(&server, b"GET /health HTTP/1.1\r\nHost: here\r\n\r\n").await;
    let answer = rest(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK") && !answer.contains("408"), "{answer}");
}

#[tokio::test]
async fn half_a_preface_of_http_2_is_let_go() {
    let server = within(|limits| limits.head_timeout = SHORT);
    for length in [1, 14, 18, PREFACE.len() - 1] {
        rest(&mut said(&server, &PREFACE[..length]).await).await;
    }
    // A whole preface, with and without settings, and then nothing.
    rest(&mut said(&server, PREFACE).await).await;
    rest(&mut said(&server, &[PREFACE, NO_SETTINGS].concat()).await).await;
    // An acknowledged ping is no request.
    let ping = b"\0\0\x08\x06\0\0\0\0\0pingping";
    rest(&mut said(&server, &[PREFACE, NO_SETTINGS, ping].concat()).await).await;
}

#[tokio::test]
async fn a_body_that_trickles_is_408() {
    let server = within(|limits| limits.body_timeout = SHORT);
    let head = "POST /dishes HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n";
    let mut stream = said(&server, format!("{head}{{").as_bytes()).await;
    is(&rest(&mut stream).await, 408, ProblemKind::RequestTimeout);
    let head =
        "POST /dishes HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    let mut stream = said(&server, format!("{head}1\r\n{{\r\n").as_bytes()).await;
    is(&rest(&mut stream).await, 408, ProblemKind::RequestTimeout);
}

/// A request whose body is on its way: the server says that it waits for it (RFC 9110 §10.1.1).
async fn awaited(server: &Running) -> TcpStream {
    let head = "POST /dishes HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\nContent-Length: 2\r\n";
    let mut stream = said(server, format!("{head}Expect: 100-continue\r\nConnection: close\r\n\r\n").as_bytes()).await;
    let mut go_on = [0; 25];
    tokio::time::timeout(PATIENCE, stream.read_exact(&mut go_on)).await.expect("an answer").unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream
}

#[tokio::test]
async fn bodies_on_their_way_take_no_place() {
    let server = within(|limits| limits.requests = 1);
    let mut slow = [awaited(&server).await, awaited(&server).await, awaited(&server).await];
    server.caller().get("/health").await.expect(200);
    for stream in &mut slow {
        stream.write_all(b"{}").await.unwrap();
        is(&rest(stream).await, 422, ProblemKind::InvalidBody);
    }
}

#[tokio::test]
async fn a_request_takes_its_place_again_when_its_body_is_there() {
    let demo = Demo::new();
    let kitchen = demo.kitchen.clone();
    let server = Demo { limits: Limits { requests: 1, ..demo.limits.clone() }, ..demo }.spawn();
    let mut slow = awaited(&server).await;
    let mut waiting = said(&server, b"GET /waits HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n").await;
    kitchen.entered.notified().await;
    slow.write_all(b"{}").await.unwrap();
    is(&rest(&mut slow).await, 503, ProblemKind::Overloaded);
    kitchen.go_on.notify_one();
    assert!(rest(&mut waiting).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn more_bodies_than_are_waited_for_are_503() {
    let server = within(|limits| limits.bodies = 1);
    let mut slow = awaited(&server).await;
    let head = "POST /dishes HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n";
    let mut refused = said(&server, format!("{head}Content-Length: 2\r\n\r\n{{").as_bytes()).await;
    let refused = rest(&mut refused).await;
    is(&refused, 503, ProblemKind::Overloaded);
    assert!(refused.contains("retry-after: "), "{refused}");
    // One that comes with its head is not waited for.
    let mut whole = said(&server, format!("{head}Content-Length: 2\r\nConnection: close\r\n\r\n{{}}").as_bytes()).await;
    is(&rest(&mut whole).await, 422, ProblemKind::InvalidBody);
    slow.write_all(b"{}").await.unwrap();
    is(&rest(&mut slow).await, 422, ProblemKind::InvalidBody);
    drop(awaited(&server).await);
}

#[tokio::test]
async fn more_bodies_from_one_address_than_its_share_are_429() {
    let mut demo = Demo::new();
    (demo.limits.bodies_per_address, demo.limits.put_off) = (1, SHORT);
    let router = demo.router();
    // As the listener says where a request comes from; this machine itself has no share.
    let slow = |address: &str| {
        let never = futures_util::stream::pending::<Result<bytes::Bytes, std::io::Error>>();
        let peer = ConnectInfo(SocketAddr::new(address.parse().unwrap(), 1));
        let request = Request::post("/dishes").header("content-type", "application/json").extension(peer);
        router.clone().oneshot(request.body(Body::from_stream(never)).unwrap())
    };
    let refused = tokio::select! {
        biased;
        _ = slow("192.0.2.1") => panic!("it is waited for"),
        _ = slow("192.0.2.2") => panic!("it is waited for"),
        answer = slow("192.0.2.1") => answer.unwrap(),
    };
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.headers().contains_key("retry-after"));
}

#[tokio::test]
async fn a_client_that_does_not_take_its_answer_is_cut_off() {
    let server = within(|limits| limits.stall_timeout = SHORT);
    let mut stream = said(&server, b"GET /endless HTTP/1.1\r\nHost: here\r\n\r\n").await;
    // Nothing is read; that the server has gone is heard from what is sent to it.
    let until = tokio::time::Instant::now() + PATIENCE;
    while stream.write_all(b"x").await.is_ok() {
        assert!(tokio::time::Instant::now() < until, "the server still waits");
        tokio::time::sleep(SHORT / 10).await;
    }
}

#[tokio::test]
async fn a_long_address_is_414() {
    let server = within(|limits| limits.url = 100);
    let caller = server.caller();
    caller.get(&format!("/dishes?q={}", "a".repeat(91))).await.refused(ProblemKind::UriTooLong);
    caller.get(&format!("/{}", "a".repeat(99))).await.refused(ProblemKind::NotFound);
}

#[tokio::test]
async fn many_and_long_header_fields_are_431() {
    let server = within(|limits| (limits.headers, limits.header_bytes) = (10, 1000));
    let caller = server.caller();
    let with = |fields: usize, length: usize| {
        let request = caller.request(Method::GET, "/dishes");
        let request = (0..fields).fold(request, |request, at| request.header(format!("x-{at}"), "a".repeat(length)));
        caller.send(request)
    };
    with(5, 10).await.expect(200);
    with(11, 1).await.refused(ProblemKind::HeadersTooLarge);
    with(37, 1).await.refused(ProblemKind::HeadersTooLarge);
    with(1, 1000).await.refused(ProblemKind::HeadersTooLarge);
    // Past any measure the server does not even read it to the end.
    let mut stream = server.connect().await;
    let head = format!("GET / HTTP/1.1\r\nHost: here\r\nx: {}\r\n\r\n", "a".repeat(9000));
    stream.write_all(head.as_bytes()).await.unwrap();
    assert!(rest(&mut stream).await.starts_with("HTTP/1.1 431 "));
}

#[tokio::test]
async fn a_full_house_is_503_until_somebody_leaves() {
    let server = within(|limits| limits.connections = 2);
    let mut inside = Vec::new();
    for _ in 0..2 {
        let mut stream = said(&server, b"GET /health HTTP/1.1\r\nHost: here\r\n\r\n").await;
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200");
        inside.push(stream);
    }
    let refused = rest(&mut said(&server, b"GET /health HTTP/1.1\r\nHost: here\r\n\r\n").await).await;
    is(&refused, 503, ProblemKind::Overloaded);
    assert!(refused.contains("retry-after: "), "{refused}");
    inside.pop();
    eventually(PATIENCE, || async {
        let mut stream = said(&server, b"GET /health HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n").await;
        rest(&mut stream).await.starts_with("HTTP/1.1 200").then_some(())
    })
    .await;
}

#[tokio::test]
async fn who_is_put_off_waits_and_takes_no_place_meanwhile() {
    let server = within(|limits| (limits.put_off, limits.requests) = (SHORT, 1));
    let began = tokio::time::Instant::now();
    let put_off = said(&server, b"GET /put-off HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n");
    let (mut one, mut other) = tokio::join!(put_off, said(&server, b"GET /put-off HTTP/1.1\r\nHost: here\r\n\r\n"));
    server.caller().get("/health").await.expect(200);
    is(&rest(&mut one).await, 429, ProblemKind::RateLimited);
    let mut status = [0; 12];
    other.read_exact(&mut status).await.unwrap();
    assert_eq!(&status, b"HTTP/1.1 429");
    assert!(began.elapsed() >= SHORT);
}

#[tokio::test]
async fn shutdown_does_not_wait_for_half_a_head() {
    let server = Demo::new().spawn();
    let mut half = said(&server, b"GET /health HTTP/1.1\r\nHost:").await;
    let mut preface = said(&server, &PREFACE[..10]).await;
    server.caller().get("/health").await.expect(200);
    tokio::time::timeout(AT_ONCE, server.stop()).await.expect("no need to wait");
    rest(&mut half).await;
    rest(&mut preface).await;
}

#[tokio::test]
async fn shutdown_ends_though_a_request_never_does() {
    let demo = Demo::new();
    let kitchen = demo.kitchen.clone();
    let server = demo.spawn();
    let _waiting = said(&server, b"GET /waits HTTP/1.1\r\nHost: here\r\n\r\n").await;
    kitchen.entered.notified().await;
    tokio::time::pause();
    let began = tokio::time::Instant::now();
    server.stop().await;
    assert!(began.elapsed() <= Duration::from_secs(10), "{:?}", began.elapsed());
}
