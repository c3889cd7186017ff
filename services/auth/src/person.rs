use std::fmt;

use domain::{CustomerId, Email, Role, Timestamp};

use crate::cpf::SealedCpf;
use crate::password::PasswordText;

/// Somebody known to the snack bar: a customer, named or anonymous, or an administrator.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Person {
    /// Made by us; later ids are later persons.
    pub(crate) id: CustomerId,
    /// `admin` or `customer`.
    pub(crate) role: Role,
    /// None for an anonymous customer.
    pub(crate) name: Option<String>,
    /// Nobody else's.
    pub(crate) email: Option<Email>,
    /// Nobody else's.
    pub(crate) cpf: Option<SealedCpf>,
    /// None for who cannot sign in with one.
    pub(crate) password: Option<PasswordText>,
    /// Since when.
    pub(crate) created_at: Timestamp,
}

impl Person {
    /// The first name only: enough to greet, too little to know.
    pub(crate) fn first_name(&self) -> Option<&str> {
        self.name.as_deref().and_then(|name| name.split_whitespace().next())
    }
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Person").field("id", &self.id).field("role", &self.role).finish_non_exhaustive()
    }
}
