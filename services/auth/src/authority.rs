use std::sync::Arc;
use std::time::Duration;

use api::auth::{Claims, Jwks};
use domain::{Clock, Role, Timestamp};
use store::{StoreResult, StoreUrl};
use tokio::sync::Notify;
use web::Verifier;

use crate::Key;
use crate::addresses::Addresses;
use crate::clients::ClientSecrets;
use crate::cpf::CpfVault;
use crate::error::{Failure, IssueError, OpenError};
use crate::keys::{KeyInfo, KeyRing, Pace};
use crate::local_keys::LocalKeys;
use crate::password::Passwords;
use crate::settings::{Lives, Settings, Timings};
use crate::store::{AuthStore, MongoAuth, SqliteAuth};
use crate::throttle::Throttle;
use crate::token::{self, Draft, Inspection, Issued, Rules};

/// A process that hears late of a new key signs with the old one for at most this long.
const LATE_SIGNER: Duration = Duration::from_secs(60);

/// Everything that auth knows and can do, without HTTP: the service answers requests with it, and commands use it on a
/// store whose service is stopped.
#[derive(Clone)]
pub struct Authority(Arc<Inner>);

struct Inner {
    store: Arc<dyn AuthStore>,
    keys: Arc<KeyRing>,
    known: Arc<LocalKeys>,
    verifier: Arc<Verifier>,
    rules: Rules,
    lives: Lives,
    vault: CpfVault,
    passwords: Passwords,
    throttle: Throttle,
    addresses: Addresses,
    clients: ClientSecrets,
    leeway: Duration,
    timings: Timings,
    erasures: Arc<Notify>,
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

/// The keys, and what tokens are checked with.
async fn open_keys(
    store: &dyn AuthStore,
    wrapping: Key,
    pace: Pace,
    clock: &Arc<dyn Clock>,
) -> Result<(Arc<KeyRing>, Arc<LocalKeys>), OpenError> {
    let ring = Arc::new(KeyRing::open(store, wrapping, pace, clock.now()).await?);
    let revoked = store.revocations(clock.now()).await?;
    Ok((ring.clone(), Arc::new(LocalKeys::new(ring, clock.clone(), revoked))))
}

impl Authority {
    /// Opens the store, migrating it if need be; the first time makes the signing key, which signs at once.
    ///
    /// # Errors
    /// [`OpenError`]: the store, a wrapping key that is not the store's, or a setting.
    pub async fn open(settings: Settings) -> Result<Self, OpenError> {
        let passwords = Passwords::new(settings.argon2)?;
        let store = open_store(&settings).await?;
        let clock = settings.clock.clone();
        let leeway = settings.tokens.leeway;
        let pace =
            Pace { ahead: settings.timings.publish_ahead, overlap: settings.lives.device_max + leeway + LATE_SIGNER };
        let keys = match open_keys(&*store, settings.wrapping_key, pace, &clock).await {
            Ok(keys) => keys,
            Err(error) => {
                store.close().await;
                return Err(error);
            }
        };
        let (ring, known) = keys;
        let rules = Rules { issuer: settings.tokens.issuer.clone(), audience: settings.tokens.audience.clone() };
        Ok(Authority(Arc::new(Inner {
            store,
            keys: ring,
            known: known.clone(),
            verifier: Arc::new(Verifier::new(settings.tokens, known, clock.clone())),
            rules,
            lives: settings.lives,
            vault: CpfVault::new(settings.cpf_keys),
            passwords,
            throttle: Throttle::new(settings.throttle),
            addresses: Addresses::new(settings.throttle, settings.limits),
            clients: ClientSecrets::new(&settings.clients),
            leeway,
            timings: settings.timings,
            erasures: Arc::new(Notify::new()),
            clock,
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

    /// Every signing key, oldest first.
    pub fn keys(&self) -> Vec<KeyInfo> {
        self.0.keys.list(self.now())
    }

    /// Makes the next signing key, published at once; gives its name. It signs a little later, and what older keys signed
    /// holds until it expires; with `drop_old` it signs now, and nothing that older keys signed holds any more. Other
    /// processes on this store hear of it by themselves.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn rotate_keys(&self, drop_old: bool) -> Result<String, OpenError> {
        self.0.keys.rotate(self.store(), self.now(), drop_old).await
    }

    /// Takes in the keys and revocations that another process wrote.
    pub(crate) async fn reload(&self) -> Result<(), OpenError> {
        self.0.keys.reload(self.store()).await?;
        self.reload_revocations().await?;
        Ok(())
    }

    pub(crate) async fn reload_revocations(&self) -> StoreResult<()> {
        self.0.known.set_revoked(self.store().revocations(self.now()).await?);
        Ok(())
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

    pub(crate) fn leeway(&self) -> Duration {
        self.0.leeway
    }

    pub(crate) fn timings(&self) -> Timings {
        self.0.timings
    }

    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        self.0.clock.clone()
    }

    /// Told when there is somebody to erase.
    pub(crate) fn erasures(&self) -> Arc<Notify> {
        self.0.erasures.clone()
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

    pub(crate) fn addresses(&self) -> &Addresses {
        &self.0.addresses
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
