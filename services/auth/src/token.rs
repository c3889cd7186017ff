use std::fmt;
use std::time::Duration;

use api::auth::{Claims, Jwk};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{MAX_NAME, Role, Timestamp, clean_line};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use uuid::Uuid;

use crate::error::IssueError;

/// Longest subject of a token, in characters.
pub(crate) const MAX_SUBJECT: usize = 128;

/// A token just signed. `Debug` hides it.
#[derive(Clone)]
pub struct Issued {
    /// The JWT.
    pub token: String,
    /// What it says.
    pub claims: Claims,
    /// Seconds until it ends.
    pub expires_in: u64,
}

impl fmt::Debug for Issued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issued").field("claims", &self.claims).finish_non_exhaustive()
    }
}

/// How a person proved who they are, as `amr` says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    /// With a password.
    Password,
    /// By standing at the kiosk.
    Presence,
}

impl Proof {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Proof::Password => "password",
            Proof::Presence => "presence",
        }
    }
}

/// What a token is to say, before it has a time and an id.
pub(crate) struct Draft {
    pub(crate) subject: String,
    pub(crate) role: Role,
    pub(crate) proof: Option<Proof>,
    pub(crate) name: Option<String>,
    pub(crate) life: Duration,
}

/// The claims that every token of ours carries.
pub(crate) struct Rules {
    pub(crate) issuer: String,
    pub(crate) audience: String,
    pub(crate) leeway: Duration,
}

impl Rules {
    /// Times are whole seconds; a life is rounded up, so that it is never nothing.
    pub(crate) fn claims(&self, draft: Draft, now: Timestamp) -> Claims {
        let life = draft.life.as_secs() + u64::from(draft.life.subsec_nanos() > 0);
        Claims {
            sub: draft.subject,
            role: draft.role,
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            iat: now.seconds(),
            nbf: now.seconds(),
            exp: now.seconds().saturating_add_unsigned(life),
            jti: Uuid::now_v7().to_string(),
            amr: draft.proof.map(|proof| proof.as_str().to_owned()),
            name: draft.name,
        }
    }
}

/// The draft of a token that somebody with access to the store asks for by hand.
pub(crate) fn draft(
    role: Role,
    subject: Option<&str>,
    life: Duration,
    longest: Duration,
    name: Option<&str>,
) -> Result<Draft, IssueError> {
    if life.is_zero() || life > longest {
        return Err(IssueError::Ttl(longest));
    }
    let subject = match (subject, role) {
        (Some(subject), _) => visible(subject)?,
        (None, Role::Customer) => Uuid::now_v7().to_string(),
        (None, role) => format!("cli:{role}"),
    };
    let name = name.map(|name| clean_line(name, MAX_NAME)).transpose().map_err(IssueError::Name)?;
    Ok(Draft { subject, role, proof: None, name, life })
}

fn visible(subject: &str) -> Result<String, IssueError> {
    let subject = clean_line(subject, MAX_SUBJECT).map_err(|_| IssueError::Subject)?;
    if subject.contains(char::is_whitespace) { Err(IssueError::Subject) } else { Ok(subject) }
}

/// Why a token does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// Not three parts of base64url JSON with our claims.
    #[error("this is no token of ours: it cannot be read")]
    Malformed,
    /// Signed in another way, or not at all.
    #[error("the token is signed with {0:?}, not with EdDSA")]
    Algorithm(String),
    /// Names a key that is not, or no longer, published; or none.
    #[error("the token names a signing key that this store does not have")]
    UnknownKey,
    /// The signature is not that of the key.
    #[error("the signature is wrong: the token was changed, or another key signed it")]
    Signature,
    /// Another issuer's.
    #[error("the token was issued by {0:?}")]
    Issuer(String),
    /// For somebody else.
    #[error("the token is meant for {0:?}")]
    Audience(String),
    /// Its time has not come.
    #[error("the token is not valid before {0}")]
    NotYet(Timestamp),
    /// Its time is over.
    #[error("the token expired at {0}")]
    Expired(Timestamp),
}

/// What a token says and whether it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// The key it names.
    pub kid: Option<String>,
    /// What it says; believe it only without a fault.
    pub claims: Option<Claims>,
    /// Why it does not hold.
    pub fault: Option<TokenFault>,
}

/// Reads and checks a token; `key` finds a published key by its name.
pub(crate) fn inspect(token: &str, rules: &Rules, now: Timestamp, key: impl FnOnce(&str) -> Option<Jwk>) -> Inspection {
    let token = token.trim();
    let header = token.split('.').next().and_then(read_part);
    let word = |name: &str| header.as_ref()?.get(name)?.as_str().map(str::to_owned);
    let kid = word("kid");
    let claims = token.split('.').nth(1).and_then(read_part).and_then(|value| serde_json::from_value(value).ok());
    let algorithm = word("alg");
    let fault = match (&claims, algorithm) {
        (Some(claims), Some(algorithm)) if algorithm == "EdDSA" => {
            signature_fault(token, kid.as_deref().and_then(key)).or_else(|| claims_fault(claims, rules, now))
        }
        (Some(_), Some(other)) => Some(TokenFault::Algorithm(other)),
        _ => Some(TokenFault::Malformed),
    };
    Inspection { kid, claims, fault }
}

fn read_part(part: &str) -> Option<serde_json::Value> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

fn signature_fault(token: &str, key: Option<Jwk>) -> Option<TokenFault> {
    let Some(key) = key else { return Some(TokenFault::UnknownKey) };
    let Ok(key) = DecodingKey::from_ed_components(&key.x) else { return Some(TokenFault::UnknownKey) };
    // Only the signature: the claims are checked by us, so that the answer can say which of them fails.
    let mut signature_only = Validation::new(Algorithm::EdDSA);
    signature_only.validate_exp = false;
    signature_only.validate_aud = false;
    signature_only.required_spec_claims.clear();
    match jsonwebtoken::decode::<Claims>(token, &key, &signature_only) {
        Ok(_) => None,
        Err(_) if token.split('.').count() != 3 => Some(TokenFault::Malformed),
        Err(_) => Some(TokenFault::Signature),
    }
}

fn claims_fault(claims: &Claims, rules: &Rules, now: Timestamp) -> Option<TokenFault> {
    let at = |seconds: i64| Timestamp::from_millis(seconds.saturating_mul(1000));
    if claims.iss != rules.issuer {
        return Some(TokenFault::Issuer(claims.iss.clone()));
    }
    if claims.aud != rules.audience {
        return Some(TokenFault::Audience(claims.aud.clone()));
    }
    if now.plus(rules.leeway) < at(claims.nbf) {
        return Some(TokenFault::NotYet(at(claims.nbf)));
    }
    (at(claims.exp).plus(rules.leeway) <= now).then(|| TokenFault::Expired(at(claims.exp)))
}
