//! Measurements of the service's own.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::metrics::gauge::Gauge;
use store::StoreResult;
use tokio_util::sync::CancellationToken;
use web::Metrics;

use crate::core::Core;

/// How often is counted.
const EVERY: Duration = Duration::from_secs(5);

#[derive(Clone, Default)]
pub(crate) struct Gauges {
    open: Gauge<u64, AtomicU64>,
    dead: Gauge<u64, AtomicU64>,
    oldest: Gauge<f64, AtomicU64>,
    orders: Gauge<u64, AtomicU64>,
}

impl Gauges {
    pub(crate) fn register(metrics: &Metrics) -> Self {
        let gauges = Gauges::default();
        let mut registry = metrics.registry();
        registry.register("order_outbox_open", "Errands waiting or being done", gauges.open.clone());
        registry.register("order_outbox_dead", "Errands given up", gauges.dead.clone());
        registry.register("order_outbox_oldest_seconds", "Age of the oldest open errand", gauges.oldest.clone());
        registry.register("orders_open", "Orders that have not ended", gauges.orders.clone());
        drop(registry);
        gauges
    }

    /// Counts until `shutdown`.
    pub(crate) async fn run(self, core: Arc<Core>, shutdown: CancellationToken) {
        loop {
            if let Err(error) = self.count(&core).await {
                tracing::debug!(?error, "nothing is counted while the store does not answer");
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }

    async fn count(&self, core: &Core) -> StoreResult<()> {
        let counts = core.store.outbox_counts().await?;
        core.unsent.set(counts);
        self.open.set(counts.open);
        self.dead.set(counts.dead);
        self.oldest.set(counts.oldest.map_or(0.0, |oldest| core.now().since(oldest).as_secs_f64()));
        self.orders.set(core.store.count_open().await?);
        Ok(())
    }
}
