//! `/health`, `/ready` and `/metrics`.

use std::sync::Arc;
use std::time::Duration;

use api::{Dependency, Health};
use async_trait::async_trait;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};

use crate::{Fail, Metrics};

/// How long `/ready` waits for the dependencies.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a service needs to work.
#[async_trait]
pub trait Readiness: Send + Sync + 'static {
    /// Looks at each dependency now.
    async fn check(&self) -> Vec<Dependency>;

    /// Whether real money moves, where that is known; `/health` says it.
    fn live(&self) -> Option<bool> {
        None
    }
}

#[derive(Clone)]
struct Probed {
    readiness: Arc<dyn Readiness>,
    metrics: Arc<Metrics>,
}

pub(crate) fn routes(name: &'static str, readiness: Arc<dyn Readiness>, metrics: Arc<Metrics>) -> Router {
    let health = Health {
        status: "Operational".to_owned(),
        service: name.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        live: readiness.live(),
    };
    Router::new()
        .route("/health", get(move || std::future::ready(Json(health.clone()))))
        .route("/ready", get(ready))
        .route("/metrics", get(measurements))
        .with_state(Probed { readiness, metrics })
}

async fn ready(State(probed): State<Probed>) -> Response {
    let dependencies = match tokio::time::timeout(PATIENCE, probed.readiness.check()).await {
        Ok(dependencies) => dependencies,
        Err(_) => {
            vec![Dependency::required("dependencies", Some("no answer in time".to_owned()))]
        }
    };
    let ready = !dependencies.iter().any(Dependency::is_missing);
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(api::Readiness { ready, dependencies })).into_response()
}

async fn measurements(State(probed): State<Probed>) -> Result<Response, Fail> {
    let text = probed.metrics.text().map_err(Fail::internal)?;
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}
