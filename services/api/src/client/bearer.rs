use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;

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

/// A service's own token by the client-credentials grant (RFC 6749 §4.4), renewed when four fifths of its life
/// are over.
pub struct ClientCredentials {
    auth: AuthClient,
    id: String,
    secret: SecretString,
    held: Mutex<Option<(SecretString, Instant)>>,
}

impl ClientCredentials {
    /// Asks `auth` for tokens as the client `id`.
    pub fn new(auth: AuthClient, id: impl Into<String>, secret: SecretString) -> Arc<Self> {
        Arc::new(ClientCredentials { auth, id: id.into(), secret, held: Mutex::new(None) })
    }
}

#[async_trait]
impl Bearer for ClientCredentials {
    async fn token(&self) -> Result<SecretString, CallError> {
        let mut held = self.held.lock().await;
        if let Some((token, renew_at)) = held.as_ref()
            && Instant::now() < *renew_at
        {
            return Ok(token.clone());
        }
        let answer = self.auth.client_token(&self.id, self.secret.expose_secret()).await?;
        let token = SecretString::from(answer.access_token);
        *held = Some((token.clone(), Instant::now() + Duration::from_secs(answer.expires_in) * 4 / 5));
        Ok(token)
    }

    async fn refused(&self) {
        *self.held.lock().await = None;
    }
}
