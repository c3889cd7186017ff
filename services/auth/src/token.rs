use std::fmt;
use std::time::Duration;

use api::auth::Claims;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{MAX_NAME, Role, Timestamp, clean_line};
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;
use web::TokenFault;

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

impl Inspection {
    /// What the token says, next to the judgement of those who check tokens.
    pub(crate) fn new(token: &str, fault: Option<TokenFault>) -> Self {
        let header: Option<Value> = token.split('.').next().and_then(read);
        let kid = header.and_then(|header| header.get("kid")?.as_str().map(str::to_owned));
        Inspection { kid, claims: token.split('.').nth(1).and_then(read), fault }
    }
}

fn read<T: DeserializeOwned>(part: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}
