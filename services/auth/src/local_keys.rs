//! What auth checks tokens with: its own keys and revocations, as they stand in its store.

use std::sync::{Arc, PoisonError, RwLock};

use api::auth::Revocation;
use domain::Clock;
use web::{KeySet, KeySource};

use crate::keys::KeyRing;

/// The store's own keys and revocations: the service does not ask itself over HTTP.
pub(crate) struct LocalKeys {
    ring: Arc<KeyRing>,
    clock: Arc<dyn Clock>,
    known: RwLock<Known>,
}

#[derive(Default)]
struct Known {
    revoked: Vec<Revocation>,
    /// The names of the keys in `set`.
    kids: Vec<String>,
    set: KeySet,
}

impl LocalKeys {
    pub(crate) fn new(ring: Arc<KeyRing>, clock: Arc<dyn Clock>, revoked: Vec<Revocation>) -> Self {
        LocalKeys { ring, clock, known: RwLock::new(Known { revoked, ..Known::default() }) }
    }

    /// Takes in what is revoked now.
    pub(crate) fn set_revoked(&self, revoked: Vec<Revocation>) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.revoked != revoked {
            *known = Known { revoked, ..Known::default() };
        }
    }
}

impl KeySource for LocalKeys {
    fn current(&self) -> KeySet {
        let jwks = self.ring.published(self.clock.now());
        let kids = || jwks.keys.iter().map(|key| &key.kid);
        {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            if !known.kids.is_empty() && known.kids.iter().eq(kids()) {
                return known.set.clone();
            }
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.set = KeySet::new(&jwks, &known.revoked);
        known.kids = kids().cloned().collect();
        known.set.clone()
    }
}
