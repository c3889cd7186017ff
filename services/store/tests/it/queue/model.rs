//! Any interleaving of putting, leasing, completing and waiting keeps the order and loses nothing.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use domain::{EntryId, Timestamp};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::json;
use store::{Dead, NewWork, StoreResult, Work};

use super::back_ends;
use super::{LEASE, Queue};
use crate::mongo::server::Kind;
use crate::support::T0;

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
    queue: Arc<dyn Queue>,
    now: Timestamp,
    put: HashMap<String, Vec<EntryId>>,
    done: HashMap<String, Vec<EntryId>>,
    /// Every lease ever given, with its end.
    given: Vec<(Work, Timestamp)>,
}

impl World {
    fn new(queue: Arc<dyn Queue>) -> Self {
        World { queue, now: T0, put: HashMap::new(), done: HashMap::new(), given: Vec::new() }
    }

    async fn claim(&mut self, limit: usize) -> usize {
        let works = self.queue.claim(self.now, LEASE, limit).await.unwrap();
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
    async fn complete(
        &mut self,
        n: usize,
        complete: impl AsyncFn(&dyn Queue, &Work) -> StoreResult<bool>,
    ) -> Option<Work> {
        let at = n.checked_rem(self.given.len())?;
        let work = self.given[at].0.clone();
        let newest = !self.given[at + 1..].iter().any(|(other, _)| other.id == work.id);
        let ours = complete(&*self.queue, &work).await.unwrap();
        assert!(newest || !ours, "a stale lease completed");
        if ours {
            self.given[at].1 = self.now;
        }
        ours.then_some(work)
    }

    async fn finish(&mut self, n: usize) {
        if let Some(work) = self.complete(n, async |queue, work| queue.done(work).await).await {
            self.done.entry(work.aggregate).or_default().push(work.id);
        }
    }

    async fn take(&mut self, step: Step) {
        match step {
            Step::Put(aggregate) => {
                let work = NewWork::new(aggregate, "step", json!(null), self.now);
                self.put.entry(work.aggregate.clone()).or_default().push(work.id);
                self.queue.put(work, self.now).await;
            }
            Step::Claim(limit) => {
                self.claim(limit).await;
            }
            Step::Done(n) => self.finish(n).await,
            Step::Retry(n, wait) => {
                let due = self.now.plus(Duration::from_secs(wait));
                self.complete(n, async |queue, work| queue.retry(work, due, "no").await).await;
            }
            Step::Bury(n) => {
                self.complete(n, async |queue, work| queue.bury(work, "never").await).await;
            }
            Step::Replay => {
                self.queue.replay(&Dead::All, self.now).await.unwrap();
            }
            Step::Wait(seconds) => self.now = self.now.plus(Duration::from_secs(seconds)),
        }
    }
}

async fn order_is_kept_and_nothing_is_lost(queue: Arc<dyn Queue>, steps: Vec<Step>) {
    let mut world = World::new(queue);
    for step in steps {
        world.take(step).await;
    }
    // Let every lease and wait run out, open the dead letters, and do what is left.
    world.now = world.now.plus(Duration::from_secs(60));
    world.queue.replay(&Dead::All, world.now).await.unwrap();
    while world.claim(3).await > 0 {
        for n in 0..world.given.len() {
            world.finish(n).await;
        }
    }
    assert_eq!(world.queue.counts().await.open, 0);
    assert_eq!(world.put, world.done);
}

fn for_any_steps(cases: u32, case: impl Fn(Vec<Step>)) {
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let steps = prop::collection::vec(step(), 0..80);
    TestRunner::new(config)
        .run(&steps, |steps| {
            case(steps);
            Ok(())
        })
        .unwrap();
}

#[test]
fn sqlite_keeps_the_order_and_loses_nothing() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for_any_steps(256, |steps| runtime.block_on(order_is_kept_and_nothing_is_lost(back_ends::sqlite(), steps)));
}

fn on_mongo(kind: Kind) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // Each step is a durable write: fewer cases than in memory.
    for_any_steps(16, |steps| {
        runtime.block_on(back_ends::outbox(kind, async |queue| order_is_kept_and_nothing_is_lost(queue, steps).await));
    });
}

#[test]
fn mongo_standalone_keeps_the_order_and_loses_nothing() {
    on_mongo(Kind::Standalone);
}

#[test]
fn mongo_replica_set_keeps_the_order_and_loses_nothing() {
    on_mongo(Kind::ReplicaSet);
}
