use std::fmt;
use std::sync::Arc;

use argon2::password_hash::phc::{Output, ParamsString, Salt};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, PasswordHash, Version};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::error::{Failure, OpenError};
use crate::{secret, settings};

/// Fewest characters of a password (NIST SP 800-63B §5.1.1.2).
pub(crate) const MIN: usize = 8;
/// Most characters of a password.
pub(crate) const MAX: usize = 128;
/// Bytes of a hash.
const LENGTH: usize = 32;

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

/// Bytes from which glibc gives a block a mapping of its own, whatever was freed before (`DEFAULT_MMAP_THRESHOLD_MAX` of
/// its malloc.c, 32 MiB on 64 bits), and thereby returns it to the system at once.
const OWN_MAPPING: usize = 33 << 20;

/// argon2id off the async threads, few at a time: each one costs its memory and a core.
pub(crate) struct Passwords {
    params: Params,
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
            params,
            running: Arc::new(Semaphore::new(cost.parallel)),
            waiting: Arc::new(Semaphore::new(cost.parallel.saturating_add(cost.waiting))),
        })
    }

    /// Waits for a turn to hash or check one password.
    pub(crate) async fn turn(&self) -> Result<Turn, Failure> {
        let place = self.waiting.clone().try_acquire_owned().map_err(|_| Failure::Busy)?;
        let permit = self.running.clone().acquire_owned().await.map_err(|_| Failure::Busy)?;
        Ok(Turn { params: self.params.clone(), nobody: self.nobody.clone(), held: [place, permit] })
    }
}

/// Random output in place of a real one: checking against it is the same work and never succeeds.
fn nobody(params: &Params) -> Result<PasswordHash, Failure> {
    phc(params, &secret::random::<16>()?, &secret::random::<LENGTH>()?)
}

/// A hash as its PHC text says it.
fn phc(params: &Params, salt: &[u8], output: &[u8]) -> Result<PasswordHash, Failure> {
    let broken = |_| Failure::Internal("cannot make a password hash");
    Ok(PasswordHash {
        algorithm: ARGON2ID_IDENT,
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(params).map_err(|_| Failure::Internal("cannot make a password hash"))?,
        salt: Some(Salt::new(salt).map_err(broken)?),
        hash: Some(Output::new(output).map_err(broken)?),
    })
}

/// argon2id, in memory that goes back to the system afterwards: left to itself, the allocator keeps one such block for
/// every thread that ever hashed. What is reserved beyond the need is never touched and takes no memory.
fn argon2id(params: Params, password: &[u8], salt: &[u8], output: &mut [u8]) -> Result<(), argon2::Error> {
    let needed = params.block_count();
    let mut memory = Vec::new();
    memory.try_reserve_exact(needed.max(OWN_MAPPING / Block::SIZE)).map_err(|_| argon2::Error::OutOfMemory)?;
    memory.resize(needed, Block::new());
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon2.hash_password_into_with_memory(password, salt, output, &mut memory)
}

/// A new hash of a password.
fn hashed(params: &Params, password: &[u8]) -> Result<PasswordText, Failure> {
    let salt = secret::random::<16>()?;
    let mut output = [0; LENGTH];
    argon2id(params.clone(), password, &salt, &mut output).map_err(|_| Failure::Internal("argon2 failed"))?;
    Ok(PasswordText(phc(params, &salt, &output)?.to_string()))
}

/// Whether a hash is of this cost.
fn costs(hash: &PasswordHash, params: &Params) -> bool {
    let cost = |params: &Params| (params.m_cost(), params.t_cost(), params.p_cost());
    Params::try_from(hash).is_ok_and(|of_hash| cost(&of_hash) == cost(params))
}

/// Whether a hash is this password's.
fn fits(password: &[u8], hash: &PasswordHash) -> Option<bool> {
    let (salt, known) = (hash.salt.as_ref()?, hash.hash.as_ref()?);
    if hash.algorithm != ARGON2ID_IDENT || hash.version != Some(Version::V0x13.into()) {
        return None;
    }
    let mut output = vec![0; known.len()];
    argon2id(Params::try_from(hash).ok()?, password, salt, &mut output).ok()?;
    Some(verify_slices_are_equal(&output, known.as_bytes()).is_ok())
}

/// The right to hash or check one password now. It is held until the work is done, even if the caller goes away.
pub(crate) struct Turn {
    params: Params,
    nobody: Arc<PasswordHash>,
    held: [OwnedSemaphorePermit; 2],
}

impl Turn {
    /// A new hash.
    pub(crate) async fn hash(self, password: SecretString) -> Result<PasswordText, Failure> {
        let Turn { params, held, .. } = self;
        blocking(move || {
            let _held = held;
            hashed(&params, password.expose_secret().as_bytes())
        })
        .await
    }

    /// Whether this is the password; with no hash the same work, and no.
    pub(crate) async fn verify(self, password: SecretString, hash: Option<PasswordText>) -> Result<Verdict, Failure> {
        let Turn { params, nobody, held } = self;
        blocking(move || {
            let damaged = || Failure::Internal("a stored password hash is damaged");
            let known = hash.map(|text| PasswordHash::new(&text.0)).transpose().map_err(|_| damaged())?;
            let against = known.as_ref().unwrap_or(&nobody);
            let password = password.expose_secret().as_bytes();
            let fits = fits(password, against).ok_or_else(damaged)?;
            let right = fits && known.is_some();
            let anew = if right && !costs(against, &params) { Some(hashed(&params, password)?) } else { None };
            Ok(Verdict { right, anew, _held: held })
        })
        .await
    }
}

/// Whether a password was right. The turn goes on until this is dropped, so that what follows from it is noted before
/// the next password is looked at.
pub(crate) struct Verdict {
    pub(crate) right: bool,
    /// The same password at today's cost, if it was kept at another one.
    pub(crate) anew: Option<PasswordText>,
    _held: [OwnedSemaphorePermit; 2],
}

/// A password takes a whole core for a while: on a thread of its own, which gives way to whatever else there is to do,
/// so that the menu stays quick while many try to sign in.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Failure> + Send + 'static) -> Result<T, Failure> {
    let (tell, told) = oneshot::channel();
    let thread = std::thread::Builder::new().name("password".to_owned()).spawn(move || {
        give_way();
        // Nobody listens any more when the caller has gone away.
        let _ = tell.send(work());
    });
    thread.map_err(|_| Failure::Internal("the system gives no thread"))?;
    told.await.unwrap_or(Err(Failure::Internal("a password task ended early")))
}

/// Lowers the priority of this thread. Only on Linux is it the thread's own (`setpriority(2)`, notes).
#[cfg(target_os = "linux")]
fn give_way() {
    // One that can't be lowered works all the same.
    let _ = rustix::process::nice(10);
}

#[cfg(not(target_os = "linux"))]
fn give_way() {}
