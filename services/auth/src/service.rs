use std::sync::Arc;
use std::time::Duration;

use api::Dependency;
use async_trait::async_trait;
use store::{Worker, WorkerOptions};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use web::{Limits, Metrics, Readiness, Shell};

use crate::Authority;
use crate::erasure::Eraser;
use crate::error::OpenError;
use crate::http;
use crate::settings::Settings;

/// How often revocations that have expired are forgotten.
const PRUNE_EVERY: Duration = Duration::from_secs(60);

/// The auth service.
#[derive(Clone)]
pub struct Service {
    authority: Authority,
    limits: Limits,
    metrics: Arc<Metrics>,
    eraser: Option<Eraser>,
}

impl Service {
    /// Opens the store, migrating it if need be. Needs no network.
    ///
    /// # Errors
    /// As [`Authority::open`].
    pub async fn open(settings: Settings) -> Result<Service, OpenError> {
        let limits = settings.limits.clone();
        let peers = settings.peers.clone();
        let authority = Authority::open(settings).await?;
        authority.store().release_leases().await?;
        let eraser = peers.map(|peers| Eraser::new(authority.clone(), &peers)).transpose()?;
        Ok(Service { authority, limits, metrics: Arc::new(Metrics::new("auth")), eraser })
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

    /// Follows what other processes change in the store and erases whom requests have asked to, until `shutdown`; then
    /// closes the store. Call it once the listener has drained, or what is still being answered loses its store.
    pub async fn run(&self, shutdown: CancellationToken) {
        let authority = &self.authority;
        let erase = async {
            let Some(eraser) = self.eraser.clone() else { return shutdown.cancelled().await };
            let handler = move |work| eraser.clone().handle(work);
            let (queue, wake) = (authority.store().outbox(), authority.erasures());
            Worker::run(queue, handler, wake, authority.clock(), WorkerOptions::default(), shutdown.clone()).await;
        };
        tokio::join!(self.follow(&shutdown), erase);
        authority.close().await;
    }

    /// Another process may revoke tokens or make the next signing key.
    async fn follow(&self, shutdown: &CancellationToken) {
        let mut answered = true;
        let mut pruned = Instant::now();
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = sleep(self.authority.timings().reload) => {}
            }
            let mut followed = self.authority.reload().await;
            if followed.is_ok() && pruned.elapsed() >= PRUNE_EVERY {
                pruned = Instant::now();
                followed =
                    self.authority.store().prune_revocations(self.authority.now()).await.map_err(OpenError::from);
            }
            match followed {
                Ok(()) => answered = true,
                Err(error) => {
                    if std::mem::replace(&mut answered, false) {
                        tracing::warn!(%error, "keys and revocations are not read again; the known ones stay");
                    }
                }
            }
        }
    }
}

struct Ready(Authority);

#[async_trait]
impl Readiness for Ready {
    async fn check(&self) -> Vec<Dependency> {
        let store = self.0.store().ping().await;
        let no_key = self.0.jwks().keys.is_empty();
        vec![
            Dependency::required("store", store.err().map(|error| error.to_string())),
            Dependency::required("keys", no_key.then(|| "no signing key".to_owned())),
        ]
    }
}
