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

mod load;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use load::{Ask, bare, measure, serve_bare, start};

const CONNECTIONS: [usize; 3] = [1, 16, 64];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    if arguments.iter().any(|a| a == "--bare") {
        return runtime.block_on(serve_bare());
    }
    let seconds = arguments.iter().find_map(|a| a.parse().ok()).unwrap_or(3);
    runtime.block_on(measure_all(Duration::from_secs(seconds)));
}

async fn measure_all(time: Duration) {
    let (_bare, bare_url) = bare();
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
    let client = reqwest::Client::new();
    let products: Value = client.get(format!("{order}/products?limit=2")).send().await.unwrap().json().await.unwrap();
    let body = json!({"order_items": [
        {"product_id": products[0]["id"], "quantity": 2, "comment": "sem cebola"},
        {"product_id": products[1]["id"], "quantity": 1},
    ]});
    let queue = Ask::get("GET /orders/queue", vec![format!("{order}/orders/queue")], token("kitchen"));
    let answer = client.get(&queue.urls[0]).bearer_auth(queue.token.as_ref().unwrap()).send().await.unwrap();
    let etag = answer.headers()["etag"].to_str().unwrap().to_owned();

    vec![
        Ask::get("a bare axum route", vec![bare], None),
        Ask::get("GET /products?limit=100", vec![format!("{order}/products?limit=100")], None),
        queue.clone(),
        Ask { name: "GET /orders/queue, unchanged", etag: Some(etag), wanted: 304, ..queue },
        Ask::post("POST /orders, with its Pix charge", vec![format!("{order}/orders")], token("kiosk"), body),
    ]
}
