use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use api::auth::Jwks;
use jsonwebtoken::DecodingKey;

/// The public keys that tokens are checked with, as they were at one moment. Cheap to clone.
#[derive(Clone, Default)]
pub struct KeySet(Arc<HashMap<String, DecodingKey>>);

impl KeySet {
    /// From what auth publishes. Keys that are not Ed25519 are passed over.
    pub fn from_jwks(jwks: &Jwks) -> Self {
        let usable = |jwk: &&api::auth::Jwk| jwk.kty == "OKP" && jwk.crv == "Ed25519" && jwk.alg == "EdDSA";
        let keys = jwks.keys.iter().filter(usable).filter_map(|jwk| {
            let key = DecodingKey::from_ed_components(&jwk.x).ok()?;
            Some((jwk.kid.clone(), key))
        });
        KeySet(Arc::new(keys.collect()))
    }

    /// Whether no key was ever seen.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether there is a key of this name.
    pub fn contains(&self, kid: &str) -> bool {
        self.0.contains_key(kid)
    }

    pub(crate) fn get(&self, kid: &str) -> Option<&DecodingKey> {
        self.0.get(kid)
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Where the public keys come from: another service, the own store, or a test.
pub trait KeySource: Send + Sync + 'static {
    /// The keys now, without waiting. Empty means that none was ever seen.
    fn current(&self) -> KeySet;

    /// A token named a key that is not there: there may be a newer set.
    fn unknown_kid(&self) {}
}
