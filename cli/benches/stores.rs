//! What a store costs: orders a second on SQLite and on MongoDB with one and with two order processes, and the queue and
//! new orders beside a long history. All services are processes of their own; a genuine `mongod` comes from
//! `scripts/mongo`.
//!
//! ```text
//! cargo bench -p lanchonete --bench stores                 # 2 s a measurement, 1,000,000 finished orders
//! cargo bench -p lanchonete --bench stores -- 5 100000     # 5 s, 100,000
//! ```
//!
//! What is compared is measured in turn, several times, and the medians are put beside each other. Absolute numbers belong
//! to a machine and its mood, which the bare axum route shows: it is measured before every turn. The load and the database
//! server take their share of the same cores.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark talks to a person and may simply stop")]

mod history;
mod load;
mod shop;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use testkit::mongo::{Kind, Server};

use load::{Ask, Measured, bare, measure, serve_bare};
use shop::Shop;

const CONNECTIONS: usize = 16;
/// How often each is measured.
const TURNS: usize = 5;
/// Orders that the kitchen has before it while the queue is asked for.
const QUEUED: usize = 20;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    if arguments.iter().any(|a| a == "--bare") {
        return runtime.block_on(serve_bare());
    }
    let numbers: Vec<u32> = arguments.iter().filter_map(|a| a.parse().ok()).collect();
    let time = Duration::from_secs(numbers.first().copied().unwrap_or(2).into());
    let many = numbers.get(1).copied().unwrap_or(1_000_000);
    runtime.block_on(async {
        let server = Server::run(None, Kind::ReplicaSet, &[]).unwrap();
        let (_bare, url) = bare();
        let mut mood = Mood { bare: Ask::get("a bare axum route", vec![url], None), time, seen: Vec::new() };
        throughput(&server, &mut mood).await;
        beside_history(&server, &mut mood, many).await;
        mood.tell();
    });
}

/// How fast the machine is at the moment.
struct Mood {
    bare: Ask,
    time: Duration,
    seen: Vec<f64>,
}

impl Mood {
    async fn look(&mut self) {
        self.seen.push(measure(&self.bare, CONNECTIONS, self.time / 4).await.per_second);
    }

    fn tell(mut self) {
        self.seen.sort_by(f64::total_cmp);
        let (least, most) = (self.seen[0], self.seen[self.seen.len() - 1]);
        let median = self.seen[self.seen.len() / 2];
        println!("\nthe machine: a bare axum route answered {median:.0} a second, from {least:.0} to {most:.0}");
    }
}

/// Where a snack bar keeps its data.
struct Place {
    name: String,
    data: PathBuf,
    database: Option<String>,
}

impl Place {
    fn sqlite(data: &Path, name: &str) -> Self {
        Place { name: format!("SQLite{name}"), data: data.join(format!("sqlite{name}")), database: None }
    }

    fn mongo(data: &Path, server: &Server, name: &str, database: &str) -> Self {
        let database = Some(server.database(&format!("bench_{database}")));
        Place { name: format!("MongoDB{name}"), data: data.join(format!("mongo{name}")), database }
    }

    async fn open(&self, instances: usize) -> Shop {
        Shop::open(&self.data, self.database.as_deref(), instances).await
    }
}

/// What was measured of one thing, turn by turn.
#[derive(Default)]
struct Row(Vec<Measured>);

impl Row {
    fn median_of(&self, value: impl Fn(&Measured) -> f64) -> f64 {
        let mut all: Vec<f64> = self.0.iter().map(value).collect();
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    }

    fn per_second(&self) -> f64 {
        self.median_of(|measured| measured.per_second)
    }
}

/// New orders on each kind of store, each turn on new databases.
async fn throughput(server: &Server, mood: &mut Mood) {
    const SET_UPS: [(&str, usize); 3] =
        [("SQLite", 1), ("MongoDB, 1 order process", 1), ("MongoDB, 2 order processes", 2)];
    let mut rows = [(); 3].map(|()| [Row::default(), Row::default()]);
    for turn in 0..TURNS {
        mood.look().await;
        for (n, (name, instances)) in SET_UPS.into_iter().enumerate() {
            let data = testkit::temp_dir();
            let place = match name {
                "SQLite" => Place::sqlite(data.path(), ""),
                _ => Place::mongo(data.path(), server, "", &format!("{turn}_{n}")),
            };
            let shop = place.open(instances).await;
            for (row, ask) in rows[n].iter_mut().zip([shop.counter(), shop.pix()]) {
                row.0.push(measure(&ask, CONNECTIONS, mood.time).await);
            }
        }
    }
    println!("{:<28}{:>30}{:>38}", "", "counter", "Pix");
    println!(
        "{:<28}{:>10}{:>10}{:>10}{:>8}{:>10}{:>10}{:>10}{:>8}",
        "POST /orders", "req/s", "median", "p99", "ratio", "req/s", "median", "p99", "ratio"
    );
    for ((name, _), row) in SET_UPS.into_iter().zip(&rows) {
        print!("{name:<28}");
        for (row, first) in row.iter().zip(&rows[0]) {
            let millis = |value: f64| format!("{:.1} ms", 1000.0 * value);
            let (median, p99) = (row.median_of(|m| m.median.as_secs_f64()), row.median_of(|m| m.p99.as_secs_f64()));
            let ratio = row.per_second() / first.per_second();
            print!("{:>10.0}{:>10}{:>10}{ratio:>8.2}", row.per_second(), millis(median), millis(p99));
        }
        println!();
    }
}

/// The queue and new orders in a store that is empty, and in one that is not.
async fn beside_history(server: &Server, mood: &mut Mood, many: u32) {
    let data = testkit::temp_dir();
    let places = [
        [Place::sqlite(data.path(), ""), Place::sqlite(data.path(), ", full")],
        [Place::mongo(data.path(), server, "", "empty"), Place::mongo(data.path(), server, ", full", "full")],
    ];
    for place in places.iter().flatten() {
        let shop = place.open(1).await;
        for _ in 0..QUEUED {
            shop.moved_to("paid").await;
        }
        let like = shop.moved_to("delivered").await;
        drop(shop);
        if place.name.ends_with("full") {
            let start = Instant::now();
            match &place.database {
                None => history::load_sqlite(&place.data.join("order.db"), like, many).await,
                Some(url) => history::load_mongo(url, like, many).await,
            }
            println!("{}: {many} finished orders after {:.0?}", place.name, start.elapsed());
        }
    }
    println!("\n{:<34}{:>12}{:>12}{:>18}", "beside finished orders", "0", many, "time, to empty");
    for [empty, full] in &places {
        let mut rows = [(); 3].map(|()| [Row::default(), Row::default()]);
        let mut opened = [Vec::new(), Vec::new()];
        for _ in 0..TURNS {
            mood.look().await;
            for (n, place) in [empty, full].into_iter().enumerate() {
                let shop = place.open(1).await;
                opened[n].push(shop.opened_in.as_secs_f64());
                for (row, ask) in rows.iter_mut().zip([shop.queue(), shop.counter(), shop.pix()]) {
                    row[n].0.push(measure(&ask, CONNECTIONS, mood.time).await);
                }
            }
        }
        for (name, [empty_row, full_row]) in
            ["GET /orders/queue", "POST /orders, counter", "POST /orders, Pix"].iter().zip(&rows)
        {
            let (before, after) = (empty_row.per_second(), full_row.per_second());
            println!(
                "{:<34}{before:>10.0}/s{after:>10.0}/s{:>17.2}×",
                format!("{}, {name}", empty.name),
                before / after
            );
        }
        let [before, after] = opened.map(|mut all| {
            all.sort_by(f64::total_cmp);
            all[all.len() / 2]
        });
        println!(
            "{:<34}{:>9.0} ms{:>9.0} ms{:>17.2}×",
            format!("{}, start", empty.name),
            1e3 * before,
            1e3 * after,
            after / before
        );
    }
}
