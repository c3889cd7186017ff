use std::sync::{Arc, RwLock};
use std::time::Duration;

use api::Dependency;
use api::auth::{Jwks, Revocation};
use api::client::{AuthClient, Bearer, CallError};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::{KeySet, KeySource};

/// How often auth is asked; a revoked token and a dropped key are gone within this.
const EVERY: Duration = Duration::from_secs(5);
/// How often auth is asked while no key is known at all.
const EAGER: Duration = Duration::from_millis(500);

/// Where a service keeps what auth told last, so that it can start while auth is down and lets in nobody whose token
/// was revoked.
#[async_trait]
pub trait KeyMemory: Send + Sync + 'static {
    /// The text that was saved last.
    async fn load(&self) -> Option<String>;

    /// Keeps a text. Losing it costs a wait for auth, no more, so there is no error.
    async fn save(&self, kept: &str);
}

/// What auth told: the text that [`KeyMemory`] keeps. Without `revoked` it is a plain JWKS.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Told {
    #[serde(flatten)]
    jwks: Jwks,
    #[serde(default)]
    revoked: Vec<Revocation>,
}

/// What is known, ready for use and as it was told, and the tag of its revocations.
#[derive(Default)]
struct Known {
    set: KeySet,
    told: Option<Told>,
    etag: Option<String>,
}

/// The keys of the auth service and the tokens that it took back, polled.
pub struct RemoteKeys {
    public: AuthClient,
    ours: AuthClient,
    memory: Option<Arc<dyn KeyMemory>>,
    known: RwLock<Known>,
    hint: Notify,
}

impl RemoteKeys {
    /// Keys from this auth service, and revocations with this token of a service. Nothing is asked before
    /// [`RemoteKeys::run`] or [`RemoteKeys::refresh`].
    pub fn start(auth: AuthClient, bearer: Arc<dyn Bearer>, memory: Option<Arc<dyn KeyMemory>>) -> Arc<Self> {
        let ours = AuthClient::new(auth.http().clone().with_bearer(bearer));
        Arc::new(RemoteKeys { public: auth, ours, memory, known: RwLock::default(), hint: Notify::new() })
    }

    /// Takes in what was saved last, unless something newer is known.
    pub async fn recall(&self) {
        let Some(memory) = &self.memory else { return };
        let Some(told) = memory.load().await.and_then(|text| serde_json::from_str::<Told>(&text).ok()) else { return };
        if self.current().is_empty() {
            self.set(told, None);
        }
    }

    /// Asks auth once. The list of revocations that is known stays where auth tells its keys only.
    ///
    /// # Errors
    /// When auth gave no answer, or only half of one; what was known before stays.
    pub async fn refresh(&self) -> Result<(), CallError> {
        let jwks = self.public.jwks().await?;
        if jwks.keys.is_empty() {
            tracing::warn!("auth publishes no key; the known ones stay");
            return Ok(());
        }
        let (told, known_etag) = self.told();
        let revoked = || told.as_ref().map(|told| told.revoked.clone()).unwrap_or_default();
        let (revoked, etag, failed) = match self.ours.revocations(known_etag.as_deref()).await {
            Ok(Some((list, etag))) => (list, etag, None),
            Ok(None) => (revoked(), known_etag.clone(), None),
            Err(error) => (revoked(), known_etag.clone(), Some(error)),
        };
        let new = Told { jwks, revoked };
        let changed = told.as_ref() != Some(&new);
        if changed {
            if let (Some(memory), Ok(text)) = (&self.memory, serde_json::to_string(&new)) {
                memory.save(&text).await;
            }
            tracing::info!(
                keys = new.jwks.keys.len(),
                revoked = new.revoked.len(),
                "token keys or revocations changed"
            );
        }
        if changed || etag != known_etag {
            self.set(new, etag);
        }
        failed.map_or(Ok(()), Err)
    }

    fn told(&self) -> (Option<Told>, Option<String>) {
        let known = self.known.read().unwrap_or_else(|e| e.into_inner());
        (known.told.clone(), known.etag.clone())
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
                        tracing::warn!(%error, "auth does not tell its keys or revocations; asking on");
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
        let missing = self.current().is_empty();
        Dependency::required("keys", missing.then(|| "auth has not told its keys yet".to_owned()))
    }

    fn set(&self, told: Told, etag: Option<String>) {
        let set = KeySet::new(&told.jwks, &told.revoked);
        *self.known.write().unwrap_or_else(|e| e.into_inner()) = Known { set, told: Some(told), etag };
    }
}

impl KeySource for RemoteKeys {
    fn current(&self) -> KeySet {
        self.known.read().unwrap_or_else(|e| e.into_inner()).set.clone()
    }

    fn unknown_kid(&self) {
        self.hint.notify_one();
    }
}
