use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use api::Dependency;
use api::auth::{Jwks, Revocation};
use api::client::{AuthClient, Bearer, CallError};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use crate::{KeySet, KeySource};

/// How often auth is asked; a revoked token and a dropped key are gone within this.
const EVERY: Duration = Duration::from_secs(5);
/// How long auth may take to answer, and the store to keep what it said. One answer that is missing and one that is slow
/// still come within the 15 seconds in which a revocation holds everywhere.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often auth is asked while no key is known at all.
const EAGER: Duration = Duration::from_millis(500);

/// Where a service keeps what auth told last, so that it can start while auth is down and lets in nobody whose token
/// was revoked.
#[async_trait]
pub trait KeyMemory: Send + Sync + 'static {
    /// The text that was saved last.
    async fn load(&self) -> Option<String>;

    /// Keeps a text; whether it did. What is not kept is lost with a restart, revocations too.
    async fn save(&self, kept: &str) -> bool;
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
    told: Option<Arc<Told>>,
    etag: Option<String>,
}

/// The keys of the auth service and the tokens that it took back, polled.
pub struct RemoteKeys {
    public: AuthClient,
    ours: AuthClient,
    memory: Option<Arc<dyn KeyMemory>>,
    known: RwLock<Known>,
    /// What the memory holds.
    kept: Mutex<Option<Arc<Told>>>,
    hint: Notify,
}

impl RemoteKeys {
    /// Keys from this auth service, and revocations with this token of a service. Nothing is asked before
    /// [`RemoteKeys::run`] or [`RemoteKeys::refresh`].
    pub fn start(auth: AuthClient, bearer: Arc<dyn Bearer>, memory: Option<Arc<dyn KeyMemory>>) -> Arc<Self> {
        let ours = AuthClient::new(auth.http().clone().with_bearer(bearer));
        let (known, kept) = (RwLock::default(), Mutex::default());
        Arc::new(RemoteKeys { public: auth, ours, memory, known, kept, hint: Notify::new() })
    }

    /// Takes in what was saved last, unless something newer is known.
    pub async fn recall(&self) {
        let Some(memory) = &self.memory else { return };
        let Some(told) = memory.load().await.and_then(|text| serde_json::from_str::<Told>(&text).ok()) else { return };
        if self.current().is_empty() {
            let told = Arc::new(told);
            *self.kept() = Some(told.clone());
            self.set(told, None);
        }
    }

    /// Asks auth once, for both at the same time. What auth does not tell stays as it is known.
    ///
    /// # Errors
    /// When auth gave no answer, or only half of one.
    pub async fn refresh(&self) -> Result<(), CallError> {
        let (_, etag) = self.told();
        let (jwks, revoked) = tokio::join!(
            self.public.http().within(PATIENCE, self.public.jwks()),
            self.ours.http().within(PATIENCE, self.ours.revocations(etag.as_deref())),
        );
        let (jwks, no_jwks) = apart(jwks);
        let (revoked, no_revoked) = apart(revoked);
        self.learn(jwks, revoked.flatten());
        self.keep().await;
        no_jwks.or(no_revoked).map_or(Ok(()), Err)
    }

    /// Takes in what is new.
    fn learn(&self, jwks: Option<Jwks>, revoked: Option<(Vec<Revocation>, Option<String>)>) {
        let (told, known_etag) = self.told();
        let nothing = jwks.as_ref().is_some_and(|jwks| jwks.keys.is_empty());
        if nothing {
            tracing::warn!("auth publishes no key; the known ones stay");
        }
        let jwks = jwks.filter(|_| !nothing).or_else(|| Some(told.as_ref()?.jwks.clone()));
        let Some(jwks) = jwks else { return };
        let (revoked, etag) = revoked.unwrap_or_else(|| {
            let known = told.as_ref().map(|told| told.revoked.clone());
            (known.unwrap_or_default(), known_etag.clone())
        });
        let new = Told { jwks, revoked };
        match told.filter(|told| **told == new) {
            Some(_) if etag == known_etag => {}
            Some(same) => self.set(same, etag),
            None => {
                let (keys, revoked) = (new.jwks.keys.len(), new.revoked.len());
                tracing::info!(keys, revoked, "token keys or revocations changed");
                self.set(Arc::new(new), etag);
            }
        }
    }

    /// Keeps what is known for the next start. It holds here already, so a store that is slow delays no refusal; what
    /// could not be kept is tried again with the next answer.
    async fn keep(&self) {
        let (Some(memory), Some(told)) = (&self.memory, self.told().0) else { return };
        if self.kept().as_ref().is_some_and(|kept| Arc::ptr_eq(kept, &told)) {
            return;
        }
        let Ok(text) = serde_json::to_string(&*told) else { return };
        if timeout(PATIENCE, memory.save(&text)).await == Ok(true) {
            *self.kept() = Some(told);
        }
    }

    fn kept(&self) -> MutexGuard<'_, Option<Arc<Told>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn told(&self) -> (Option<Arc<Told>>, Option<String>) {
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
            let began = Instant::now();
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
                () = sleep_until(began + pause) => {}
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

    fn set(&self, told: Arc<Told>, etag: Option<String>) {
        let set = KeySet::new(&told.jwks, &told.revoked);
        *self.known.write().unwrap_or_else(|e| e.into_inner()) = Known { set, told: Some(told), etag };
    }
}

/// What was answered, and why there is no answer.
fn apart<T>(answer: Result<T, CallError>) -> (Option<T>, Option<CallError>) {
    match answer {
        Ok(answer) => (Some(answer), None),
        Err(error) => (None, Some(error)),
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
