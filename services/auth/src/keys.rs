use std::sync::Arc;

use api::auth::{Claims, Jwk, Jwks};
use aws_lc_rs::digest;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{Clock, Timestamp};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use web::{KeySet, KeySource};

use crate::Key;
use crate::error::{Failure, OpenError};
use crate::store::{AuthStore, KeyInserted, StoredKey};

/// The store's own keys for checking tokens: the service does not ask itself over HTTP.
pub(crate) struct LocalKeys {
    pub(crate) ring: Arc<KeyRing>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl KeySource for LocalKeys {
    fn current(&self) -> KeySet {
        KeySet::from_jwks(&self.ring.published(self.clock.now()))
    }
}

/// A key that signs tokens, unwrapped.
struct SigningKey {
    stored: StoredKey,
    private: EncodingKey,
}

/// The signing keys of the store. Which one signs depends on the time only.
pub(crate) struct KeyRing(Vec<SigningKey>);

impl KeyRing {
    /// Reads the keys; makes the first one if there is none.
    ///
    /// # Errors
    /// [`OpenError::WrappingKey`] when the keys do not open with this wrapping key.
    pub(crate) async fn open(store: &dyn AuthStore, wrapping: &Key, now: Timestamp) -> Result<Self, OpenError> {
        let mut keys = store.keys().await?;
        if keys.is_empty() {
            let first = generate(wrapping, 1, now, now)?;
            let kid = first.kid.clone();
            // Another process may have been faster: then its key is the first one.
            if store.insert_key(first).await? == KeyInserted::New {
                tracing::info!(kid, "made the first signing key");
            }
            keys = store.keys().await?;
        }
        keys.into_iter().map(|key| unwrap(wrapping, key)).collect::<Result<_, _>>().map(KeyRing)
    }

    /// The public keys that a living token may name, those that sign later included.
    pub(crate) fn published(&self, now: Timestamp) -> Jwks {
        Jwks { keys: self.living(now).map(|key| jwk(&key.stored)).collect() }
    }

    fn living(&self, now: Timestamp) -> impl Iterator<Item = &SigningKey> {
        self.0.iter().filter(move |key| key.stored.retired_at.is_none_or(|end| now < end))
    }

    /// Signs with the newest key whose time has come (RFC 7519, RFC 8037).
    pub(crate) fn sign(&self, claims: &Claims, now: Timestamp) -> Result<String, Failure> {
        let ready = self.living(now).filter(|key| key.stored.signs_from <= now);
        let newest = ready.max_by_key(|key| (key.stored.signs_from, key.stored.seq));
        let key = newest.ok_or(Failure::Internal("no key signs now"))?;
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(key.stored.kid.clone());
        jsonwebtoken::encode(&header, claims, &key.private).map_err(|_| Failure::Internal("signing failed"))
    }
}

fn jwk(key: &StoredKey) -> Jwk {
    Jwk {
        kty: "OKP".to_owned(),
        crv: "Ed25519".to_owned(),
        kid: key.kid.clone(),
        x: URL_SAFE_NO_PAD.encode(&key.public),
        alg: "EdDSA".to_owned(),
        usage: "sig".to_owned(),
    }
}

/// The SHA-256 thumbprint of an Ed25519 public key (RFC 7638, RFC 8037 appendix A.3): a name that says what it names.
fn thumbprint(public: &[u8]) -> String {
    let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, URL_SAFE_NO_PAD.encode(public));
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, members.as_bytes()))
}

/// A new key that is published from `now` on and signs from `signs_from` on.
fn generate(wrapping: &Key, seq: u32, now: Timestamp, signs_from: Timestamp) -> Result<StoredKey, Failure> {
    let broken = |_| Failure::Internal("cannot make a signing key");
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(broken)?;
    let pair =
        Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).map_err(|_| Failure::Internal("cannot make a signing key"))?;
    let public = pair.public_key().as_ref().to_vec();
    let kid = thumbprint(&public);
    let wrapped = wrapping.seal(&kid, pkcs8.as_ref())?;
    Ok(StoredKey { seq, kid, public, wrapped, created_at: now, signs_from, retired_at: None })
}

fn unwrap(wrapping: &Key, stored: StoredKey) -> Result<SigningKey, OpenError> {
    let pkcs8 =
        wrapping.open(&stored.kid, &stored.wrapped).map_err(|_| OpenError::WrappingKey { kid: stored.kid.clone() })?;
    Ok(SigningKey { private: EncodingKey::from_ed_der(&pkcs8), stored })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    /// The key pair and its thumbprint stand in RFC 8037, appendices A.2 and A.3.
    #[test]
    fn the_thumbprint_is_that_of_the_rfc() {
        let public = URL_SAFE_NO_PAD.decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap();
        assert_eq!(thumbprint(&public), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    fn ring(keys: impl IntoIterator<Item = StoredKey>, wrapping: &Key) -> KeyRing {
        KeyRing(keys.into_iter().map(|key| unwrap(wrapping, key).unwrap()).collect())
    }

    fn signer(ring: &KeyRing, now: Timestamp) -> Option<String> {
        let claims = Claims {
            sub: "s".into(),
            role: domain::Role::Kiosk,
            iss: "i".into(),
            aud: "a".into(),
            iat: 0,
            nbf: 0,
            exp: 0,
            jti: "j".into(),
            amr: None,
            name: None,
        };
        jsonwebtoken::decode_header(ring.sign(&claims, now).ok()?).unwrap().kid
    }

    #[test]
    fn a_key_is_published_before_it_signs_and_a_retired_one_is_neither() {
        let wrapping = Key::new([7; 32]);
        let later = NOW.plus(Duration::from_secs(30));
        let end = NOW.plus(Duration::from_secs(60));
        let old = StoredKey { retired_at: Some(end), ..generate(&wrapping, 1, NOW, NOW).unwrap() };
        let new = generate(&wrapping, 2, NOW, later).unwrap();
        let kids = |now| {
            ring([old.clone(), new.clone()], &wrapping)
                .published(now)
                .keys
                .into_iter()
                .map(|k| k.kid)
                .collect::<Vec<_>>()
        };
        let ring = ring([old.clone(), new.clone()], &wrapping);

        assert_eq!(kids(NOW), [old.kid.clone(), new.kid.clone()]);
        assert_eq!(signer(&ring, NOW), Some(old.kid.clone()));
        assert_eq!(signer(&ring, later), Some(new.kid.clone()));
        assert_eq!(kids(end), std::slice::from_ref(&new.kid));
        assert_eq!(signer(&ring, NOW.minus(Duration::from_secs(1))), None);
    }

    #[test]
    fn a_wrapped_key_opens_only_with_its_key_and_under_its_name() {
        let wrapping = Key::new([7; 32]);
        let key = generate(&wrapping, 1, NOW, NOW).unwrap();
        assert!(unwrap(&wrapping, key.clone()).is_ok());
        assert!(matches!(unwrap(&Key::new([8; 32]), key.clone()), Err(OpenError::WrappingKey { .. })));
        let renamed = StoredKey { kid: "other".into(), ..key };
        assert!(unwrap(&wrapping, renamed).is_err());
    }
}
