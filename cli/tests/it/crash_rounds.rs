//! Sudden death, again and again: during a rehearsal one of the services, or all of them, is killed at some moment and
//! started again, more than once. Then everything has to come right, and the next round begins on the same stores.
//!
//! `LANCHONETE_TEST_CRASH_ROUNDS` sets how many rounds, `LANCHONETE_TEST_CRASH_SEED` repeats a run's schedule. What
//! happens is written to stderr.

use std::io::Write as _;
use std::time::{Duration, Instant};

use api::client::OrderFilter;
use testkit::mongo::{Kind, database};
use tokio::runtime::Runtime;

use crate::fleet::{number, roll};
use crate::rush::{Shop, insist, one_day};
use crate::separate::{SERVICES, Separate};
use crate::support::{Running, at};

/// Customers of one round, and over how many minutes.
const ORDERS: u64 = 40;
const MINUTES: &str = "0.1";
/// When somebody is killed, and how long nobody starts it again, in milliseconds.
const WITHIN: u64 = 6_000;
const AWAY: u64 = 1_500;

/// Somebody dies.
#[derive(Debug, PartialEq, Eq)]
struct Kill {
    /// Since the customers began to come, in milliseconds.
    at: u64,
    /// The place of a process in the list; nobody in particular is everybody.
    who: Option<usize>,
    /// Until it is started again, in milliseconds.
    away: u64,
}

/// What happens in a round: the seed decides it alone.
fn schedule(seed: u64, round: u64, processes: usize) -> Vec<Kill> {
    let mut n = round << 8;
    let mut below = |end: u64| {
        n += 1;
        roll(seed, n) % end
    };
    let many = 1 + below(3);
    let mut kills: Vec<Kill> = (0..many)
        .map(|_| {
            let who = usize::try_from(below(processes as u64 + 1)).ok().filter(|who| *who < processes);
            Kill { at: below(WITHIN), who, away: below(AWAY) }
        })
        .collect();
    kills.sort_by_key(|kill| kill.at);
    kills
}

#[test]
fn a_seed_decides_who_dies_when() {
    let first = schedule(7, 1, 4);
    assert_eq!(first, schedule(7, 1, 4));
    assert_ne!(first, schedule(7, 2, 4));
    assert_ne!(first, schedule(8, 1, 4));
    let dead: Vec<_> = (0..50).flat_map(|round| schedule(7, round, 4)).map(|kill| kill.who).collect();
    assert!([Some(0), Some(1), Some(2), Some(3), None].iter().all(|who| dead.contains(who)));
}

#[test]
fn four_processes_are_killed_again_and_again() {
    play("four processes", Separate::new(&format!("[log]\nlevel = \"error\"\n[order]\n{}", one_day())), true, 3);
}

#[test]
fn the_platform_in_one_process_is_killed_again_and_again() {
    play("one process", Separate::new(&format!("[order]\n{}", one_day())), false, 2);
}

#[test]
fn four_processes_on_mongodb_are_killed_again_and_again() {
    let runtime = Runtime::new().expect("a runtime");
    let Some(database) = runtime.block_on(async { database(Kind::ReplicaSet) }) else { return };
    let stores = format!("database = {database:?}\n");
    let order = format!("[order]\n{stores}{}", one_day());
    let configuration = format!("[log]\nlevel = \"error\"\n[auth]\n{stores}[payment]\n{stores}{order}");
    play("four processes on MongoDB", Separate::new(&configuration), true, 1);
}

/// Told to whoever watches, past the capture of the test harness.
fn say(what: std::fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stderr(), "crash: {what}");
}

/// Plays the rounds on one set of stores.
fn play(name: &str, separate: Separate, apart: bool, usual: u64) {
    let rounds = number("LANCHONETE_TEST_CRASH_ROUNDS").unwrap_or(usual);
    let seed = number("LANCHONETE_TEST_CRASH_SEED").unwrap_or_else(|| u64::from(uuid::Uuid::new_v4().as_fields().0));
    say(format_args!("{name}: {rounds} rounds of {ORDERS} orders, seed {seed}"));
    let mut platform = Platform::start(separate, apart);
    for round in 0..rounds {
        let kills = schedule(seed, round, platform.names.len());
        say(format_args!("{name}: round {round}: {}", platform.in_words(&kills)));
        let begun = Instant::now();
        platform.round(&kills, seed.wrapping_add(round));
        say(format_args!("{name}: round {round} came right after {:.1?}", begun.elapsed()));
    }
    let orders = platform.orders();
    assert_eq!(orders, (rounds * ORDERS).min(10_000), "every answered order is there and no other; seed {seed}");
    platform.stop();
}

/// The processes, by their names.
struct Platform {
    separate: Separate,
    names: Vec<&'static str>,
    running: Vec<Option<Running>>,
}

impl Platform {
    fn start(separate: Separate, apart: bool) -> Self {
        if !apart {
            let running = vec![Some(separate.up())];
            return Platform { separate, names: vec!["up"], running };
        }
        let running = separate.start_all().map(Some).into();
        Platform { separate, names: SERVICES.into(), running }
    }

    fn in_words(&self, kills: &[Kill]) -> String {
        let words = kills.iter().map(|Kill { at, who, away }| {
            format!("{} after {at} ms for {away} ms", who.map_or("all", |who| self.names[who]))
        });
        words.collect::<Vec<_>>().join(", ")
    }

    /// A rehearsal during which all of this happens, and which must end well.
    fn round(&mut self, kills: &[Kill], seed: u64) {
        let (orders, seed) = (ORDERS.to_string(), seed.to_string());
        let args = ["rehearse", "--orders", &orders, "--minutes", MINUTES, "--seed", &seed, "-o", "json"];
        let rehearsal = Running::start(self.separate.home.command(&args), "customers over");
        let begun = Instant::now();
        for kill in kills {
            // The moment is the point here: no condition stands for it.
            std::thread::sleep((begun + Duration::from_millis(kill.at)).saturating_duration_since(Instant::now()));
            let dead: Vec<usize> = kill.who.map_or_else(|| (0..self.names.len()).collect(), |who| vec![who]);
            for who in &dead {
                self.running[*who].take().expect("it runs").kill();
            }
            std::thread::sleep(Duration::from_millis(kill.away));
            for who in dead {
                let again =
                    if self.names[who] == "up" { self.separate.up() } else { self.separate.start(self.names[who]) };
                self.running[who] = Some(again);
            }
        }
        let done = rehearsal.finish();
        assert_eq!(done.code, 0, "seed {seed}: {}{}", done.err, done.out);
        let report: serde_json::Value = serde_json::from_str(&done.out).expect("one JSON object");
        assert_eq!(at(&report, "/orders"), orders, "every customer got an order");
        assert_eq!(at(&report, "/verify/violations_found"), "0", "{report}");
    }

    /// How many orders there are.
    fn orders(&self) -> u64 {
        let shop = Shop::new(&self.separate.home.credentials());
        let admin = shop.admin();
        let filter = OrderFilter { limit: Some(1), ..OrderFilter::default() };
        Runtime::new().expect("a runtime").block_on(insist(|| admin.orders(&filter))).total
    }

    fn stop(self) {
        for running in self.running.into_iter().flatten() {
            let (ended, _) = running.stop();
            assert!(ended.success(), "{ended}");
        }
    }
}
