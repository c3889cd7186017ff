use std::time::Duration;

use domain::TextError;
use store::StoreError;

/// Why the service cannot start.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store's signing keys are wrapped under another key than the one given.
    #[error(
        "the signing key {kid} in the auth store was wrapped under another master key: use the master key that the store was created with"
    )]
    WrappingKey {
        /// Which signing key.
        kid: String,
    },
    /// A setting that cannot be.
    #[error("{setting}: {reason}")]
    Setting {
        /// The name of the setting, as in the configuration file.
        setting: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// Something that does not depend on the request or the store.
    #[error("internal error of the auth service: {0}")]
    Internal(&'static str),
}

/// What can go wrong in any use case, whatever was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Failure {
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Too many passwords are waiting to be hashed.
    #[error("too many passwords are waiting to be checked")]
    Busy,
    /// Our fault.
    #[error("internal error of the auth service: {0}")]
    Internal(&'static str),
}

impl From<Failure> for OpenError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Store(error) => OpenError::Store(error),
            Failure::Busy => OpenError::Internal("busy"),
            Failure::Internal(what) => OpenError::Internal(what),
        }
    }
}

/// Why a person was not stored.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RegisterError {
    /// Somebody else has the e-mail, the CPF, or both.
    #[error("{}", taken(*email, *cpf))]
    Taken {
        /// The e-mail is taken.
        email: bool,
        /// The CPF is taken.
        cpf: bool,
    },
    /// Not a name.
    #[error("the name is {0}")]
    Name(TextError),
    /// Too short or too long a password.
    #[error("a password has {} to {} characters", crate::password::MIN, crate::password::MAX)]
    Password,
    /// See [`Failure`].
    #[error(transparent)]
    Failed(#[from] Failure),
}

fn taken(email: bool, cpf: bool) -> &'static str {
    match (email, cpf) {
        (true, true) => "the e-mail and the CPF are taken",
        (true, false) => "the e-mail is taken",
        _ => "the CPF is taken",
    }
}

impl From<StoreError> for RegisterError {
    fn from(error: StoreError) -> Self {
        RegisterError::Failed(error.into())
    }
}

/// Why nobody was signed in.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LoginError {
    /// No such person, no password, or another one: which of them is nobody's business.
    #[error("wrong user or password")]
    Wrong,
    /// Too many wrong passwords for this account or from this address; again after this long.
    #[error("too many wrong passwords")]
    TooMany(Duration),
    /// See [`Failure`].
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl From<StoreError> for LoginError {
    fn from(error: StoreError) -> Self {
        LoginError::Failed(error.into())
    }
}

/// Why no token was signed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum IssueError {
    /// A subject that is empty, too long, or has blanks or invisible characters.
    #[error("a subject has 1 to {} visible characters", crate::token::MAX_SUBJECT)]
    Subject,
    /// A label that cannot be shown.
    #[error("the name is {0}")]
    Name(TextError),
    /// A life of nothing, or longer than allowed.
    #[error("a token lives for at least 1 second and at most {} days", .0.as_secs() / 86_400)]
    Ttl(Duration),
    /// See [`Failure`].
    #[error(transparent)]
    Failed(#[from] Failure),
}
