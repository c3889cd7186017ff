//! How many requests a second the real program answers, and how fast, beside a bare axum route in the same run.
//!
//! ```text
//! cargo bench -p lanchonete --bench http              # 3 s a row
//! cargo bench -p lanchonete --bench http -- 10        # 10 s a row
//! ```
//!
//! Absolute numbers belong to a machine and its mood; the column `of bare` is what can be compared. The load comes
//! from this process, so it takes its share of the same cores.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark talks to a person and may simply stop")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

const CONNECTIONS: [usize; 3] = [1, 16, 64];

/// What one row asks for, again and again.
#[derive(Clone)]
struct Ask {
    name: &'static str,
    method: Method,
    url: String,
    token: Option<String>,
    body: Option<Value>,
    etag: Option<String>,
    wanted: u16,
}

/// What came of a row.
struct Measured {
    per_second: f64,
    median: Duration,
    p99: Duration,
}

/// A program that ends when the benchmark does.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        let _ = self.0.wait();
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    if arguments.iter().any(|a| a == "--bare") {
        return runtime.block_on(serve_bare());
    }
    let seconds = arguments.iter().find_map(|a| a.parse().ok()).unwrap_or(3);
    runtime.block_on(measure_all(Duration::from_secs(seconds)));
}

/// The least that an axum program can do.
async fn serve_bare() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("http://{}", listener.local_addr().unwrap());
    let router = axum::Router::new().route("/", axum::routing::get(|| async { "Pronto" }));
    axum::serve(listener, router).await.unwrap();
}

/// Starts a program and reads the first line that it prints.
fn start(command: &mut Command) -> (Running, String) {
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (Running(child), line.trim().to_owned())
}

async fn measure_all(time: Duration) {
    let (_bare, bare_url) = start(Command::new(std::env::current_exe().unwrap()).arg("--bare"));
    let data = tempfile::tempdir().unwrap();
    let listens = ["auth", "order", "payment", "sandbox"].map(|s| format!("--{s}-listen=127.0.0.1:0"));
    let mut up = Command::new(env!("CARGO_BIN_EXE_lanchonete"));
    up.arg("--data-dir").arg(data.path()).args(["-o", "json", "up"]).args(listens).stderr(Stdio::null());
    let (_up, _) = start(&mut up);

    let asks = asks(data.path(), bare_url).await;
    println!("{:<34}{:>6}{:>12}{:>12}{:>12}{:>10}", "", "conns", "req/s", "median", "p99", "of bare");
    for connections in CONNECTIONS {
        let mut bare = None;
        for ask in &asks {
            let measured = measure(ask, connections, time).await;
            let base = *bare.get_or_insert(measured.per_second);
            println!(
                "{:<34}{:>6}{:>12.0}{:>12}{:>12}{:>9.1}%",
                ask.name,
                connections,
                measured.per_second,
                format!("{:.2?}", measured.median),
                format!("{:.2?}", measured.p99),
                100.0 * measured.per_second / base,
            );
        }
    }
}

/// The rows: the bare route first, because the others are compared with it.
async fn asks(data: &Path, bare: String) -> Vec<Ask> {
    let text = std::fs::read_to_string(data.join("credentials.json")).unwrap();
    let credentials: Value = serde_json::from_str(&text).unwrap();
    let order = credentials["urls"]["order"].as_str().unwrap().to_owned();
    let token = |role: &str| Some(credentials["tokens"][role].as_str().unwrap().to_owned());
    let get =
        |name, url: String, token| Ask { name, method: Method::GET, url, token, body: None, etag: None, wanted: 200 };

    let client = reqwest::Client::new();
    let products: Value = client.get(format!("{order}/products?limit=2")).send().await.unwrap().json().await.unwrap();
    let body = json!({"order_items": [
        {"product_id": products[0]["id"], "quantity": 2, "comment": "sem cebola"},
        {"product_id": products[1]["id"], "quantity": 1},
    ]});
    let queue = get("GET /orders/queue", format!("{order}/orders/queue"), token("kitchen"));
    let answer = client.get(&queue.url).bearer_auth(queue.token.as_ref().unwrap()).send().await.unwrap();
    let etag = answer.headers()["etag"].to_str().unwrap().to_owned();

    vec![
        get("a bare axum route", bare, None),
        get("GET /products?limit=100", format!("{order}/products?limit=100"), None),
        queue.clone(),
        Ask { name: "GET /orders/queue, unchanged", etag: Some(etag), wanted: 304, ..queue },
        Ask {
            name: "POST /orders, with its Pix charge",
            method: Method::POST,
            url: format!("{order}/orders"),
            token: token("kiosk"),
            body: Some(body),
            etag: None,
            wanted: 201,
        },
    ]
}

/// Keeps `connections` connections busy for `time`; the first tenth is not counted.
async fn measure(ask: &Ask, connections: usize, time: Duration) -> Measured {
    let ask = Arc::new(ask.clone());
    let counted_from = Instant::now() + time / 10;
    let until = counted_from + time;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..connections {
        let ask = ask.clone();
        tasks.spawn(async move {
            let client = reqwest::Client::builder().pool_max_idle_per_host(1).build().unwrap();
            let mut taken = Vec::new();
            while Instant::now() < until {
                let start = Instant::now();
                once(&client, &ask).await;
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

async fn once(client: &reqwest::Client, ask: &Ask) {
    let mut request = client.request(ask.method.clone(), &ask.url);
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
