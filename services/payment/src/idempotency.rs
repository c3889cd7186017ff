//! `Idempotency-Key`: scoped to who asked and what for, with a hash of what was asked.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::EntryId;
use serde::{Deserialize, Serialize};

/// How the order service calls itself. Its keys are made of ids and say nothing about a person.
pub(crate) const ORDER: &str = "order";
/// In place of the hash of a body that was about a person. Any body is taken for that one.
const ERASED: &str = "apagado";

/// The key of a request, kept in what the request made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// Who asked, where, and the key they gave.
    pub scope: String,
    /// SHA-256 of the parsed body.
    pub hash: String,
}

impl Key {
    /// How long a key is remembered.
    pub const LIFE: Duration = Duration::from_secs(24 * 3600);

    /// The key of a request by `subject` to `route` with this body.
    pub fn new(subject: &str, route: &str, key: &str, body: &impl Serialize) -> Key {
        // These bodies are plain structs; one that can't be written has no hash to share with another.
        let body = serde_json::to_vec(body).unwrap_or_default();
        Key { scope: format!("{subject} {route} {key}"), hash: URL_SAFE_NO_PAD.encode(digest(&SHA256, &body)) }
    }

    /// Whether this is the request that came with `first` once more, as far as is known.
    pub fn repeats(&self, first: &Key) -> bool {
        self.scope == first.scope && (self.hash == first.hash || first.hash == ERASED)
    }

    /// What is kept of it when the person it was about is forgotten: a hash can be tried with guesses, and a key that somebody
    /// made up may say anything.
    #[must_use]
    pub(crate) fn without_person(self) -> Option<Key> {
        let (before, key) = self.scope.rsplit_once(' ')?;
        let says_nothing = key.parse::<EntryId>().is_ok() || before.split(' ').next() == Some(ORDER);
        says_nothing.then(|| Key { hash: ERASED.to_owned(), ..self })
    }
}
