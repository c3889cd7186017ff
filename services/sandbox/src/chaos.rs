//! What goes wrong on purpose, decided. The decisions are hashes and not draws from a sequence, so that they do not
//! depend on how requests interleave.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_lc_rs::digest::{Context, SHA256};
use mercadopago::control::{Chaos, ChaosDone, ChaosReport};

/// Of so many things it is known how often they were decided on, in about 4 MB; then the count begins anew.
const REMEMBERED: usize = 1 << 17;

/// The chaos in force, with its counters.
pub(crate) struct Engine {
    chaos: Chaos,
    calm: bool,
    counted: Mutex<Counted>,
}

#[derive(Default)]
struct Counted {
    /// How often each thing was decided on, by the hash of its kind and key.
    ordinals: HashMap<u64, u32>,
    done: ChaosDone,
}

/// What becomes of one notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fate {
    /// It never arrives, nor does a copy.
    pub(crate) lost: bool,
    /// A forged one travels too.
    pub(crate) forged: bool,
    /// The older one arrives behind it.
    pub(crate) reordered: bool,
    /// How long it and each of its copies wait; the first is its own.
    pub(crate) waits: Vec<Duration>,
}

/// How a request fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    RateLimited,
    ServerError,
    Locked,
    BadGateway,
    TimeoutBeforeCommit,
    TimeoutAfterCommit,
}

impl Engine {
    /// Draws a seed if there is none.
    pub(crate) fn new(chaos: Chaos) -> Self {
        Engine { chaos: chaos.seeded(), calm: chaos.is_calm(), counted: Mutex::default() }
    }

    pub(crate) fn report(&self) -> ChaosReport {
        ChaosReport { chaos: self.chaos, done: self.counted().done }
    }

    /// Decides on the next notification about this; `older` says whether there is one that could arrive behind it.
    pub(crate) fn notification(&self, about: &str, older: bool) -> Fate {
        if self.calm {
            return Fate { lost: false, forged: false, reordered: false, waits: vec![Duration::ZERO] };
        }
        let chaos = &self.chaos;
        let dice = self.dice("notification", about);
        let lost = dice.hits("drop", chaos.drop);
        let copies =
            if dice.hits("duplicate", chaos.duplicate) { dice.up_to("copies", chaos.max_copies.into()) } else { 0 };
        let wait = |copy: u64| {
            let late = dice.hits(&format!("delay {copy}"), chaos.delay);
            if late { dice.up_to(&format!("wait {copy}"), chaos.max_delay_ms) } else { 0 }
        };
        let waits = if lost { Vec::new() } else { (0..=copies).map(wait).collect() };
        let fate = Fate {
            lost,
            forged: dice.hits("forge", chaos.forge),
            reordered: !lost && older && dice.hits("reorder", chaos.reorder),
            waits: waits.into_iter().map(Duration::from_millis).collect(),
        };
        self.count_fate(&fate);
        fate
    }

    fn count_fate(&self, fate: &Fate) {
        let done = &mut self.counted().done;
        let copies = fate.waits.len().saturating_sub(1) as u64;
        done.notifications += 1;
        done.dropped += u64::from(fate.lost);
        done.duplicated += u64::from(copies > 0);
        done.copies += copies;
        done.reordered += u64::from(fate.reordered);
        done.forged += u64::from(fate.forged);
        done.delayed += fate.waits.iter().filter(|wait| !wait.is_zero()).count() as u64;
    }

    /// Decides whether the next request with this key fails. The shares are cut from one draw, so that they add up.
    pub(crate) fn request(&self, key: &str) -> Option<Failure> {
        if self.calm {
            return None;
        }
        let chaos = &self.chaos;
        let shares = [
            (Failure::RateLimited, chaos.rate_limited),
            (Failure::ServerError, chaos.server_error),
            (Failure::Locked, chaos.locked),
            (Failure::BadGateway, chaos.bad_gateway),
            (Failure::TimeoutBeforeCommit, chaos.timeout_before_commit),
            (Failure::TimeoutAfterCommit, chaos.timeout_after_commit),
        ];
        let mut drawn = self.dice("request", key).draw("failure");
        let mut hits = |share: f64| {
            let hit = (0.0..share).contains(&drawn);
            drawn -= share;
            hit
        };
        let failure = shares.into_iter().find(|(_, share)| hits(*share)).map(|(failure, _)| failure);
        let done = &mut self.counted().done;
        done.requests += 1;
        match failure {
            Some(Failure::RateLimited) => done.rate_limited += 1,
            Some(Failure::ServerError) => done.server_error += 1,
            Some(Failure::Locked) => done.locked += 1,
            Some(Failure::BadGateway) => done.bad_gateway += 1,
            Some(Failure::TimeoutBeforeCommit) => done.timeout_before_commit += 1,
            Some(Failure::TimeoutAfterCommit) => done.timeout_after_commit += 1,
            None => {}
        }
        failure
    }

    /// Decides whether the next refund of this takes its time.
    pub(crate) fn slow_refund(&self, about: &str) -> bool {
        let slow = !self.calm && self.dice("refund", about).hits("slow", self.chaos.refunds_in_process);
        self.counted().done.refunds_in_process += u64::from(slow);
        slow
    }

    /// How long such a refund takes; `None`: until somebody says.
    pub(crate) fn refund_settles(&self) -> Option<Duration> {
        self.chaos.refund_settles_ms.map(Duration::from_millis)
    }

    fn dice(&self, kind: &'static str, key: &str) -> Dice {
        let thing = hash(&[kind.as_bytes(), key.as_bytes()]);
        let mut counted = self.counted();
        if counted.ordinals.len() >= REMEMBERED && !counted.ordinals.contains_key(&thing) {
            counted.ordinals.clear();
        }
        let ordinal = counted.ordinals.entry(thing).or_default();
        *ordinal = ordinal.wrapping_add(1);
        Dice { seed: self.chaos.seed.unwrap_or_default(), thing, ordinal: *ordinal }
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The draws for one decision, each named.
struct Dice {
    seed: u64,
    thing: u64,
    ordinal: u32,
}

impl Dice {
    fn bits(&self, what: &str) -> u64 {
        hash(&[&self.seed.to_be_bytes(), &self.thing.to_be_bytes(), &self.ordinal.to_be_bytes(), what.as_bytes()])
    }

    /// From 0 to below 1: the 53 bits that an `f64` holds exactly.
    fn draw(&self, what: &str) -> f64 {
        (self.bits(what) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn hits(&self, what: &str, share: f64) -> bool {
        self.draw(what) < share
    }

    /// From 1 to `most`, each as likely.
    fn up_to(&self, what: &str, most: u64) -> u64 {
        1 + self.bits(what) % most.max(1)
    }
}

/// The first 64 bits of SHA-256 over the parts, each with its length before it: the same on every machine and with every
/// compiler.
fn hash(parts: &[&[u8]]) -> u64 {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    context.finish().as_ref().iter().take(8).fold(0, |bits, byte| bits << 8 | u64::from(*byte))
}
