//! What the service counts beside its requests.

use domain::Timestamp;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use store::WorkCounts;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    call: &'static str,
    outcome: &'static str,
}

/// Calls to MercadoPago by what came of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Calls(Family<CallLabels, Counter>);

impl Calls {
    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register("provider_calls", "Calls to MercadoPago by what came of them", self.0.clone());
    }

    pub(crate) fn count(&self, call: &'static str, outcome: &'static str) {
        self.0.get_or_create(&CallLabels { call, outcome }).inc();
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct QueueLabels {
    queue: &'static str,
}

/// How much work waits.
#[derive(Debug, Clone, Default)]
pub(crate) struct Queues {
    open: Family<QueueLabels, Gauge>,
    dead: Family<QueueLabels, Gauge>,
    oldest: Family<QueueLabels, Gauge>,
}

impl Queues {
    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register("work_open", "Entries that wait or are being handled", self.open.clone());
        registry.register("work_dead", "Dead letters", self.dead.clone());
        registry.register("work_oldest_seconds", "Age of the oldest open entry", self.oldest.clone());
    }

    pub(crate) fn set(&self, queue: &'static str, counts: WorkCounts, now: Timestamp) {
        let labels = QueueLabels { queue };
        let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        self.open.get_or_create(&labels).set(number(counts.open));
        self.dead.get_or_create(&labels).set(number(counts.dead));
        let age = counts.oldest.map_or(0, |oldest| now.since(oldest).as_secs());
        self.oldest.get_or_create(&labels).set(number(age));
    }
}
