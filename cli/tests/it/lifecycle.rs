//! What becomes of money: each case is played on a running platform, and in the end the order, its history, its
//! payments, their logs and MercadoPago's double must tell the same story.
//!
//! The same table is played on one process, on separate ones and on MongoDB; its cases run at the same time.

mod cases;
mod deadline;
mod seen;
mod slow;
mod stage;

use testkit::mongo::{Kind, database};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::rush::Shop;
use crate::separate::Separate;
use crate::support::{ANYWHERE, Home, Running};
use stage::{Played, Stage};

/// One case: how it is played, and the story that is told afterwards, as [`seen::story`] writes it.
struct Case {
    name: &'static str,
    ends: &'static str,
    play: fn(Stage) -> Played,
}

/// Makes the table out of the names of the cases and what each leads to.
macro_rules! table {
    ($($name:ident => $ends:literal,)*) => {
        /// Every case, with how it ends.
        pub(super) const TABLE: &[crate::lifecycle::Case] = &[$(crate::lifecycle::Case {
            name: stringify!($name),
            ends: $ends,
            play: |stage| Box::pin($name(stage)),
        },)*];
    };
}
use table;

/// Plays all cases at once and reports every one that did not end as it should.
fn play(table: &'static [Case], home: &Home) {
    let runtime = Runtime::new().expect("a runtime");
    let failures = runtime.block_on(async {
        let shop = Shop::new(&home.credentials());
        let cashier = home.run(&["token", "issue", "--role", "cashier"]).out.trim().to_owned();
        let product = shop.kiosk().products(0, 1).await.expect("a menu").items[0].id;
        let mut playing = JoinSet::new();
        for case in table {
            let stage = Stage { shop: shop.clone(), cashier: cashier.clone(), product };
            playing.spawn(async move { (case.name, one(case, stage).await) });
        }
        playing.join_all().await.into_iter().filter_map(|(name, ended)| Some((name, ended.err()?))).collect::<Vec<_>>()
    });
    let told: Vec<String> = failures.iter().map(|(name, why)| format!("case {name}: {why}")).collect();
    assert!(told.is_empty(), "{} of {} cases:\n\n{}", told.len(), table.len(), told.join("\n\n"));
}

async fn one(case: &Case, stage: Stage) -> Result<(), String> {
    let order = (case.play)(stage.clone()).await.map_err(|error| format!("could not be played: {error}"))?;
    let expected: Vec<&str> = case.ends.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    seen::until(&stage, order, &expected.join("\n")).await
}

fn up(more: &[&str]) -> (Home, Running) {
    let home = Home::new();
    let running = home.start(&[&["up"], &ANYWHERE[..], more].concat());
    (home, running)
}

#[test]
fn in_one_process() {
    let (home, running) = up(&[]);
    play(cases::TABLE, &home);
    assert!(running.stop().0.success());
}

#[test]
fn as_separate_processes() {
    let separate = Separate::new("");
    let running = separate.start_all();
    play(cases::TABLE, &separate.home);
    assert!(running.into_iter().all(|running| running.stop().0.success()));
}

#[test]
fn on_mongodb() {
    let Some(url) = database(Kind::ReplicaSet) else { return };
    let (home, running) = up(&["--database", &url]);
    play(cases::TABLE, &home);
    assert!(running.stop().0.success());
}

#[test]
fn at_the_deadline() {
    let home = Home::new();
    let short = format!("[order]\nexpires_after = \"{}s\"\n", deadline::PAYABLE.as_secs());
    std::fs::write(home.path().join("lanchonete.toml"), short).expect("written");
    let running = home.up();
    play(deadline::TABLE, &home);
    assert!(running.stop().0.success());
}

#[test]
fn refunds_that_take_their_time() {
    let (home, running) = up(&[]);
    play(slow::TABLE, &home);
    assert!(running.stop().0.success());
}
