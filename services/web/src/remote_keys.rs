use std::sync::{Arc, RwLock};
use std::time::Duration;

use api::Dependency;
use api::auth::Jwks;
use api::client::{AuthClient, CallError};
use async_trait::async_trait;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::{KeySet, KeySource};

/// How often auth is asked; a revoked or rotated key is gone within this.
const EVERY: Duration = Duration::from_secs(5);
/// How often auth is asked while no key is known at all.
const EAGER: Duration = Duration::from_millis(500);

/// Where a service keeps the last keys it saw, so that it can start while auth is down.
#[async_trait]
pub trait KeyMemory: Send + Sync + 'static {
    /// The JWKS as it was saved last.
    async fn load(&self) -> Option<String>;

    /// Keeps a JWKS. Losing it costs a wait for auth, no more, so there is no error.
    async fn save(&self, jwks: &str);
}

/// The keys of the auth service, polled.
pub struct RemoteKeys {
    auth: AuthClient,
    memory: Option<Arc<dyn KeyMemory>>,
    known: RwLock<(KeySet, Option<Jwks>)>,
    hint: Notify,
}

impl RemoteKeys {
    /// Keys from this auth service. Nothing is asked before [`RemoteKeys::run`] or [`RemoteKeys::refresh`].
    pub fn start(auth: AuthClient, memory: Option<Arc<dyn KeyMemory>>) -> Arc<Self> {
        Arc::new(RemoteKeys { auth, memory, known: RwLock::default(), hint: Notify::new() })
    }

    /// Takes in the keys that were saved last, unless newer ones are known.
    pub async fn recall(&self) {
        let Some(memory) = &self.memory else { return };
        let Some(jwks) = memory.load().await.and_then(|text| serde_json::from_str::<Jwks>(&text).ok()) else { return };
        if self.current().is_empty() {
            self.set(jwks);
        }
    }

    /// Asks auth once.
    ///
    /// # Errors
    /// When auth gave no answer; the keys known before stay.
    pub async fn refresh(&self) -> Result<(), CallError> {
        let jwks = self.auth.jwks().await?;
        let same = self.known.read().unwrap_or_else(|e| e.into_inner()).1.as_ref() == Some(&jwks);
        if same {
            return Ok(());
        }
        if jwks.keys.is_empty() {
            tracing::warn!("auth publishes no key; the known ones stay");
            return Ok(());
        }
        if let (Some(memory), Ok(text)) = (&self.memory, serde_json::to_string(&jwks)) {
            memory.save(&text).await;
        }
        tracing::info!(keys = jwks.keys.len(), "token keys changed");
        self.set(jwks);
        Ok(())
    }

    /// Recalls the saved keys, then polls auth until `shutdown`.
    pub async fn run(self: Arc<Self>, shutdown: CancellationToken) {
        self.recall().await;
        let mut answered = true;
        // The earliest time at which a hint is worth a fetch.
        let mut hints_from = Instant::now();
        loop {
            match self.refresh().await {
                Ok(()) => answered = true,
                Err(error) => {
                    if std::mem::replace(&mut answered, false) {
                        tracing::warn!(%error, "auth does not tell its keys; asking on");
                    }
                }
            }
            let pause = if self.current().is_empty() { EAGER } else { EVERY };
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = sleep(pause) => {}
                () = self.hinted(hints_from) => hints_from = Instant::now() + EVERY,
            }
        }
    }

    /// Until a hint, but not before `from`: made-up key names must not make a flood of requests.
    async fn hinted(&self, from: Instant) {
        sleep_until(from).await;
        self.hint.notified().await;
    }

    /// What `/ready` says about the keys.
    pub fn dependency(&self) -> Dependency {
        let ready = !self.current().is_empty();
        let detail = (!ready).then(|| "auth has not told its keys yet".to_owned());
        Dependency { name: "keys".to_owned(), ready, detail }
    }

    fn set(&self, jwks: Jwks) {
        let keys = KeySet::from_jwks(&jwks);
        *self.known.write().unwrap_or_else(|e| e.into_inner()) = (keys, Some(jwks));
    }
}

impl KeySource for RemoteKeys {
    fn current(&self) -> KeySet {
        self.known.read().unwrap_or_else(|e| e.into_inner()).0.clone()
    }

    fn unknown_kid(&self) {
        self.hint.notify_one();
    }
}
