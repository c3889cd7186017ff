use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use api::auth::{Jwks, Revocation};
use jsonwebtoken::DecodingKey;

/// What tokens are checked with, as it was at one moment: the public keys, and which tokens were revoked. Cheap to clone.
#[derive(Clone, Default)]
pub struct KeySet(Arc<Known>);

#[derive(Default)]
struct Known {
    keys: HashMap<String, DecodingKey>,
    revoked: HashSet<String>,
    /// The moment before which a subject's tokens were signed that no longer hold.
    subjects: HashMap<String, i64>,
}

impl KeySet {
    /// From the keys that auth publishes, with nothing revoked.
    pub fn from_jwks(jwks: &Jwks) -> Self {
        KeySet::new(jwks, &[])
    }

    /// From the keys that auth publishes and the tokens that it takes back. Keys that are not Ed25519 are passed over.
    pub fn new(jwks: &Jwks, revocations: &[Revocation]) -> Self {
        let usable = |jwk: &&api::auth::Jwk| jwk.kty == "OKP" && jwk.crv == "Ed25519" && jwk.alg == "EdDSA";
        let keys = jwks.keys.iter().filter(usable).filter_map(|jwk| {
            let key = DecodingKey::from_ed_components(&jwk.x).ok()?;
            Some((jwk.kid.clone(), key))
        });
        let mut known = Known { keys: keys.collect(), ..Known::default() };
        for revocation in revocations {
            match revocation {
                Revocation::Token { jti, .. } => {
                    known.revoked.insert(jti.clone());
                }
                Revocation::Subject { sub, before, .. } => {
                    let latest = known.subjects.entry(sub.clone()).or_insert(*before);
                    *latest = (*latest).max(*before);
                }
            }
        }
        KeySet(Arc::new(known))
    }

    /// Whether no key was ever seen.
    pub fn is_empty(&self) -> bool {
        self.0.keys.is_empty()
    }

    /// Whether there is a key of this name.
    pub fn contains(&self, kid: &str) -> bool {
        self.0.keys.contains_key(kid)
    }

    /// Whether the token of this id, of this subject, signed at this second, was revoked.
    pub fn revokes(&self, jti: &str, subject: &str, issued: i64) -> bool {
        self.0.revoked.contains(jti) || self.0.subjects.get(subject).is_some_and(|before| issued < *before)
    }

    pub(crate) fn get(&self, kid: &str) -> Option<&DecodingKey> {
        self.0.keys.get(kid)
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys.keys()).finish()
    }
}

/// Where the public keys come from: another service, the own store, or a test.
pub trait KeySource: Send + Sync + 'static {
    /// The keys and what was revoked, without waiting. Empty means that none was ever seen.
    fn current(&self) -> KeySet;

    /// A token named a key that is not there: there may be a newer set.
    fn unknown_kid(&self) {}
}
