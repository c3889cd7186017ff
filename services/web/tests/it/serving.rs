use std::time::Duration;

use testkit::eventually;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::demo::{AT_ONCE, Demo};

#[tokio::test]
async fn a_running_request_is_finished_after_shutdown() {
    let demo = Demo::new();
    let kitchen = demo.kitchen.clone();
    let server = demo.spawn();
    let caller = server.caller();
    let running = tokio::spawn({
        let caller = caller.clone();
        async move { caller.get("/waits").await }
    });
    kitchen.entered.notified().await;
    server.shut_down();
    let address = address(&server);
    eventually(Duration::from_secs(60), || async { TcpStream::connect(&address).await.is_err().then_some(()) }).await;
    kitchen.go_on.notify_one();
    assert_eq!(running.await.unwrap().expect(200).text, "done");
    server.stop().await;
}

fn address(server: &testkit::Running) -> String {
    format!("{}:{}", server.url.host_str().unwrap(), server.url.port().unwrap())
}

#[tokio::test]
async fn a_client_that_says_nothing_is_let_go() {
    let mut demo = Demo::new();
    assert!(demo.limits.head_timeout < Duration::from_secs(60), "nobody is waited for longer");
    demo.limits.head_timeout = Duration::from_millis(150);
    let server = demo.spawn();
    let mut streams = Vec::new();
    for opening in ["", "GET /health HTTP/1.1\r\nHost:"] {
        let mut stream = TcpStream::connect(address(&server)).await.unwrap();
        stream.write_all(opening.as_bytes()).await.unwrap();
        streams.push(stream);
    }
    for (at, mut stream) in streams.into_iter().enumerate() {
        let mut answer = String::new();
        let read = tokio::time::timeout(Duration::from_secs(60), stream.read_to_string(&mut answer)).await;
        read.unwrap_or_else(|_| panic!("the server still waits for client {at}")).ok();
        assert!(!answer.contains("200 OK"), "{answer}");
    }
}

#[tokio::test]
async fn shutdown_does_not_wait_for_idle_connections() {
    let server = Demo::new().spawn();
    let caller = server.caller();
    caller.get("/health").await.expect(200);
    let address = address(&server);
    let _idle = TcpStream::connect(&address).await.unwrap();
    tokio::time::timeout(AT_ONCE, server.stop()).await.expect("no need to wait");
}

#[tokio::test]
async fn one_connection_carries_many_requests() {
    let server = Demo::new().spawn();
    let mut stream = TcpStream::connect(address(&server)).await.unwrap();
    let request = "GET /health HTTP/1.1\r\nHost: here\r\n\r\n";
    let last = "GET /health HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n";
    stream.write_all(format!("{request}{request}{last}").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 3, "{answer}");
}

#[tokio::test]
async fn http_2_is_spoken_with_prior_knowledge() {
    let server = Demo::new().spawn();
    let mut stream = TcpStream::connect(address(&server)).await.unwrap();
    // The preface and an empty SETTINGS frame (RFC 9113 §3.4); the server's first frame is its SETTINGS.
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    let mut frame = [0; 9];
    stream.read_exact(&mut frame).await.unwrap();
    assert_eq!(frame[3], 4, "{frame:?}");
}
