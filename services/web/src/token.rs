use std::collections::HashMap;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use api::ProblemKind;
use api::auth::Claims;
use aws_lc_rs::digest;
use domain::{Clock, Timestamp};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Validation, decode, decode_header};

use crate::{Caller, Fail, KeySet, KeySource};

/// Longest token that is looked at, in bytes; ours are about 500.
const LONGEST: usize = 4096;
/// Most tokens that are remembered.
const REMEMBERED: usize = 10_000;

/// What a token must say to hold here.
#[derive(Debug, Clone)]
pub struct TokenRules {
    /// The `iss` that is trusted.
    pub issuer: String,
    /// The `aud` that is meant.
    pub audience: String,
    /// How far clocks may be apart.
    pub leeway: Duration,
}

impl Default for TokenRules {
    /// `lanchonete` for `lanchonete`, 30 seconds.
    fn default() -> Self {
        let name = || "lanchonete".to_owned();
        TokenRules { issuer: name(), audience: name(), leeway: Duration::from_secs(30) }
    }
}

/// Why a token does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// No key to check it with is known yet: no judgement on the token.
    #[error("no key is known yet")]
    NoKeys,
    /// Not a JWT with our claims.
    #[error("malformed")]
    Malformed,
    /// Signed with another algorithm than EdDSA, or not at all.
    #[error("not signed with EdDSA")]
    Algorithm,
    /// Names no key, or one that is not published.
    #[error("signed with an unknown key")]
    UnknownKey,
    /// The signature does not fit.
    #[error("the signature does not match")]
    Signature,
    /// From somebody else.
    #[error("issued by somebody else")]
    Issuer,
    /// For somebody else.
    #[error("meant for somebody else")]
    Audience,
    /// Its time is over.
    #[error("expired")]
    Expired,
    /// Its time has not come.
    #[error("not valid yet")]
    NotYet,
    /// Taken back before its time was over.
    #[error("revoked")]
    Revoked,
}

impl From<TokenFault> for Fail {
    fn from(fault: TokenFault) -> Fail {
        if fault == TokenFault::NoKeys {
            let pt = "As credenciais não podem ser conferidas agora. Tente de novo em instantes.";
            let en = "Credentials can't be checked right now. Try again in a moment.";
            return Fail::new(ProblemKind::AuthUnavailable, pt, en).retry_after(Duration::from_secs(1));
        }
        Fail::unauthenticated("Bearer error=\"invalid_token\"").caused_by(fault)
    }
}

/// Checks tokens without asking anybody: EdDSA signature (RFC 8037), issuer, audience, times, and that nobody took them
/// back. What was checked once is remembered until it expires, as long as its key is published and it is not revoked.
pub struct Verifier {
    rules: TokenRules,
    validation: Validation,
    source: Arc<dyn KeySource>,
    clock: Arc<dyn Clock>,
    seen: RwLock<HashMap<[u8; 32], Seen>>,
}

struct Seen {
    caller: Caller,
    kid: String,
    issued: i64,
    ends: Timestamp,
}

impl Verifier {
    /// A verifier with these rules, keys and clock.
    pub fn new(rules: TokenRules, source: Arc<dyn KeySource>, clock: Arc<dyn Clock>) -> Self {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[&rules.issuer]);
        validation.set_audience(&[&rules.audience]);
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        // The times are checked against our own clock.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Verifier { rules, validation, source, clock, seen: RwLock::default() }
    }

    /// Who the token is.
    ///
    /// # Errors
    /// [`TokenFault`] says why it does not hold.
    pub fn verify(&self, token: &str) -> Result<Caller, TokenFault> {
        let keys = self.source.current();
        if keys.is_empty() {
            return Err(TokenFault::NoKeys);
        }
        if token.len() > LONGEST {
            return Err(TokenFault::Malformed);
        }
        let name = fingerprint(token);
        if let Some((caller, issued)) = self.remembered(&name, &keys) {
            return unrevoked(&keys, caller, issued);
        }
        let (kid, claims) = self.check(token, &keys)?;
        let issued = claims.iat;
        let caller = Caller::from(claims);
        let ends = caller.expires.plus(self.rules.leeway);
        self.remember(name, Seen { caller: caller.clone(), kid, issued, ends });
        unrevoked(&keys, caller, issued)
    }

    fn check(&self, token: &str, keys: &KeySet) -> Result<(String, Claims), TokenFault> {
        let header = decode_header(token).map_err(|error| fault(error.kind()))?;
        if header.alg != Algorithm::EdDSA {
            return Err(TokenFault::Algorithm);
        }
        // An extension that must be understood and isn't (RFC 7515 §4.1.11).
        if header.crit.is_some() {
            return Err(TokenFault::Malformed);
        }
        let kid = header.kid.ok_or(TokenFault::UnknownKey)?;
        let Some(key) = keys.get(&kid) else {
            self.source.unknown_kid();
            return Err(TokenFault::UnknownKey);
        };
        let claims = decode::<Claims>(token, key, &self.validation).map_err(|error| fault(error.kind()))?.claims;
        self.in_time(&claims)?;
        Ok((kid, claims))
    }

    fn in_time(&self, claims: &Claims) -> Result<(), TokenFault> {
        let now = self.clock.now();
        if now >= moment(claims.exp).plus(self.rules.leeway) {
            return Err(TokenFault::Expired);
        }
        if now.plus(self.rules.leeway) < moment(claims.nbf) {
            return Err(TokenFault::NotYet);
        }
        Ok(())
    }

    fn remembered(&self, name: &[u8; 32], keys: &KeySet) -> Option<(Caller, i64)> {
        let seen = self.seen.read().unwrap_or_else(|e| e.into_inner());
        let known = seen.get(name)?;
        let holds = self.clock.now() < known.ends && keys.contains(&known.kid);
        holds.then(|| (known.caller.clone(), known.issued))
    }

    fn remember(&self, name: [u8; 32], token: Seen) {
        let mut seen = self.seen.write().unwrap_or_else(|e| e.into_inner());
        if seen.len() >= REMEMBERED {
            let now = self.clock.now();
            seen.retain(|_, token| now < token.ends);
            if seen.len() >= REMEMBERED {
                seen.clear();
            }
        }
        seen.insert(name, token);
    }
}

/// The caller, unless their token was taken back. Asked at every request, so that no memory outlives a revocation.
fn unrevoked(keys: &KeySet, caller: Caller, issued: i64) -> Result<Caller, TokenFault> {
    if keys.revokes(&caller.jti, &caller.subject, issued) { Err(TokenFault::Revoked) } else { Ok(caller) }
}

/// Seconds of a claim as a moment.
pub(crate) fn moment(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds.saturating_mul(1000))
}

/// Tokens are remembered by their hash, so that a memory dump holds none.
fn fingerprint(token: &str) -> [u8; 32] {
    let mut name = [0; 32];
    name.copy_from_slice(digest::digest(&digest::SHA256, token.as_bytes()).as_ref());
    name
}

fn fault(kind: &ErrorKind) -> TokenFault {
    match kind {
        ErrorKind::InvalidSignature => TokenFault::Signature,
        ErrorKind::InvalidIssuer => TokenFault::Issuer,
        ErrorKind::InvalidAudience => TokenFault::Audience,
        ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName => TokenFault::Algorithm,
        _ => TokenFault::Malformed,
    }
}
