//! `rehearse`: a rush with a hostile network, against a platform that runs.
//!
//! A seed decides who comes and what they do ([`plan`]); customers and the kitchen are clients like any other. When the
//! last one has left, everything has to come right ([`truth`]).

mod book;
mod customer;
mod dice;
mod kitchen;
mod meter;
mod plan;
mod report;
mod stage;
mod truth;
mod weather;

use std::sync::Arc;
use std::time::Duration;

use mercadopago::control::{Chaos, ChaosDone};
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

pub(crate) use plan::Plan;
pub(crate) use report::Report;
pub(crate) use stage::{Stage, admit};
pub(crate) use weather::Weather;

use crate::exit::Outcome;

/// How often it is looked whether the sandbox has forgotten how to behave.
const REMIND_EVERY: Duration = Duration::from_secs(2);

/// What is told while it goes on.
pub(crate) trait Watcher: Sync {
    /// So many things are to come.
    fn begins(&self, what: &'static str, many: u64);
    /// So many of them came.
    fn goes_on(&self, many: u64);
}

/// What came of it.
pub(crate) struct Played {
    fates: truth::Fates,
    storm: ChaosDone,
}

/// Plays the rush of `orders` customers who come over `span`, at most `at_once` of them at the same time, and waits until
/// all has come right. The faults end with it, however it ends, unless the program is killed.
pub(crate) async fn play(
    stage: &Arc<Stage>,
    orders: u32,
    span: Duration,
    at_once: usize,
    watcher: &impl Watcher,
) -> Outcome<Played> {
    let storm = Storm::begin(stage).await?;
    let closed = CancellationToken::new();
    let kitchen = tokio::spawn(kitchen::run(stage.clone(), closed.clone()));
    watcher.begins("ordering", u64::from(orders));
    customers(stage, orders, span, at_once, watcher).await;
    closed.cancel();
    if kitchen.await.is_err() {
        stage.found(None, None, "the kitchen broke down".to_owned());
    }
    let storm = storm.end().await?;
    watcher.begins("settling", stage.book.len() as u64);
    let fates = truth::settle(stage, |right| watcher.goes_on(right)).await;
    Ok(Played { fates, storm })
}

async fn customers(stage: &Arc<Stage>, orders: u32, span: Duration, at_once: usize, watcher: &impl Watcher) {
    let (begun, room) = (Instant::now(), Arc::new(Semaphore::new(at_once)));
    let mut inside = JoinSet::new();
    for n in 0..orders {
        let script = stage.plan.script(n);
        sleep_until(begun + span.mul_f64(script.arrives)).await;
        let Ok(seat) = room.clone().acquire_owned().await else { return };
        let stage = stage.clone();
        inside.spawn(async move {
            stage.visit(&script).await;
            drop(seat);
        });
        while inside.try_join_next().is_some() {
            watcher.goes_on(1);
        }
    }
    while inside.join_next().await.is_some() {
        watcher.goes_on(1);
    }
}

/// The hostile network, for as long as this lives.
struct Storm {
    stage: Arc<Stage>,
    reminding: JoinHandle<()>,
}

impl Storm {
    async fn begin(stage: &Arc<Stage>) -> Outcome<Self> {
        stage.insist(|| stage.panel.set_chaos(&stage.weather.chaos)).await?;
        let reminding = tokio::spawn(remind(stage.clone()));
        Ok(Storm { stage: stage.clone(), reminding })
    }

    /// Ends it, and says what it did since the sandbox was last started.
    async fn end(mut self) -> Outcome<ChaosDone> {
        self.reminding.abort();
        let _ = (&mut self.reminding).await;
        let stage = &self.stage;
        let done = stage.insist(|| stage.panel.chaos()).await?.done;
        calm(stage).await?;
        Ok(done)
    }
}

impl Drop for Storm {
    fn drop(&mut self) {
        self.reminding.abort();
    }
}

/// A sandbox that starts again begins calm, and is told anew.
async fn remind(stage: Arc<Stage>) {
    loop {
        tokio::time::sleep(REMIND_EVERY).await;
        if stage.panel.chaos().await.is_ok_and(|now| now.chaos.is_calm()) {
            // One that is away now is told next time.
            let _ = stage.panel.set_chaos(&stage.weather.chaos).await;
        }
    }
}

/// Ends the storm.
pub(crate) async fn calm(stage: &Stage) -> Outcome {
    let none = Chaos::default();
    stage.insist(|| stage.panel.set_chaos(&none)).await?;
    Ok(())
}
