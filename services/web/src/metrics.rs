use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use axum::http::{Method, StatusCode};
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// Upper bounds of the buckets, in seconds.
const BUCKETS: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    method: &'static str,
    route: String,
    status: u16,
}

/// The measurements of one service, for `GET /metrics`.
pub struct Metrics {
    registry: Mutex<Registry>,
    requests: Family<Labels, Histogram, fn() -> Histogram>,
}

impl Metrics {
    /// A registry whose every name begins with `lanchonete_` and carries the service, with the histogram of requests.
    pub fn new(service: &'static str) -> Self {
        let labels = [("service".into(), service.into())];
        let mut registry = Registry::with_prefix_and_labels("lanchonete", labels.into_iter());
        let requests: Family<Labels, Histogram, fn() -> Histogram> =
            Family::new_with_constructor(|| Histogram::new(BUCKETS));
        let help = "Time to the head of each answer, by route template";
        registry.register_with_unit("http_request_duration", help, Unit::Seconds, requests.clone());
        Metrics { registry: Mutex::new(registry), requests }
    }

    /// The registry, for gauges and counters of the service's own. Hold it for the moment of registering only.
    pub fn registry(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(|e| e.into_inner())
    }

    pub(crate) fn observe(&self, method: &Method, route: &str, status: StatusCode, took: Duration) {
        let labels = Labels { method: word(method), route: route.to_owned(), status: status.as_u16() };
        self.requests.get_or_create(&labels).observe(took.as_secs_f64());
    }

    pub(crate) fn text(&self) -> Result<String, std::fmt::Error> {
        let mut out = String::new();
        text::encode(&mut out, &self.registry())?;
        Ok(out)
    }
}

/// The methods that exist; a made-up one must not make a series of its own.
fn word(method: &Method) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("OTHER")
}
