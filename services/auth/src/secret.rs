use std::fmt;
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use secrecy::{ExposeSecret, SecretBox};

use crate::error::Failure;

/// A secret of 256 bits. `Debug` hides it, and its memory is wiped.
#[derive(Clone)]
pub struct Key(Arc<SecretBox<[u8; 32]>>);

/// What was sealed under another key, for another owner, or changed since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("sealed under another key, or damaged")]
pub(crate) struct Unreadable;

impl Key {
    /// These bytes as a key.
    pub fn new(bytes: [u8; 32]) -> Self {
        Key(Arc::new(SecretBox::new(Box::new(bytes))))
    }

    /// A keyed hash (HMAC-SHA256): equal texts give equal hashes, and nobody without the key can try texts.
    pub(crate) fn digest(&self, data: &[u8]) -> [u8; 32] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.expose_secret());
        let mut digest = [0; 32];
        digest.copy_from_slice(hmac::sign(&key, data).as_ref());
        digest
    }

    fn aead(&self) -> Result<RandomizedNonceKey, aws_lc_rs::error::Unspecified> {
        RandomizedNonceKey::new(&AES_256_GCM, self.0.expose_secret())
    }

    /// Encrypts with AES-256-GCM: 12 bytes of random nonce, the text, 16 bytes of tag. `owner` is not stored, but
    /// opening needs the same one, so that what belongs to one row cannot be moved to another.
    pub(crate) fn seal(&self, owner: &str, plain: &[u8]) -> Result<Vec<u8>, Failure> {
        let mut text = plain.to_vec();
        let nonce = self
            .aead()
            .and_then(|key| key.seal_in_place_append_tag(Aad::from(owner), &mut text))
            .map_err(|_| Failure::Internal("encryption failed"))?;
        Ok([nonce.as_ref().as_slice(), &text].concat())
    }

    /// What [`Key::seal`] encrypted.
    pub(crate) fn open(&self, owner: &str, sealed: &[u8]) -> Result<Vec<u8>, Unreadable> {
        let (nonce, text) = sealed.split_at_checked(aws_lc_rs::aead::NONCE_LEN).ok_or(Unreadable)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Unreadable)?;
        let mut text = text.to_vec();
        let key = self.aead().map_err(|_| Unreadable)?;
        let plain = key.open_in_place(nonce, Aad::from(owner), &mut text).map_err(|_| Unreadable)?;
        Ok(plain.to_vec())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(***)")
    }
}

/// Random bytes from the system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Failure::Internal("no random numbers"))?;
    Ok(bytes)
}
