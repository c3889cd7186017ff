use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What somebody is to the snack bar; each route names the roles it lets in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The owner.
    Admin,
    /// The till: what a kiosk may do, and cash, cancellations and reading payments.
    Cashier,
    /// The kitchen board.
    Kitchen,
    /// The self-service terminal.
    Kiosk,
    /// Somebody who orders.
    Customer,
    /// One of our own services.
    Service,
}

/// A word that names no role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown role {0:?}: one of admin, cashier, kitchen, kiosk, customer, service")]
pub struct UnknownRole(pub String);

impl Role {
    /// Every role, for tables.
    pub const ALL: [Role; 6] = [Role::Admin, Role::Cashier, Role::Kitchen, Role::Kiosk, Role::Customer, Role::Service];

    /// The word used on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::Admin => "admin",
            Role::Cashier => "cashier",
            Role::Kitchen => "kitchen",
            Role::Kiosk => "kiosk",
            Role::Customer => "customer",
            Role::Service => "service",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(word: &str) -> Result<Self, UnknownRole> {
        Role::ALL.into_iter().find(|role| role.as_str() == word).ok_or_else(|| UnknownRole(word.to_owned()))
    }
}
