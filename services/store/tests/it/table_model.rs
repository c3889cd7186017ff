//! Any interleaving of putting, leasing, completing and waiting keeps the order and loses nothing.

use std::collections::HashMap;
use std::time::Duration;

use domain::{EntryId, Timestamp};
use proptest::prelude::*;
use rusqlite::Connection;
use serde_json::json;
use store::{NewWork, Work, WorkTable};

use crate::support::{OUTBOX, T0};

const LEASE: Duration = Duration::from_secs(30);

#[derive(Debug, Clone)]
enum Step {
    Put(u8),
    Claim(usize),
    Done(usize),
    Retry(usize, u64),
    Bury(usize),
    Replay,
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0u8..4).prop_map(Step::Put),
        3 => (1usize..4).prop_map(Step::Claim),
        3 => (0usize..8).prop_map(Step::Done),
        1 => (0usize..8, 0u64..10).prop_map(|(n, wait)| Step::Retry(n, wait)),
        1 => (0usize..8).prop_map(Step::Bury),
        1 => Just(Step::Replay),
        2 => (1u64..40).prop_map(Step::Wait),
    ]
}

struct World {
    c: Connection,
    now: Timestamp,
    put: HashMap<String, Vec<EntryId>>,
    done: HashMap<String, Vec<EntryId>>,
    /// Every lease ever given, with its end.
    given: Vec<(Work, Timestamp)>,
}

impl World {
    fn new() -> Self {
        let c = Connection::open_in_memory().unwrap();
        c.execute_batch(&WorkTable::create_sql("outbox")).unwrap();
        World { c, now: T0, put: HashMap::new(), done: HashMap::new(), given: Vec::new() }
    }

    fn claim(&mut self, limit: usize) -> usize {
        let works = OUTBOX.claim(&self.c, self.now, LEASE, limit).unwrap();
        let many = works.len();
        assert!(many <= limit);
        for work in works {
            let held = self.given.iter().filter(|(other, end)| other.aggregate == work.aggregate && *end > self.now);
            assert!(held.count() == 0, "two hold one aggregate");
            let next = self.done.get(&work.aggregate).map_or(0, Vec::len);
            assert_eq!(self.put[&work.aggregate][next], work.id, "out of order");
            self.given.push((work, self.now.plus(LEASE)));
        }
        many
    }

    /// Completes with some lease ever given, valid or stale; only the last one given for an entry may succeed.
    fn complete(&mut self, n: usize, complete: impl Fn(&World, &Work) -> bool) -> Option<Work> {
        let at = n.checked_rem(self.given.len())?;
        let work = self.given[at].0.clone();
        let newest = !self.given[at + 1..].iter().any(|(other, _)| other.id == work.id);
        let ours = complete(self, &work);
        assert!(newest || !ours, "a stale lease completed");
        if ours {
            self.given[at].1 = self.now;
        }
        ours.then_some(work)
    }

    fn finish(&mut self, n: usize) {
        if let Some(work) = self.complete(n, |world, work| OUTBOX.done(&world.c, work.id, &work.lease).unwrap()) {
            self.done.entry(work.aggregate).or_default().push(work.id);
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Put(aggregate) => {
                let work = NewWork::new(aggregate, "step", json!(null), self.now);
                self.put.entry(work.aggregate.clone()).or_default().push(work.id);
                OUTBOX.put(&self.c, work, self.now).unwrap();
            }
            Step::Claim(limit) => {
                self.claim(limit);
            }
            Step::Done(n) => self.finish(n),
            Step::Retry(n, wait) => {
                let due = self.now.plus(Duration::from_secs(wait));
                self.complete(n, |world, work| OUTBOX.retry(&world.c, work.id, &work.lease, due, "no").unwrap());
            }
            Step::Bury(n) => {
                self.complete(n, |world, work| OUTBOX.bury(&world.c, work.id, &work.lease, "never").unwrap());
            }
            Step::Replay => {
                OUTBOX.replay(&self.c, None, self.now).unwrap();
            }
            Step::Wait(seconds) => self.now = self.now.plus(Duration::from_secs(seconds)),
        }
    }
}

proptest! {
    #[test]
    fn order_is_kept_and_nothing_is_lost(steps in prop::collection::vec(step(), 0..80)) {
        let mut world = World::new();
        for step in steps {
            world.take(step);
        }
        // Let every lease and wait run out, open the dead letters, and do what is left.
        world.now = world.now.plus(Duration::from_secs(60));
        OUTBOX.replay(&world.c, None, world.now).unwrap();
        while world.claim(3) > 0 {
            for n in 0..world.given.len() {
                world.finish(n);
            }
        }
        prop_assert_eq!(OUTBOX.counts(&world.c).unwrap().open, 0);
        prop_assert_eq!(world.put, world.done);
    }
}
