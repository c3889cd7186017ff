use std::sync::Arc;
use std::time::Duration;

use api::auth::{Claims, Jwks};
use domain::{Clock, Role, Timestamp};
use store::StoreUrl;
use web::Verifier;

use crate::clients::ClientSecrets;
use crate::cpf::CpfVault;
use crate::error::{Failure, IssueError, OpenError};
use crate::keys::{KeyRing, LocalKeys};
use crate::password::Passwords;
use crate::settings::{Lives, Settings};
use crate::store::{AuthStore, MongoAuth, SqliteAuth};
use crate::throttle::Throttle;
use crate::token::{self, Draft, Inspection, Issued, Rules};

/// Everything that auth knows and can do, without HTTP: the service answers requests with it, and commands use it on a
/// store whose service is stopped.
#[derive(Clone)]
pub struct Authority(Arc<Inner>);

struct Inner {
    store: Arc<dyn AuthStore>,
    keys: Arc<KeyRing>,
    verifier: Arc<Verifier>,
    rules: Rules,
    lives: Lives,
    vault: CpfVault,
    passwords: Passwords,
    throttle: Throttle,
    clients: ClientSecrets,
    clock: Arc<dyn Clock>,
}

async fn open_store(settings: &Settings) -> Result<Arc<dyn AuthStore>, OpenError> {
    Ok(match &settings.store {
        StoreUrl::Sqlite(path) => {
            let path = path.clone();
            let opened = tokio::task::spawn_blocking(move || SqliteAuth::open(&path)).await;
            Arc::new(opened.map_err(|_| OpenError::Internal("opening the store ended early"))??)
        }
        StoreUrl::Mongo(url) => Arc::new(MongoAuth::open(url, &settings.mongo).await?),
    })
}

impl Authority {
    /// Opens the store, migrating it if need be; the first time makes the signing key, which signs at once.
    ///
    /// # Errors
    /// [`OpenError`]: the store, a wrapping key that is not the store's, or a setting.
    pub async fn open(settings: Settings) -> Result<Self, OpenError> {
        let passwords = Passwords::new(settings.argon2)?;
        let store = open_store(&settings).await?;
        let keys = match KeyRing::open(&*store, &settings.wrapping_key, settings.clock.now()).await {
            Ok(keys) => Arc::new(keys),
            Err(error) => {
                store.close().await;
                return Err(error);
            }
        };
        let source = LocalKeys { ring: keys.clone(), clock: settings.clock.clone() };
        let rules = Rules { issuer: settings.tokens.issuer.clone(), audience: settings.tokens.audience.clone() };
        Ok(Authority(Arc::new(Inner {
            store,
            keys,
            verifier: Arc::new(Verifier::new(settings.tokens, Arc::new(source), settings.clock.clone())),
            rules,
            lives: settings.lives,
            vault: CpfVault::new(settings.cpf_keys),
            passwords,
            throttle: Throttle::new(settings.throttle),
            clients: ClientSecrets::new(&settings.clients),
            clock: settings.clock,
        })))
    }

    /// Signs a token for a device or a person, with no look at who is stored. The subject is `cli:<role>` unless given,
    /// and a new id for a customer; `name` labels a device.
    ///
    /// # Errors
    /// [`IssueError`] says what cannot be.
    pub fn issue(
        &self,
        role: Role,
        subject: Option<&str>,
        life: Duration,
        name: Option<&str>,
    ) -> Result<Issued, IssueError> {
        let draft = token::draft(role, subject, life, self.0.lives.device_max, name)?;
        Ok(self.sign(draft)?)
    }

    /// What a token says, whether it holds, and why not.
    pub fn inspect(&self, token: &str) -> Inspection {
        let token = token.trim();
        Inspection::new(token, self.0.verifier.verify(token).err())
    }

    /// The public keys to check tokens with.
    pub fn jwks(&self) -> Jwks {
        self.0.keys.published(self.now())
    }

    /// Finishes what was accepted and lets go of the store.
    pub async fn close(&self) {
        self.0.store.close().await;
    }

    pub(crate) fn sign(&self, draft: Draft) -> Result<Issued, Failure> {
        let now = self.now();
        let claims: Claims = self.0.rules.claims(draft, now);
        let token = self.0.keys.sign(&claims, now)?;
        let expires_in = u64::try_from(claims.exp - claims.iat).unwrap_or(0);
        Ok(Issued { token, claims, expires_in })
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    pub(crate) fn verifier(&self) -> Arc<Verifier> {
        self.0.verifier.clone()
    }

    pub(crate) fn lives(&self) -> Lives {
        self.0.lives
    }

    pub(crate) fn store(&self) -> &dyn AuthStore {
        &*self.0.store
    }

    pub(crate) fn vault(&self) -> &CpfVault {
        &self.0.vault
    }

    pub(crate) fn passwords(&self) -> &Passwords {
        &self.0.passwords
    }

    pub(crate) fn throttle(&self) -> &Throttle {
        &self.0.throttle
    }

    pub(crate) fn clients(&self) -> &ClientSecrets {
        &self.0.clients
    }
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").field("keys", &self.jwks().keys.len()).finish_non_exhaustive()
    }
}
