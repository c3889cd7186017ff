//! Whether the time of a refused login tells who has an account: a wrong password for people who are known beside the
//! same for people who are not, by e-mail and by CPF, in turn on one connection.
//!
//! ```text
//! cargo bench -p lanchonete --bench login              # 100 people of each kind
//! cargo bench -p lanchonete --bench login -- 400
//! ```

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark talks to a person and may simply stop")]

#[allow(dead_code, reason = "the other benchmarks use the rest")]
mod load;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use domain::Cpf;
use reqwest::Client;
use serde_json::{Value, json};

use load::start;

/// Wrong passwords that an account may take before it has to wait.
const TRIES: usize = 4;
const NAMES: [&str; 4] = ["e-mail, known", "e-mail, unknown", "CPF, known", "CPF, unknown"];

fn main() {
    let people = std::env::args().skip(1).find_map(|a| a.parse().ok()).unwrap_or(100);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(compare(people));
}

async fn compare(people: usize) {
    let data = tempfile::tempdir().unwrap();
    let mut up = Command::new(env!("CARGO_BIN_EXE_lanchonete"));
    up.arg("--data-dir").arg(data.path()).args(["-o", "json", "up", "--listen", "127.0.0.1:0"]);
    up.env("LANCHONETE_AUTH_THROTTLE_ADDRESS_TRIES", "0").stderr(Stdio::null());
    let (_up, _) = start(&mut up);
    let (client, auth) = (Client::new(), auth(data.path()));
    for person in 0..people {
        register(&client, &auth, person).await;
    }

    let mut taken: [Vec<Duration>; 4] = Default::default();
    for round in 0..TRIES * people {
        // Two known names of one person share their tries.
        let person = round % people;
        let (known, unknown) = (person, people + person);
        let names = if round / people < TRIES / 2 {
            [(0, email(known)), (1, email(unknown))]
        } else {
            [(2, cpf(known)), (3, cpf(unknown))]
        };
        for (row, name) in names {
            let began = Instant::now();
            refused(&client, &auth, &name).await;
            taken[row].push(began.elapsed());
        }
    }

    println!("{:<20}{:>8}{:>12}{:>12}{:>12}{:>12}", "wrong password", "tries", "p10", "median", "p90", "of known");
    for (row, name) in NAMES.iter().enumerate() {
        taken[row].sort_unstable();
        let at = |row: usize, share: f64| taken[row][((taken[row].len() - 1) as f64 * share) as usize];
        let known = at(row - row % 2, 0.5);
        println!(
            "{name:<20}{:>8}{:>12}{:>12}{:>12}{:>11.3}×",
            taken[row].len(),
            format!("{:.2?}", at(row, 0.1)),
            format!("{:.2?}", at(row, 0.5)),
            format!("{:.2?}", at(row, 0.9)),
            at(row, 0.5).as_secs_f64() / known.as_secs_f64(),
        );
    }
}

/// Where auth is, and a token that may register people.
fn auth(data: &Path) -> (String, String) {
    let text = std::fs::read_to_string(data.join("credentials.json")).unwrap();
    let kept: Value = serde_json::from_str(&text).unwrap();
    let text = |section: &str, key: &str| kept[section][key].as_str().unwrap().to_owned();
    (text("urls", "auth"), text("tokens", "kiosk"))
}

fn email(person: usize) -> String {
    format!("pessoa{person}@example.com")
}

/// Made up, with check digits that hold.
fn cpf(person: usize) -> String {
    let fits = |check: &u32| format!("{:09}{check:02}", 900_000_000 + person).parse::<Cpf>().is_ok();
    format!("{:09}{:02}", 900_000_000 + person, (0..100).find(fits).unwrap())
}

async fn register(client: &Client, (auth, kiosk): &(String, String), person: usize) {
    let body = json!({
        "name": "Pessoa", "email": email(person), "cpf": cpf(person), "password": "correta-cavalo-bateria",
    });
    let answer = client.post(format!("{auth}/customer/register")).bearer_auth(kiosk).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 201);
}

async fn refused(client: &Client, (auth, _): &(String, String), name: &str) {
    let form = [("username", name), ("password", "errada-cavalo-bateria")];
    let answer = client.post(format!("{auth}/token")).form(&form).send().await.unwrap();
    assert_eq!(answer.status(), 400);
    answer.bytes().await.unwrap();
}
