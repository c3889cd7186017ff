use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use api::auth::{Claims, Jwk, Jwks};
use aws_lc_rs::digest;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};

use crate::Key;
use crate::error::{Failure, OpenError};
use crate::store::{AuthStore, KeyInserted, StoredKey};

/// A key that signs tokens, unwrapped.
struct SigningKey {
    stored: StoredKey,
    private: EncodingKey,
}

/// How keys follow each other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// A new key is published for this long before it signs.
    pub(crate) ahead: Duration,
    /// An old key is published for this long after the last token that it may have signed.
    pub(crate) overlap: Duration,
}

/// Where a signing key is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// Published, so that everybody knows it when it begins to sign.
    Coming,
    /// The one that signs.
    Signing,
    /// Signs no more; what it signed still holds.
    Ending,
    /// Nothing that it signed holds.
    Ended,
}

impl KeyState {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            KeyState::Coming => "coming",
            KeyState::Signing => "signing",
            KeyState::Ending => "ending",
            KeyState::Ended => "ended",
        }
    }
}

/// A signing key as a person looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyInfo {
    /// Its name in tokens.
    pub kid: String,
    /// Where it is in its life.
    pub state: KeyState,
    /// Since when it is there.
    pub created_at: Timestamp,
    /// Since when it signs.
    pub signs_from: Timestamp,
    /// When what it signed no longer holds; unknown for the newest.
    pub ends_at: Option<Timestamp>,
}

/// The signing keys of the store. Which one signs depends on the time only.
pub(crate) struct KeyRing {
    wrapping: Key,
    pace: Pace,
    keys: RwLock<Arc<Vec<SigningKey>>>,
}

impl KeyRing {
    /// Reads the keys; makes the first one if there is none.
    ///
    /// # Errors
    /// [`OpenError::WrappingKey`] when the keys do not open with this wrapping key.
    pub(crate) async fn open(
        store: &dyn AuthStore,
        wrapping: Key,
        pace: Pace,
        now: Timestamp,
    ) -> Result<Self, OpenError> {
        let mut keys = store.keys().await?;
        if keys.is_empty() {
            let first = generate(&wrapping, 1, now, now)?;
            let kid = first.kid.clone();
            // Another process may have been faster: then its key is the first one.
            if store.insert_key(first).await? == KeyInserted::New {
                tracing::info!(kid, "made the first signing key");
            }
            keys = store.keys().await?;
        }
        let keys = keys.into_iter().map(|key| unwrap(&wrapping, key)).collect::<Result<_, _>>()?;
        Ok(KeyRing { wrapping, pace, keys: RwLock::new(Arc::new(keys)) })
    }

    /// Takes in what another process changed.
    ///
    /// # Errors
    /// As [`KeyRing::open`]; the keys known before stay.
    pub(crate) async fn reload(&self, store: &dyn AuthStore) -> Result<(), OpenError> {
        let stored = store.keys().await?;
        if self.keys().iter().map(|key| &key.stored).eq(&stored) {
            return Ok(());
        }
        let keys = stored.into_iter().map(|key| unwrap(&self.wrapping, key)).collect::<Result<Vec<_>, _>>()?;
        tracing::info!(keys = keys.len(), "the signing keys changed");
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
        Ok(())
    }

    /// Makes the next key: it is published at once and signs a while later. `drop_old` lets it sign at once and ends every
    /// other key, with all that they signed.
    pub(crate) async fn rotate(
        &self,
        store: &dyn AuthStore,
        now: Timestamp,
        drop_old: bool,
    ) -> Result<String, OpenError> {
        let signs_from = if drop_old { now } else { now.plus(self.pace.ahead) };
        loop {
            let seq = store.keys().await?.last().map_or(1, |key| key.seq.saturating_add(1));
            let key = generate(&self.wrapping, seq, now, signs_from)?;
            let kid = key.kid.clone();
            // Somebody else may have taken the place.
            if store.insert_key(key).await? == KeyInserted::Late {
                continue;
            }
            if drop_old {
                store.retire_keys(seq, now).await?;
            }
            self.reload(store).await?;
            return Ok(kid);
        }
    }

    fn keys(&self) -> Arc<Vec<SigningKey>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The public keys that a living token may name, those that sign later included.
    pub(crate) fn published(&self, now: Timestamp) -> Jwks {
        let keys = self.keys();
        let living = keys.iter().filter(|key| self.lives(&keys, key, now));
        Jwks { keys: living.map(|key| jwk(&key.stored)).collect() }
    }

    /// Every key, oldest first.
    pub(crate) fn list(&self, now: Timestamp) -> Vec<KeyInfo> {
        let keys = self.keys();
        let signs = self.signer(&keys, now).map(|key| key.stored.seq);
        let info = |key: &SigningKey| KeyInfo {
            kid: key.stored.kid.clone(),
            state: match signs {
                _ if !self.lives(&keys, key, now) => KeyState::Ended,
                Some(seq) if seq == key.stored.seq => KeyState::Signing,
                _ if now < key.stored.signs_from => KeyState::Coming,
                _ => KeyState::Ending,
            },
            created_at: key.stored.created_at,
            signs_from: key.stored.signs_from,
            ends_at: self.ends_at(&keys, key),
        };
        keys.iter().map(info).collect()
    }

    /// When nothing holds any more that this key signed: it signs until the next one does.
    fn ends_at(&self, keys: &[SigningKey], key: &SigningKey) -> Option<Timestamp> {
        let later = keys.iter().filter(|other| other.stored.seq > key.stored.seq);
        let last_token = later.map(|other| other.stored.signs_from).min();
        let overlap = last_token.map(|at| at.plus(self.pace.overlap));
        [key.stored.retired_at, overlap].into_iter().flatten().min()
    }

    fn lives(&self, keys: &[SigningKey], key: &SigningKey, now: Timestamp) -> bool {
        self.ends_at(keys, key).is_none_or(|end| now < end)
    }

    /// The newest key whose time has come.
    fn signer<'a>(&self, keys: &'a [SigningKey], now: Timestamp) -> Option<&'a SigningKey> {
        let ready = keys.iter().filter(|key| self.lives(keys, key, now) && key.stored.signs_from <= now);
        ready.max_by_key(|key| key.stored.seq)
    }

    /// Signs with the newest key whose time has come (RFC 7519, RFC 8037).
    pub(crate) fn sign(&self, claims: &Claims, now: Timestamp) -> Result<String, Failure> {
        let keys = self.keys();
        let key = self.signer(&keys, now).ok_or(Failure::Internal("no key signs now"))?;
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
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    /// The key pair and its thumbprint stand in RFC 8037, appendices A.2 and A.3.
    #[test]
    fn the_thumbprint_is_that_of_the_rfc() {
        let public = URL_SAFE_NO_PAD.decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap();
        assert_eq!(thumbprint(&public), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    const PACE: Pace = Pace { ahead: Duration::from_secs(30), overlap: Duration::from_secs(600) };

    fn ring(keys: impl IntoIterator<Item = StoredKey>, wrapping: &Key) -> KeyRing {
        let keys = keys.into_iter().map(|key| unwrap(wrapping, key).unwrap()).collect();
        KeyRing { wrapping: wrapping.clone(), pace: PACE, keys: RwLock::new(Arc::new(keys)) }
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
    fn an_old_key_is_published_until_its_last_token_ends() {
        let wrapping = Key::new([7; 32]);
        let later = NOW.plus(PACE.ahead);
        let ring =
            ring([generate(&wrapping, 1, NOW, NOW).unwrap(), generate(&wrapping, 2, NOW, later).unwrap()], &wrapping);
        let states = |now| ring.list(now).into_iter().map(|key| key.state).collect::<Vec<_>>();
        let end = later.plus(PACE.overlap);
        assert_eq!(states(NOW), [KeyState::Signing, KeyState::Coming]);
        assert_eq!(states(later), [KeyState::Ending, KeyState::Signing]);
        assert_eq!(ring.published(end.minus(Duration::from_millis(1))).keys.len(), 2);
        assert_eq!(states(end), [KeyState::Ended, KeyState::Signing]);
        assert_eq!(ring.published(end).keys.len(), 1);
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
