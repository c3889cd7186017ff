//! A snack bar whose services run in processes of their own, as they do where one machine is not enough.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use domain::OrderId;
use serde_json::{Value, json};

use crate::load::{Ask, Running, start};

/// The longest that the processes may take to find each other.
const PATIENCE: Duration = Duration::from_secs(120);

/// The processes, and what is needed to order there.
pub(crate) struct Shop {
    /// Where each instance of the order service is.
    orders: Vec<String>,
    tokens: Value,
    products: Value,
    client: reqwest::Client,
    /// How long the order service took to open its store and answer.
    pub(crate) opened_in: Duration,
    /// The order service first: the others still answer while it ends.
    _running: Vec<Running>,
}

fn command(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lanchonete"));
    command.arg("--data-dir").arg(data).stderr(Stdio::null());
    command
}

/// Ports that are free now.
fn addresses(many: usize) -> Vec<String> {
    let listeners: Vec<TcpListener> = (0..many).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    listeners.iter().map(|listener| listener.local_addr().unwrap().to_string()).collect()
}

impl Shop {
    /// On SQLite in the data directory, or on the MongoDB database named; with so many instances of the order service.
    pub(crate) async fn open(data: &Path, database: Option<&str>, instances: usize) -> Self {
        let addresses = addresses(3 + instances);
        let mut places = vec!["-o".to_owned(), "json".to_owned()];
        for (service, address) in ["auth", "payment", "sandbox", "order"].into_iter().zip(&addresses) {
            places.push(format!("--{service}-url=http://{address}"));
        }
        let serve = |service: &str, address: &str| {
            let mut serve = command(data);
            serve.args(["serve", service, "--listen", address]).args(&places);
            if service != "sandbox" {
                serve.args(database.map(|url| format!("--database={url}")));
            }
            start(&mut serve).0
        };
        let mut running: Vec<Running> =
            ["auth", "payment", "sandbox"].iter().zip(&addresses).map(|(name, address)| serve(name, address)).collect();
        let opening = Instant::now();
        let orders: Vec<Running> = addresses[3..].iter().map(|address| serve("order", address)).collect();
        let opened_in = opening.elapsed() / u32::try_from(instances).unwrap();
        running.splice(0..0, orders);
        assert!(command(data).arg("seed").stdout(Stdio::null()).status().unwrap().success());

        let text = std::fs::read_to_string(data.join("credentials.json")).unwrap();
        let tokens = serde_json::from_str::<Value>(&text).unwrap()["tokens"].clone();
        let orders: Vec<String> = addresses[3..].iter().map(|address| format!("http://{address}")).collect();
        let client = reqwest::Client::new();
        let mut products = Value::Null;
        for url in orders.iter().chain([&format!("http://{}", addresses[1])]) {
            ready(&client, url).await;
        }
        for url in &orders {
            products = full_menu(&client, url).await;
        }
        Shop { orders, tokens, products, client, opened_in, _running: running }
    }

    fn token(&self, role: &str) -> Option<String> {
        self.tokens[role].as_str().map(str::to_owned)
    }

    fn urls(&self, path: &str) -> Vec<String> {
        self.orders.iter().map(|order| format!("{order}{path}")).collect()
    }

    fn body(&self, method: &str) -> Value {
        json!({ "payment_method": method, "order_items": [
            {"product_id": self.products[0]["id"], "quantity": 2, "comment": "sem cebola"},
            {"product_id": self.products[1]["id"], "quantity": 1},
        ]})
    }

    /// An order to be paid at the counter: nobody but the order service is asked.
    pub(crate) fn counter(&self) -> Ask {
        Ask::post("POST /orders, counter", self.urls("/orders"), self.token("kiosk"), self.body("counter"))
    }

    /// An order whose answer waits for its charge.
    pub(crate) fn pix(&self) -> Ask {
        Ask::post("POST /orders, Pix", self.urls("/orders"), self.token("kiosk"), self.body("pix"))
    }

    /// The kitchen's queue.
    pub(crate) fn queue(&self) -> Ask {
        Ask::get("GET /orders/queue", self.urls("/orders/queue"), self.token("kitchen"))
    }

    /// An order that was paid in cash and went so far.
    pub(crate) async fn moved_to(&self, last: &str) -> OrderId {
        let admin = self.token("admin").unwrap();
        let url = &self.urls("/orders")[0];
        let placed = self.client.post(url).json(&self.body("counter")).bearer_auth(&admin).send().await.unwrap();
        let placed: Value = placed.error_for_status().unwrap().json().await.unwrap();
        let id = placed["id"].as_str().unwrap();
        for status in ["paid", "preparing", "ready_for_pickup", "delivered"] {
            let patch = self.client.patch(format!("{url}/{id}")).json(&json!({ "status": status }));
            patch.bearer_auth(&admin).send().await.unwrap().error_for_status().unwrap();
            if status == last {
                break;
            }
        }
        id.parse().unwrap()
    }
}

async fn ready(client: &reqwest::Client, url: &str) {
    let deadline = Instant::now() + PATIENCE;
    while !client.get(format!("{url}/ready")).send().await.is_ok_and(|answer| answer.status().is_success()) {
        assert!(Instant::now() < deadline, "{url} is not ready");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The first products, once an instance knows the whole menu.
async fn full_menu(client: &reqwest::Client, url: &str) -> Value {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = client.get(format!("{url}/products?limit=2")).send().await.unwrap();
        if answer.headers()["x-total-count"].to_str().unwrap().parse::<u32>().unwrap() >= 20 {
            return answer.json().await.unwrap();
        }
        assert!(Instant::now() < deadline, "{url} has no menu");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
