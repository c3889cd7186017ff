use std::fmt;
use std::sync::Arc;

use argon2::password_hash::phc::{Output, ParamsString, Salt};
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Params, PasswordHash, Version};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::{Failure, OpenError};
use crate::{secret, settings};

/// Fewest characters of a password (NIST SP 800-63B §5.1.1.2).
pub(crate) const MIN: usize = 8;
/// Most characters of a password.
pub(crate) const MAX: usize = 128;

/// Whether a text is long enough, and short enough, for a password.
pub(crate) fn is_acceptable(password: &str) -> bool {
    (MIN..=MAX).contains(&password.chars().count())
}

/// A hashed password in PHC text form. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PasswordText(String);

impl PasswordText {
    /// From the store.
    pub(crate) fn from_stored(text: String) -> Self {
        PasswordText(text)
    }

    /// For the store.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordText(***)")
    }
}

/// argon2id off the async threads, few at a time: each one costs its memory and a core.
pub(crate) struct Passwords {
    argon2: Argon2<'static>,
    /// A hash that no password has, at the same cost as a real one.
    nobody: Arc<PasswordHash>,
    running: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Passwords {
    /// # Errors
    /// When argon2 refuses the cost.
    pub(crate) fn new(cost: settings::Argon2) -> Result<Self, OpenError> {
        let refused = |reason: String| OpenError::Setting { setting: "auth.argon2", reason };
        let params =
            Params::new(cost.memory_kib, cost.iterations, cost.lanes, None).map_err(|e| refused(e.to_string()))?;
        if cost.parallel == 0 {
            return Err(refused("at least one password at a time".to_owned()));
        }
        Ok(Passwords {
            nobody: Arc::new(nobody(&params)?),
            argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, params),
            running: Arc::new(Semaphore::new(cost.parallel)),
            waiting: Arc::new(Semaphore::new(cost.parallel.saturating_add(cost.waiting))),
        })
    }

    /// Waits for a turn to hash or check one password.
    pub(crate) async fn turn(&self) -> Result<Turn, Failure> {
        let place = self.waiting.clone().try_acquire_owned().map_err(|_| Failure::Busy)?;
        let permit = self.running.clone().acquire_owned().await.map_err(|_| Failure::Busy)?;
        Ok(Turn { argon2: self.argon2.clone(), nobody: self.nobody.clone(), held: [place, permit] })
    }
}

/// Random output in place of a real one: checking against it is the same work and never succeeds.
fn nobody(params: &Params) -> Result<PasswordHash, Failure> {
    let broken = |_| Failure::Internal("cannot make a password hash");
    Ok(PasswordHash {
        algorithm: ARGON2ID_IDENT,
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(params).map_err(|_| Failure::Internal("cannot make a password hash"))?,
        salt: Some(Salt::new(&secret::random::<16>()?).map_err(broken)?),
        hash: Some(Output::new(&secret::random::<32>()?).map_err(broken)?),
    })
}

/// The right to hash or check one password now. It is held until the work is done, even if the caller goes away.
pub(crate) struct Turn {
    argon2: Argon2<'static>,
    nobody: Arc<PasswordHash>,
    held: [OwnedSemaphorePermit; 2],
}

impl Turn {
    /// A new hash.
    pub(crate) async fn hash(self, password: SecretString) -> Result<PasswordText, Failure> {
        let Turn { argon2, held, .. } = self;
        blocking(move || {
            let _held = held;
            let salt = secret::random::<16>()?;
            let hash: PasswordHash = argon2
                .hash_password_with_salt(password.expose_secret().as_bytes(), &salt)
                .map_err(|_| Failure::Internal("argon2 failed"))?;
            Ok(PasswordText(hash.to_string()))
        })
        .await
    }

    /// Whether this is the password; with no hash the same work, and no.
    pub(crate) async fn verify(self, password: SecretString, hash: Option<PasswordText>) -> Result<Verdict, Failure> {
        let Turn { argon2, nobody, held } = self;
        blocking(move || {
            let damaged = |_| Failure::Internal("a stored password hash is damaged");
            let known = hash.map(|text| PasswordHash::new(&text.0)).transpose().map_err(damaged)?;
            let against = known.as_ref().unwrap_or(&nobody);
            let fits = argon2.verify_password(password.expose_secret().as_bytes(), against).is_ok();
            Ok(Verdict { right: fits && known.is_some(), _held: held })
        })
        .await
    }
}

/// Whether a password was right. The turn goes on until this is dropped, so that what follows from it is noted before
/// the next password is looked at.
pub(crate) struct Verdict {
    pub(crate) right: bool,
    _held: [OwnedSemaphorePermit; 2],
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Failure> + Send + 'static) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(Failure::Internal("a password task ended early")))
}
