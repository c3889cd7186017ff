use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::OwnedMutexGuard;
use tokio::time::Instant;

use super::{AuthClient, CallError};

/// Where a client's token comes from.
#[async_trait]
pub trait Bearer: Send + Sync + 'static {
    /// A token that holds now.
    async fn token(&self) -> Result<SecretString, CallError>;

    /// Forgets the token, because the other side did not take it.
    async fn refused(&self) {}
}

/// A token that somebody handed us.
pub struct FixedToken(SecretString);

impl FixedToken {
    /// Uses this token for every call.
    pub fn new(token: SecretString) -> Arc<Self> {
        Arc::new(FixedToken(token))
    }
}

#[async_trait]
impl Bearer for FixedToken {
    async fn token(&self) -> Result<SecretString, CallError> {
        Ok(self.0.clone())
    }
}

/// How long to leave auth alone after a renewal that failed, while the token still holds.
const REST: Duration = Duration::from_secs(1);

/// A service's own token by the client-credentials grant (RFC 6749 §4.4), renewed when four fifths of its life are over.
/// Nobody waits for that, and nobody suffers if it fails, as long as the old one holds.
pub struct ClientCredentials(Arc<Inner>);

struct Inner {
    auth: AuthClient,
    id: String,
    secret: SecretString,
    held: Mutex<Option<Held>>,
    /// Taken by whoever asks auth; with it, when asking failed last, and why.
    asking: Arc<Asking>,
}

type Asking = tokio::sync::Mutex<Option<(Instant, CallError)>>;

#[derive(Clone)]
struct Held {
    token: SecretString,
    renew_at: Instant,
    expires: Instant,
}

impl ClientCredentials {
    /// Asks `auth` for tokens as the client `id`.
    pub fn new(auth: AuthClient, id: impl Into<String>, secret: SecretString) -> Arc<Self> {
        let (held, asking) = (Mutex::default(), Arc::default());
        Arc::new(ClientCredentials(Arc::new(Inner { auth, id: id.into(), secret, held, asking })))
    }
}

#[async_trait]
impl Bearer for ClientCredentials {
    async fn token(&self) -> Result<SecretString, CallError> {
        let asked = Instant::now();
        if let Some(held) = self.0.held(asked) {
            if asked >= held.renew_at
                && let Ok(turn) = self.0.asking.clone().try_lock_owned()
            {
                tokio::spawn(self.0.clone().renew(turn));
            }
            return Ok(held.token);
        }
        let turn = self.0.asking.clone().lock_owned().await;
        if let Some(held) = self.0.held(Instant::now()) {
            return Ok(held.token);
        }
        match turn.as_ref() {
            // It was asked for all who waited.
            Some((failed, error)) if *failed > asked => Err(error.clone()),
            _ => self.0.clone().renew(turn).await,
        }
    }

    async fn refused(&self) {
        *self.0.lock() = None;
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, Option<Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The token, while it holds.
    fn held(&self, now: Instant) -> Option<Held> {
        self.lock().clone().filter(|held| now < held.expires)
    }

    async fn renew(
        self: Arc<Self>,
        mut turn: OwnedMutexGuard<Option<(Instant, CallError)>>,
    ) -> Result<SecretString, CallError> {
        let asked = Instant::now();
        match self.auth.client_token(&self.id, self.secret.expose_secret()).await {
            Ok(answer) => {
                let (token, life) = (SecretString::from(answer.access_token), Duration::from_secs(answer.expires_in));
                let held = Held { token: token.clone(), renew_at: asked + life * 4 / 5, expires: asked + life };
                *self.lock() = Some(held);
                Ok(token)
            }
            Err(error) => {
                let now = Instant::now();
                *turn = Some((now, error.clone()));
                if let Some(held) = self.lock().as_mut() {
                    held.renew_at = now + REST;
                }
                Err(error)
            }
        }
    }
}
