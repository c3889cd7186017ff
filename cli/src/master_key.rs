//! The one root secret, and everything that is derived from it with HKDF-SHA256 (RFC 5869).

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use crate::exit::{Failure, Outcome};
use crate::private;

const FILE: &str = "master.key";
/// Separates our derivations from those of any other program that should ever use the same root.
const SALT: &[u8] = b"lanchonete/v1";

/// 32 secret bytes, the same on every host of a platform.
#[derive(Clone)]
pub(crate) struct MasterKey([u8; 32]);

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(***)")
    }
}

/// What a derived key is for. The labels never change: what was made with them would be lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    OrderClientSecret,
    PaymentClientSecret,
    CpfLookup,
    CpfDisplay,
    SigningKeyWrap,
    SandboxWebhookSecret,
}

impl Use {
    const fn label(self) -> &'static [u8] {
        match self {
            Use::OrderClientSecret => b"client-secret/order",
            Use::PaymentClientSecret => b"client-secret/payment",
            Use::CpfLookup => b"cpf/lookup",
            Use::CpfDisplay => b"cpf/display",
            Use::SigningKeyWrap => b"signing-key/wrap",
            Use::SandboxWebhookSecret => b"webhook-secret/sandbox",
        }
    }
}

struct Bytes32;

impl KeyType for Bytes32 {
    fn len(&self) -> usize {
        32
    }
}

impl MasterKey {
    /// The key of the configuration, or of the data directory.
    ///
    /// # Errors
    /// When there is neither, or the file may be read by others.
    pub(crate) fn find(configured: Option<&SecretString>, data_dir: &Path) -> Outcome<Self> {
        match configured {
            Some(text) => Self::from_base64(text),
            None => Self::read(&data_dir.join(FILE)),
        }
    }

    /// The same, and makes a key file where there is none.
    pub(crate) fn find_or_create(configured: Option<&SecretString>, data_dir: &Path) -> Outcome<Self> {
        if configured.is_none() {
            let path = data_dir.join(FILE);
            create(&path).map_err(|error| Failure::usage(format!("can't make {}: {error}", path.display())))?;
        }
        Self::find(configured, data_dir)
    }

    /// # Errors
    /// When the text is not 32 bytes.
    pub(crate) fn from_base64(text: &SecretString) -> Outcome<Self> {
        let bytes = STANDARD.decode(text.expose_secret().trim()).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(MasterKey).ok_or_else(|| {
            Failure::usage("security.master_key is not 32 bytes in base64")
                .hint("make one: head -c 32 /dev/urandom | base64")
        })
    }

    fn read(path: &Path) -> Outcome<Self> {
        let file = File::open(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Failure::usage(format!("there is no {}", path.display()))
                .hint("`lanchonete up` makes one; or is --data-dir another directory?"),
            _ => Failure::usage(format!("can't read {}: {error}", path.display())),
        })?;
        private::check(path, &file)?;
        let mut bytes = Vec::with_capacity(33);
        file.take(33).read_to_end(&mut bytes)?;
        let bytes = bytes.try_into();
        bytes.map(MasterKey).map_err(|_| Failure::usage(format!("{} does not hold 32 bytes", path.display())))
    }

    /// 32 bytes for one purpose; nobody gets from them to the root or to those of another purpose.
    pub(crate) fn derive(&self, purpose: Use) -> [u8; 32] {
        let root = Salt::new(HKDF_SHA256, SALT).extract(&self.0);
        let info = [purpose.label()];
        let mut bytes = [0; 32];
        let filled = root.expand(&info, Bytes32).and_then(|derived| derived.fill(&mut bytes));
        filled.unwrap_or_else(|_| unreachable!("32 bytes is a length that HKDF-SHA256 gives"));
        bytes
    }

    /// The same as text that fits into a header or form.
    pub(crate) fn derive_text(&self, purpose: Use) -> SecretString {
        URL_SAFE_NO_PAD.encode(self.derive(purpose)).into()
    }
}

/// Makes the file in one step: a whole key appears under the name, or nothing. Of several processes that start at once
/// one wins and all read the same.
fn create(path: &Path) -> io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).map_err(|_| io::Error::other("the system gives no random bytes"))?;
    let draft = path.with_extension(format!("{}.new", Uuid::new_v4().simple()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    let made = file.write_all(&bytes).and_then(|()| file.sync_all()).and_then(|()| std::fs::hard_link(&draft, path));
    std::fs::remove_file(&draft)?;
    match made {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        // The name too must outlive a power cut: what the stores encrypt from here on is lost without the key.
        made => made.and_then(|()| path.parent().map_or(Ok(()), |dir| File::open(dir)?.sync_all())),
    }
}

/// A made-up password: 24 random bytes as text.
pub(crate) fn random_text() -> Outcome<SecretString> {
    let mut bytes = [0; 24];
    rand::fill(&mut bytes).map_err(|_| Failure::internal("the system gives no random bytes"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_starts_at_once_make_one_key() {
        let dir = tempfile::tempdir().expect("a directory");
        let keys: Vec<MasterKey> = std::thread::scope(|scope| {
            let start = || MasterKey::find_or_create(None, dir.path()).expect("a key");
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
        });
        assert!(keys.iter().all(|key| key.0 == keys[0].0));
        assert_eq!(std::fs::read_dir(dir.path()).expect("listed").count(), 1, "no draft is left");
    }

    #[test]
    fn each_use_has_a_key_of_its_own_that_never_changes() {
        let root = MasterKey([7; 32]);
        let uses = [
            Use::OrderClientSecret,
            Use::PaymentClientSecret,
            Use::CpfLookup,
            Use::CpfDisplay,
            Use::SigningKeyWrap,
            Use::SandboxWebhookSecret,
        ];
        let derived: std::collections::HashSet<_> = uses.map(|purpose| root.derive(purpose)).into_iter().collect();
        assert_eq!(derived.len(), uses.len());
        // What was stored under a derived key would be lost if it came out differently. The value was worked out from
        // RFC 5869 with plain HMAC-SHA256.
        let text = root.derive_text(Use::OrderClientSecret);
        assert_eq!(text.expose_secret(), "LFJiD9AUg8cylLGUBvR_-b0DETnePzDwSA5EwubeCwM");
    }

    #[test]
    fn a_key_that_is_none_is_refused() {
        let dir = tempfile::tempdir().expect("a directory");
        for text in ["", "abc", "AAAA", &STANDARD.encode([1; 31]), &STANDARD.encode([1; 33])] {
            assert!(MasterKey::find(Some(&SecretString::from(text)), dir.path()).is_err(), "{text}");
        }
        let good = MasterKey::find(Some(&STANDARD.encode([1; 32]).into()), dir.path()).expect("a key");
        assert_eq!(good.0, [1; 32]);
        assert_eq!(format!("{good:?}"), "MasterKey(***)");
    }
}
