use std::sync::Arc;

use api::Dependency;
use async_trait::async_trait;
use tokio_util::sync::CancellationToken;
use web::{Limits, Metrics, Readiness, Shell};

use crate::Authority;
use crate::error::OpenError;
use crate::http;
use crate::settings::Settings;

/// The auth service.
#[derive(Clone)]
pub struct Service {
    authority: Authority,
    limits: Limits,
    metrics: Arc<Metrics>,
}

impl Service {
    /// Opens the store, migrating it if need be. Needs no network.
    ///
    /// # Errors
    /// As [`Authority::open`].
    pub async fn open(settings: Settings) -> Result<Service, OpenError> {
        let limits = settings.limits.clone();
        let authority = Authority::open(settings).await?;
        Ok(Service { authority, limits, metrics: Arc::new(Metrics::new("auth")) })
    }

    /// What the service knows and can do, for whoever runs it.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Everything that it answers.
    pub fn router(&self) -> axum::Router {
        let shell = Shell {
            name: "auth",
            openapi: http::about(),
            readiness: Arc::new(Ready(self.authority.clone())),
            verifier: Some(self.authority.verifier()),
            limits: self.limits.clone(),
            metrics: self.metrics.clone(),
        };
        web::shell(http::routes(self.authority.clone()), shell)
    }

    /// Waits for `shutdown` and closes the store; everything else happens in requests. Call it once the listener has
    /// drained, or what is still being answered loses its store.
    pub async fn run(&self, shutdown: CancellationToken) {
        shutdown.cancelled().await;
        self.authority.close().await;
    }
}

struct Ready(Authority);

#[async_trait]
impl Readiness for Ready {
    async fn check(&self) -> Vec<Dependency> {
        let store = self.0.store().ping().await;
        let keys = !self.0.jwks().keys.is_empty();
        vec![
            Dependency {
                name: "store".to_owned(),
                ready: store.is_ok(),
                detail: store.err().map(|error| error.to_string()),
            },
            Dependency { name: "keys".to_owned(), ready: keys, detail: (!keys).then(|| "no signing key".to_owned()) },
        ]
    }
}
