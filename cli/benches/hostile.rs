//! Whether the menu stays fast while somebody attacks: 1,000 connections that send their heads a byte at a time, 1,000
//! whose bodies do, and 200 that try passwords, all at once.
//!
//! ```text
//! cargo bench -p lanchonete --bench hostile              # 10 s a row
//! cargo bench -p lanchonete --bench hostile -- 30        # 30 s a row
//! ```
//!
//! The attack comes from this process, so it takes its share of the same cores; so does the load that is measured.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark talks to a person and may simply stop")]

#[allow(dead_code, reason = "the other benchmarks use the rest")]
mod load;

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use load::{Ask, Measured, measure, start};

const SLOW: usize = 1000;
const LOGINS: usize = 200;
/// People who look at the menu meanwhile.
const GUESTS: usize = 8;
/// Between two bytes of a slow head or body.
const DRIP: Duration = Duration::from_millis(500);
const HEAD: &str = "GET /products HTTP/1.1\r\nHost: menu\r\nx-slow: ";
/// A sign-in, for which nobody needs a token.
const BODY: &str = "POST /token HTTP/1.1\r\nHost: menu\r\nContent-Length: 1000\r\n\r\n";

fn main() {
    let seconds = std::env::args().skip(1).find_map(|a| a.parse().ok()).unwrap_or(10);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(attack(Duration::from_secs(seconds)));
}

/// What the attackers came to.
#[derive(Default)]
struct Tally {
    cut_off: AtomicU64,
    judged: AtomicU64,
    put_off: AtomicU64,
}

async fn attack(time: Duration) {
    let data = tempfile::tempdir().unwrap();
    let mut up = Command::new(env!("CARGO_BIN_EXE_lanchonete"));
    up.arg("--data-dir").arg(data.path()).args(["-o", "json", "up", "--listen", "127.0.0.1:0"]).stderr(Stdio::null());
    let (_up, _) = start(&mut up);
    let (order, auth) = (url(data.path(), "order"), url(data.path(), "auth"));
    let menu = Ask::get("GET /products", vec![format!("{order}/products")], None);

    println!("{:<44}{:>10}{:>12}{:>12}{:>10}", "GET /products", "req/s", "median", "p99", "of idle");
    let idle = measure(&menu, GUESTS, time).await;
    row("idle", &idle, &idle);

    let tally = Arc::new(Tally::default());
    let mut attackers = JoinSet::new();
    let mut slow = async |service: &str, words, name: &str| {
        let address = service.trim_start_matches("http://").to_owned();
        for _ in 0..SLOW {
            attackers.spawn(drip(address.clone(), words, tally.clone()));
        }
        row(name, &measure(&menu, GUESTS, time).await, &idle);
    };
    slow(&order, HEAD, "1,000 slow connections").await;
    slow(&auth, BODY, "and 1,000 slow bodies").await;
    // One that is shared: to make a client takes longer than many a login. Each who waits has a connection of its own.
    let client = reqwest::Client::new();
    for number in 0..LOGINS {
        attackers.spawn(guess(client.clone(), auth.clone(), number, tally.clone()));
    }
    let both = measure(&menu, GUESTS, time).await;
    row("and 200 connections that try passwords", &both, &idle);
    attackers.shutdown().await;
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    println!(
        "slow connections cut off: {}; passwords judged: {}, put off with Retry-After: {}",
        count(&tally.cut_off),
        count(&tally.judged),
        count(&tally.put_off)
    );
    let after = measure(&menu, GUESTS, time).await;
    row("when they have gone", &after, &idle);
}

fn row(name: &str, measured: &Measured, idle: &Measured) {
    println!(
        "{name:<44}{:>10.0}{:>12}{:>12}{:>9.1}×",
        measured.per_second,
        format!("{:.2?}", measured.median),
        format!("{:.2?}", measured.p99),
        measured.p99.as_secs_f64() / idle.p99.as_secs_f64(),
    );
}

fn url(data: &Path, service: &str) -> String {
    let text = std::fs::read_to_string(data.join("credentials.json")).unwrap();
    let credentials: Value = serde_json::from_str(&text).unwrap();
    credentials["urls"][service].as_str().unwrap().to_owned()
}

/// A head or body that never ends, and another one when the server has enough of it.
async fn drip(address: String, words: &'static str, tally: Arc<Tally>) {
    loop {
        if let Ok(mut stream) = TcpStream::connect(&address).await {
            let (mut read, mut write) = stream.split();
            let send = async {
                let mut sent = write.write_all(words.as_bytes()).await;
                while sent.is_ok() {
                    tokio::time::sleep(DRIP).await;
                    sent = write.write_all(b"a").await;
                }
            };
            let mut answer = [0; 1024];
            tokio::select! {
                _ = read.read(&mut answer) => {}
                () = send => {}
            }
            tally.cut_off.fetch_add(1, Ordering::Relaxed);
        }
        tokio::time::sleep(DRIP).await;
    }
}

/// Passwords, one after the other, each attacker at an account of its own.
async fn guess(client: reqwest::Client, auth: String, number: usize, tally: Arc<Tally>) {
    let account = format!("pessoa{number}@example.com");
    loop {
        let form = [("username", account.as_str()), ("password", "correta-cavalo")];
        let Ok(answer) = client.post(format!("{auth}/token")).form(&form).send().await else {
            tokio::time::sleep(DRIP).await;
            continue;
        };
        let counter = if matches!(answer.status().as_u16(), 429 | 503) { &tally.put_off } else { &tally.judged };
        counter.fetch_add(1, Ordering::Relaxed);
        let _ = answer.bytes().await;
    }
}
