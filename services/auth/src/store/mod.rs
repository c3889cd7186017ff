//! What the service needs of a database. Each method is one atomic step on one person or one key, time and ids come from
//! the caller, and being there already is an answer, not an error.

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod conformance;
mod mongo;
mod sqlite;

use std::fmt;
use std::sync::Arc;

use ::store::{NewWork, StoreResult, WorkQueue};
use api::auth::Revocation;
use async_trait::async_trait;
use domain::{CustomerId, Email, ErasureId, Page, Role, Timestamp};

pub(crate) use mongo::MongoAuth;
pub(crate) use sqlite::SqliteAuth;

use crate::cpf::CpfDigest;
use crate::erasure::{Erasure, Place};
use crate::password::PasswordText;
use crate::person::Person;

/// What became of a person to be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Inserted {
    /// Stored.
    New,
    /// Not stored: somebody has the e-mail, the CPF or both.
    Taken { email: bool, cpf: bool },
}

/// What became of a key to be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyInserted {
    /// Stored.
    New,
    /// Not stored: another one took its place in the line first.
    Late,
}

/// Part of the list of persons.
#[derive(Debug)]
pub(crate) struct Persons {
    pub(crate) items: Vec<Person>,
    /// How many there are, counted to one beyond [`Page::COUNT_CAP`].
    pub(crate) total: u64,
}

/// A signing key as it is stored.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct StoredKey {
    /// Its place in the line of keys, from 1.
    pub(crate) seq: u32,
    /// Its name in tokens and in the JWKS.
    pub(crate) kid: String,
    /// The Ed25519 public key.
    pub(crate) public: Vec<u8>,
    /// The private key, encrypted.
    pub(crate) wrapped: Vec<u8>,
    pub(crate) created_at: Timestamp,
    /// Published before, signs from then on.
    pub(crate) signs_from: Timestamp,
    /// Neither signs nor is published from then on.
    pub(crate) retired_at: Option<Timestamp>,
}

impl fmt::Debug for StoredKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredKey").field("seq", &self.seq).field("kid", &self.kid).finish_non_exhaustive()
    }
}

/// The database of the auth service.
#[async_trait]
pub(crate) trait AuthStore: Send + Sync {
    /// Stores a new person, unless the e-mail or the CPF is somebody's.
    async fn insert_person(&self, person: Person) -> StoreResult<Inserted>;
    /// The person with this id.
    async fn person(&self, id: CustomerId) -> StoreResult<Option<Person>>;
    /// The person with this e-mail.
    async fn person_by_email(&self, email: &Email) -> StoreResult<Option<Person>>;
    /// The person with this CPF.
    async fn person_by_cpf(&self, cpf: CpfDigest) -> StoreResult<Option<Person>>;
    /// Persons, newest first; only the one with the id, if one is given.
    async fn persons(&self, only: Option<CustomerId>, page: Page) -> StoreResult<Persons>;
    /// Puts another hash in the place of a person's password, if it is still this one; whether it was.
    async fn replace_password(&self, id: CustomerId, old: &PasswordText, new: &PasswordText) -> StoreResult<bool>;
    /// Whether anybody has this role.
    async fn has_role(&self, role: Role) -> StoreResult<bool>;
    /// Stores a signing key, unless one with its `seq` is there.
    async fn insert_key(&self, key: StoredKey) -> StoreResult<KeyInserted>;
    /// All signing keys, by `seq`.
    async fn keys(&self) -> StoreResult<Vec<StoredKey>>;
    /// Ends every key before this place in the line at a moment, unless it ends sooner.
    async fn retire_keys(&self, before: u32, at: Timestamp) -> StoreResult<()>;
    /// Takes tokens back. What was taken back before stays so: of two moments the later one counts.
    async fn revoke(&self, revocation: Revocation) -> StoreResult<()>;
    /// What is revoked and would otherwise hold, always in the same order.
    async fn revocations(&self, now: Timestamp) -> StoreResult<Vec<Revocation>>;
    /// Forgets what has nothing left to revoke.
    async fn prune_revocations(&self, now: Timestamp) -> StoreResult<()>;
    /// Notes that a person is to be erased, with the work for it. The erasure of that person: this one, or the one that
    /// is under way.
    async fn begin_erasure(&self, erasure: Erasure, work: NewWork) -> StoreResult<ErasureId>;
    /// The erasure with this id.
    async fn erasure(&self, id: ErasureId) -> StoreResult<Option<Erasure>>;
    /// Adds what was erased in one place.
    async fn note_erased(&self, id: ErasureId, place: Place, records: u32, at: Timestamp) -> StoreResult<()>;
    /// The erasure is done, and forgets whose it was.
    async fn complete_erasure(&self, id: ErasureId, at: Timestamp) -> StoreResult<()>;
    /// Erases a person; whether there was one.
    async fn delete_person(&self, id: CustomerId) -> StoreResult<bool>;
    /// Leaves nothing of what was erased in the files, as far as the database allows.
    async fn purge(&self) -> StoreResult<()>;
    /// The work towards the other services.
    fn outbox(&self) -> Arc<dyn WorkQueue>;
    /// Frees the work that a process which was killed still holds; for the start.
    async fn release_leases(&self) -> StoreResult<()>;
    /// Whether the store answers.
    async fn ping(&self) -> StoreResult<()>;
    /// Finishes what was accepted and lets go of the database.
    async fn close(&self);
}
