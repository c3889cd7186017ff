//! The kitchen: looks at the queue, cooks what is new, and hands it over.

use std::sync::Arc;
use std::time::{Duration, Instant};

use api::client::CallError;
use api::order::{Order, PatchOrder, QueueEntry};
use domain::{Clock, OrderId, OrderStatus, SystemClock};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::meter::Stretch;
use super::plan::{Kitchen, Script};
use super::stage::Stage;

/// How often it looks.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Cooks.
const COOKS: usize = 16;
const REASON: &str = "acabou o pão";

/// Works until no customer comes any more and everything expected is done, or nothing came for as long as anything may
/// take.
pub(crate) async fn run(stage: Arc<Stage>, closed: CancellationToken) {
    let (cooks, mut busy) = (Arc::new(Semaphore::new(COOKS)), JoinSet::new());
    let (mut etag, mut last) = (None, Instant::now());
    while !(closed.is_cancelled() && (stage.book.expected() == 0 || last.elapsed() > stage.patience)) {
        match stage.insist(|| stage.kitchen.queue(etag.as_deref())).await {
            Err(error) => return stage.found(None, None, format!("the kitchen sees no queue: {error}")),
            Ok(None) => {}
            Ok(Some(queue)) => {
                etag = queue.etag;
                for entry in queue.entries.into_iter().filter(|entry| entry.status == OrderStatus::Paid) {
                    if let Some(script) = take(&stage, &entry) {
                        last = Instant::now();
                        busy.spawn(cook(stage.clone(), cooks.clone(), script, entry));
                    }
                }
            }
        }
        while busy.try_join_next().is_some() {}
        if !closed.is_cancelled() {
            last = Instant::now();
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    busy.join_all().await;
}

/// One of ours that the kitchen has not had yet.
fn take(stage: &Stage, entry: &QueueEntry) -> Option<Script> {
    let ours = stage.book.hand_over(entry.id)?;
    if let Some(paid) = ours.paid {
        stage.meter.took(Stretch::Queued, SystemClock.now().since(paid));
    }
    Some(stage.plan.script(ours.n))
}

async fn cook(stage: Arc<Stage>, cooks: Arc<Semaphore>, script: Script, entry: QueueEntry) {
    let Ok(_hands) = cooks.acquire().await else { return };
    let work = Work { stage: &stage, id: entry.id };
    if let Err(error) = work.on(&script, entry.items.len() as u32).await {
        let status = error.status().map(|status| format!(" ({status})")).unwrap_or_default();
        stage.found(Some(entry.id), Some(script.n), format!("{:?} in the kitchen: {error}{status}", script.kitchen));
    }
}

struct Work<'a> {
    stage: &'a Stage,
    id: OrderId,
}

impl Work<'_> {
    async fn on(&self, script: &Script, lines: u32) -> Result<(), CallError> {
        use OrderStatus::{Delivered, OutForDelivery, Preparing, ReadyForPickup, Rejected};
        match script.kitchen {
            Kitchen::Cooks => self.steps(&[Preparing, ReadyForPickup, Delivered]).await,
            Kitchen::SendsOut => self.steps(&[Preparing, ReadyForPickup, OutForDelivery, Delivered]).await,
            Kitchen::Recalls => self.steps(&[Preparing, ReadyForPickup, Preparing, ReadyForPickup, Delivered]).await,
            Kitchen::Strikes => {
                for line in 1..=lines {
                    self.measured(|| self.stage.kitchen.strike(self.id, line, true)).await?;
                }
                self.steps(&[Delivered]).await
            }
            Kitchen::Rejects if script.luck.is_multiple_of(2) => self.steps(&[Rejected]).await,
            Kitchen::Rejects => self.steps(&[Preparing, Rejected]).await,
        }
    }

    async fn steps(&self, all: &[OrderStatus]) -> Result<(), CallError> {
        for status in all {
            let reason = (*status == OrderStatus::Rejected).then(|| REASON.to_owned());
            let body = PatchOrder { status: Some(*status), reason, ..PatchOrder::default() };
            self.measured(|| self.stage.kitchen.patch_order(self.id, &body, None)).await?;
        }
        Ok(())
    }

    async fn measured<A>(&self, ask: impl Fn() -> A) -> Result<(), CallError>
    where
        A: Future<Output = Result<Order, CallError>>,
    {
        let begun = Instant::now();
        self.stage.insist(ask).await?;
        self.stage.meter.took(Stretch::Step, begun.elapsed());
        Ok(())
    }
}
