//! Taking tokens back before their time is over (RFC 7009).

use std::time::Duration;

use api::auth::Revocation;
use domain::{Timestamp, clean_line};

use crate::authority::Authority;
use crate::error::Failure;
use crate::token::MAX_SUBJECT;

/// Longest id of a token, in characters.
const MAX_ID: usize = 128;
/// A token of an erased person may still be signed this long after; persons' ids are never used again.
const LATE: Duration = Duration::from_secs(60);

/// Why nothing was taken back.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RevokeError {
    /// Not the id of a token, nor the name of a subject.
    #[error("an id has 1 to {MAX_ID} visible characters")]
    Id,
    /// See [`Failure`].
    #[error(transparent)]
    Failed(#[from] Failure),
}

fn visible(text: &str, most: usize) -> Result<String, RevokeError> {
    let text = clean_line(text, most).map_err(|_| RevokeError::Id)?;
    if text.contains(char::is_whitespace) { Err(RevokeError::Id) } else { Ok(text) }
}

impl Authority {
    /// Takes a token back that holds now; gives its id. None for one that does not hold: there is nothing to take back.
    ///
    /// # Errors
    /// [`RevokeError`].
    pub async fn revoke_token(&self, token: &str) -> Result<Option<String>, RevokeError> {
        match self.verifier().verify(token.trim()) {
            Ok(caller) => self.revoke_id(&caller.jti, Some(caller.expires)).await.map(Some),
            Err(_) => Ok(None),
        }
    }

    /// Takes back the token with this id, which expires at this moment if that is known; gives the id.
    ///
    /// # Errors
    /// [`RevokeError`].
    pub async fn revoke_id(&self, jti: &str, expires: Option<Timestamp>) -> Result<String, RevokeError> {
        let jti = visible(jti, MAX_ID)?;
        let expires = expires.unwrap_or_else(|| self.now().plus(self.lives().device_max));
        self.revoke(Revocation::Token { jti: jti.clone(), exp: self.over(expires) }).await?;
        Ok(jti)
    }

    /// Takes back every token of this subject that was signed until now.
    ///
    /// # Errors
    /// [`RevokeError`].
    pub async fn revoke_subject(&self, subject: &str) -> Result<(), RevokeError> {
        let subject = visible(subject, MAX_SUBJECT)?;
        // Tokens tell whole seconds, and this one is not over yet.
        Ok(self.revoke_before(subject, self.now().plus(Duration::from_secs(1))).await?)
    }

    /// Takes back every token of somebody who is no more, those included that are being signed right now.
    pub(crate) async fn revoke_for_good(&self, subject: String) -> Result<(), Failure> {
        self.revoke_before(subject, self.now().plus(LATE)).await
    }

    async fn revoke_before(&self, sub: String, before: Timestamp) -> Result<(), Failure> {
        let last = before.plus(self.lives().device_max);
        self.revoke(Revocation::Subject { sub, before: before.seconds(), exp: self.over(last) }).await
    }

    /// The second from which on nobody believes a token that expires at this moment.
    fn over(&self, expires: Timestamp) -> i64 {
        expires.plus(self.leeway()).seconds().saturating_add(1)
    }

    async fn revoke(&self, revocation: Revocation) -> Result<(), Failure> {
        self.store().revoke(revocation).await?;
        Ok(self.reload_revocations().await?)
    }

    /// What is revoked and would otherwise hold.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn revocations(&self) -> Result<Vec<Revocation>, Failure> {
        Ok(self.store().revocations(self.now()).await?)
    }
}
