use std::fmt;

use domain::{Cpf, CustomerId};

use crate::error::Failure;
use crate::settings::CpfKeys;

/// A CPF as the store sees it: something to find it by, and something from which only we can read it again.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SealedCpf {
    /// Keyed hash, the same for the same CPF.
    pub(crate) lookup: CpfDigest,
    /// Ciphertext, bound to the person's id.
    pub(crate) sealed: Vec<u8>,
}

/// The keyed hash of a CPF.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct CpfDigest(pub(crate) [u8; 32]);

impl fmt::Debug for CpfDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CpfDigest(***)")
    }
}

impl fmt::Debug for SealedCpf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealedCpf(***)")
    }
}

/// Turns CPFs into what may be stored, and back.
pub(crate) struct CpfVault(CpfKeys);

impl CpfVault {
    pub(crate) fn new(keys: CpfKeys) -> Self {
        CpfVault(keys)
    }

    /// What this CPF is found by.
    pub(crate) fn digest(&self, cpf: &Cpf) -> CpfDigest {
        CpfDigest(self.0.lookup.digest(cpf.digits().as_bytes()))
    }

    /// A hash of something that is no secret by itself but personal, for tables in memory.
    pub(crate) fn digest_text(&self, text: &str) -> [u8; 32] {
        self.0.lookup.digest(text.as_bytes())
    }

    pub(crate) fn seal(&self, owner: CustomerId, cpf: &Cpf) -> Result<SealedCpf, Failure> {
        let sealed = self.0.display.seal(&owner.to_string(), cpf.digits().as_bytes())?;
        Ok(SealedCpf { lookup: self.digest(cpf), sealed })
    }

    pub(crate) fn reveal(&self, owner: CustomerId, cpf: &SealedCpf) -> Result<Cpf, Failure> {
        let unreadable = || Failure::Store(store::StoreError::corrupt("the CPF of a person cannot be read", owner));
        let plain = self.0.display.open(&owner.to_string(), &cpf.sealed).map_err(|_| unreadable())?;
        std::str::from_utf8(&plain).ok().and_then(|digits| digits.parse().ok()).ok_or_else(unreadable)
    }
}
