//! What the benchmarks share: programs that are started for one, a bare route to compare with, and load.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::Value;

/// What one row asks for, again and again.
#[derive(Clone)]
pub(crate) struct Ask {
    pub(crate) name: &'static str,
    pub(crate) method: Method,
    /// Asked in turn.
    pub(crate) urls: Vec<String>,
    pub(crate) token: Option<String>,
    pub(crate) body: Option<Value>,
    pub(crate) etag: Option<String>,
    pub(crate) wanted: u16,
}

impl Ask {
    /// A read that succeeds.
    pub(crate) fn get(name: &'static str, urls: Vec<String>, token: Option<String>) -> Self {
        Ask { name, method: Method::GET, urls, token, body: None, etag: None, wanted: 200 }
    }

    /// Something that is made.
    pub(crate) fn post(name: &'static str, urls: Vec<String>, token: Option<String>, body: Value) -> Self {
        Ask { name, method: Method::POST, urls, token, body: Some(body), etag: None, wanted: 201 }
    }
}

/// What came of a row.
pub(crate) struct Measured {
    pub(crate) per_second: f64,
    pub(crate) median: Duration,
    pub(crate) p99: Duration,
}

/// A program that ends when the benchmark does.
pub(crate) struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        let _ = self.0.wait();
    }
}

/// The machine at its best: a server of the least that an axum program can do, and where it is.
pub(crate) fn bare() -> (Running, String) {
    start(Command::new(std::env::current_exe().unwrap()).arg("--bare"))
}

/// The program behind [`bare`].
pub(crate) async fn serve_bare() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("http://{}", listener.local_addr().unwrap());
    let router = axum::Router::new().route("/", axum::routing::get(|| async { "Pronto" }));
    axum::serve(listener, router).await.unwrap();
}

/// Starts a program and reads the first line that it prints.
pub(crate) fn start(command: &mut Command) -> (Running, String) {
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (Running(child), line.trim().to_owned())
}

/// Keeps `connections` connections busy for `time`; the first tenth is not counted.
pub(crate) async fn measure(ask: &Ask, connections: usize, time: Duration) -> Measured {
    let ask = Arc::new(ask.clone());
    // To make a client takes longer than many a request.
    let client = || reqwest::Client::builder().pool_max_idle_per_host(1).build().unwrap();
    let clients: Vec<reqwest::Client> = (0..connections).map(|_| client()).collect();
    let counted_from = Instant::now() + time / 10;
    let until = counted_from + time;
    let mut tasks = tokio::task::JoinSet::new();
    for (first, client) in clients.into_iter().enumerate() {
        let ask = ask.clone();
        tasks.spawn(async move {
            let mut taken = Vec::new();
            for turn in first.. {
                let start = Instant::now();
                if start >= until {
                    break;
                }
                once(&client, &ask, &ask.urls[turn % ask.urls.len()]).await;
                if start >= counted_from {
                    taken.push(start.elapsed());
                }
            }
            taken
        });
    }
    let mut taken = tasks.join_all().await.concat();
    taken.sort_unstable();
    assert!(!taken.is_empty(), "{}: nothing was answered in {time:?}", ask.name);
    let at = |share: f64| taken[((taken.len() - 1) as f64 * share) as usize];
    Measured { per_second: taken.len() as f64 / time.as_secs_f64(), median: at(0.5), p99: at(0.99) }
}

async fn once(client: &reqwest::Client, ask: &Ask, url: &str) {
    let mut request = client.request(ask.method.clone(), url);
    if let Some(token) = &ask.token {
        request = request.bearer_auth(token);
    }
    if let Some(etag) = &ask.etag {
        request = request.header("if-none-match", etag);
    }
    if let Some(body) = &ask.body {
        request = request.json(body);
    }
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let bytes = answer.bytes().await.unwrap();
    assert_eq!(status, ask.wanted, "{}: {}", ask.name, String::from_utf8_lossy(&bytes));
}
