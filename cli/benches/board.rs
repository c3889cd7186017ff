//! What a board costs: how long from an approved payment to the card on the screen, what an idle board costs the order
//! service, and how much memory the board takes with 1,000 open orders. The board is the real program in a terminal of
//! tmux, the services are processes of their own; Linux only.
//!
//! ```text
//! cargo bench -p lanchonete --bench board
//! ```

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark talks to a person and may simply stop")]

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mercadopago::control::{Control, Move};
use serde_json::{Value, json};

/// How many payments are watched.
const PAYMENTS: u32 = 31;
/// How long the order service is watched.
const IDLE: Duration = Duration::from_secs(30);
/// The longest that anything may take.
const PATIENCE: Duration = Duration::from_secs(60);
const OPEN: usize = 1000;

fn main() {
    let data = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(measure(data.path()));
}

async fn measure(data: &Path) {
    let shop = Shop::open(data).await;
    let board = Board::open(data, 120, 40);
    board.until("ao vivo").await;
    let mut times = Vec::new();
    for round in 0..PAYMENTS {
        times.push(shop.approval_to_card(&board, round).await);
    }
    times.sort();
    let (median, most) = (times[times.len() / 2], times[times.len() - 1]);
    println!("from an approved payment to its card, {PAYMENTS} times: median {median:.0?}, at most {most:.0?}");

    shop.fill().await;
    board.until(&format!("RECEBIDO {OPEN}")).await;
    drop(board);
    let alone = shop.idle().await;
    let board = Board::open(data, 200, 50);
    board.until(&format!("RECEBIDO {OPEN}")).await;
    let before = shop.answers().await;
    let watched = shop.idle().await;
    let after = shop.answers().await;
    println!("the order service for {IDLE:.0?} with {OPEN} open orders: {alone:.3} % of a core without a board");
    println!("with an idle board: {watched:.3} %; answers 200: {}, 304: {}", after.0 - before.0, after.1 - before.1);
    println!("the board with {OPEN} open orders: {}", memory(&board.pid()));
}

/// A program that ends with the benchmark.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn lanchonete(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lanchonete"));
    command.arg("--data-dir").arg(data).stderr(Stdio::null());
    command
}

/// The four services.
struct Shop {
    /// The order service last.
    running: Vec<Program>,
    client: reqwest::Client,
    credentials: Value,
    product: Value,
}

impl Shop {
    async fn open(data: &Path) -> Self {
        let listeners = [(); 4].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let places = listeners.map(|listener| listener.local_addr().unwrap().to_string());
        let names = ["auth", "sandbox", "payment", "order"];
        let urls: Vec<String> =
            names.iter().zip(&places).map(|(name, place)| format!("--{name}-url=http://{place}")).collect();
        let serve = |(name, place): (&&str, &String)| {
            let mut command = lanchonete(data);
            command.args(["-o", "json", "serve", name, "--listen", place]).args(&urls);
            let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
            let mut line = String::new();
            BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
            Program(child)
        };
        let running = names.iter().zip(&places).map(serve).collect();
        assert!(lanchonete(data).arg("seed").stdout(Stdio::null()).status().unwrap().success());
        let text = std::fs::read_to_string(data.join("credentials.json")).unwrap();
        let mut shop = Shop {
            running,
            client: reqwest::Client::new(),
            credentials: serde_json::from_str(&text).unwrap(),
            product: Value::Null,
        };
        let products = shop.client.get(shop.url("order", "/products?limit=1")).send().await.unwrap();
        shop.product = products.json::<Value>().await.unwrap()[0]["id"].clone();
        shop
    }

    fn url(&self, service: &str, path: &str) -> String {
        format!("{}{path}", self.credentials["urls"][service].as_str().unwrap())
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Value {
        let admin = self.credentials["tokens"]["admin"].as_str().unwrap();
        let answer = request.bearer_auth(admin).send().await.unwrap();
        answer.error_for_status().unwrap().json().await.unwrap()
    }

    async fn place(&self, method: &str) -> Value {
        let body = json!({ "payment_method": method, "pickup_name": "Maria", "order_items": [
            { "product_id": self.product, "quantity": 2, "comment": "metade sem picles, o molho à parte, por favor" },
            { "product_id": self.product, "quantity": 1 },
        ]});
        self.send(self.client.post(self.url("order", "/orders")).json(&body)).await
    }

    async fn step(&self, order: &Value, status: &str) {
        let path = format!("/orders/{}", order["id"].as_str().unwrap());
        self.send(self.client.patch(self.url("order", &path)).json(&json!({ "status": status }))).await;
    }

    /// How long from the moment at which the sandbox is told that a charge is approved until the board has its card.
    async fn approval_to_card(&self, board: &Board, round: u32) -> Duration {
        let order = self.place("pix").await;
        let url = self.credentials["urls"]["sandbox"].as_str().unwrap().parse().unwrap();
        let sandbox = Control::new(url, PATIENCE).unwrap();
        let [charge] = &sandbox.payments(order["payment_id"].as_str().unwrap()).await.unwrap()[..] else { panic!() };
        // A payment comes at any moment between two questions of the board.
        tokio::time::sleep(Duration::from_millis(u64::from(round * 379 % 1200))).await;
        let approved = Instant::now();
        sandbox.move_payment(&charge.id, &Move::to("approved")).await.unwrap();
        board.until(&format!("nº {} ", order["number"])).await;
        let took = approved.elapsed();
        for status in ["preparing", "ready_for_pickup", "delivered"] {
            self.step(&order, status).await;
        }
        took
    }

    async fn fill(&self) {
        for _ in 0..OPEN {
            let order = self.place("counter").await;
            self.step(&order, "paid").await;
        }
    }

    /// The share of a core that the order service takes, in percent.
    async fn idle(&self) -> f64 {
        // What the last request left to do is done.
        tokio::time::sleep(Duration::from_secs(3)).await;
        let pid = self.running[3].0.id();
        let (begin, before) = (Instant::now(), busy(pid));
        tokio::time::sleep(IDLE).await;
        100.0 * (busy(pid) - before).as_secs_f64() / begin.elapsed().as_secs_f64()
    }

    /// How often the queue was answered with 200 and with 304.
    async fn answers(&self) -> (u64, u64) {
        let answer = self.client.get(self.url("order", "/metrics")).send().await.unwrap();
        let text = answer.text().await.unwrap();
        let count = |status: &str| {
            let of = |line: &&str| {
                line.contains("_seconds_count{") && line.contains("/orders/queue\"") && line.contains(status)
            };
            text.lines().filter(of).filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
        };
        (count("\"200\""), count("\"304\""))
    }
}

/// How long all threads of a process were on a core (proc(5), the first number of `schedstat`, in nanoseconds).
fn busy(pid: u32) -> Duration {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let of = |thread: std::fs::DirEntry| {
        let text = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    };
    Duration::from_nanos(threads.filter_map(|thread| of(thread.ok()?)).sum())
}

/// What a process has in memory, in words of proc(5).
fn memory(pid: &str) -> String {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let wanted = ["VmHWM", "VmRSS", "RssAnon", "RssFile", "Threads"];
    let lines = status.lines().filter(|line| wanted.iter().any(|name| line.starts_with(name)));
    lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>().join(", ")
}

/// The board in a terminal.
struct Board {
    place: PathBuf,
    _directory: tempfile::TempDir,
}

impl Board {
    fn open(data: &Path, columns: u16, rows: u16) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let board = Board { place: directory.path().join("tmux"), _directory: directory };
        let mut tmux = board.tmux();
        tmux.args(["-f", "/dev/null", "new-session", "-d", "-x", &columns.to_string(), "-y", &rows.to_string()]);
        tmux.arg(env!("CARGO_BIN_EXE_lanchonete")).arg("--data-dir").arg(data).args(["board", "--interval", "1s"]);
        assert!(tmux.env("LC_ALL", "C.UTF-8").status().unwrap().success());
        board
    }

    fn tmux(&self) -> Command {
        let mut tmux = Command::new("tmux");
        tmux.arg("-u").arg("-S").arg(&self.place).env_remove("TMUX").stdin(Stdio::null());
        tmux
    }

    fn ask(&self, args: &[&str]) -> String {
        String::from_utf8(self.tmux().args(args).output().unwrap().stdout).unwrap()
    }

    fn pid(&self) -> String {
        self.ask(&["display-message", "-p", "#{pane_pid}"]).trim().to_owned()
    }

    /// Waits until this is on the screen.
    async fn until(&self, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let screen = self.ask(&["capture-pane", "-p"]);
            if screen.contains(text) {
                return;
            }
            assert!(Instant::now() < deadline, "no {text:?} on\n{screen}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        let _ = self.tmux().arg("kill-server").status();
    }
}
