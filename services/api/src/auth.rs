//! Bodies of the auth service (contract §3).

use std::fmt;

use domain::{Cpf, CustomerId, Email, ErasureId, Role, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Answer of `POST /token` (RFC 6749 §5.1).
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct TokenAnswer {
    /// The JWT.
    pub access_token: String,
    /// Always `bearer`.
    pub token_type: String,
    /// Seconds until it ends.
    pub expires_in: u64,
    /// Who it is for: a person's id, or the name of a service.
    pub customer_id: String,
    /// What it allows.
    pub role: Role,
}

impl fmt::Debug for TokenAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenAnswer").field("role", &self.role).field("expires_in", &self.expires_in).finish()
    }
}

/// The caller, as `GET /auth` tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Me {
    /// The subject of the token.
    pub id: String,
    /// The person's name, or the device's label.
    pub name: Option<String>,
    /// The e-mail.
    pub email: Option<String>,
    /// The CPF, masked: `***.982.247-**`.
    pub cpf: Option<String>,
    /// The role of the token.
    pub role: Role,
}

/// A person as an administrator sees one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Customer {
    /// The id.
    pub id: CustomerId,
    /// The name; none for an anonymous customer.
    pub name: Option<String>,
    /// The e-mail.
    pub email: Option<String>,
    /// The CPF, masked: `***.982.247-**`.
    pub cpf: Option<String>,
    /// What the person is.
    pub role: Role,
    /// Since when.
    pub created_at: Timestamp,
}

/// Somebody who may order now: the answer of identify, register and anonymous.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct Admitted {
    /// The person's id.
    pub id: CustomerId,
    /// The name; masked to the first one by identify.
    pub name: Option<String>,
    /// The e-mail; masked by identify.
    pub email: Option<String>,
    /// The CPF, masked: `***.982.247-**`.
    pub cpf: Option<String>,
    /// Always `customer`.
    pub role: Role,
    /// A short-lived token of that person.
    pub access_token: String,
    /// Always `bearer`.
    pub token_type: String,
    /// Seconds until it ends.
    pub expires_in: u64,
}

impl fmt::Debug for Admitted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admitted").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Body of `POST /customer/identify`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Identify {
    /// Whose.
    #[serde(serialize_with = "crate::expose::cpf")]
    pub cpf: Cpf,
}

/// Body of `POST /customer/anonymous`, which may also be empty.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Anonymous {}

/// Body of `POST /customer/register`.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Register {
    /// The person's name.
    #[schema(min_length = 1, max_length = 80)]
    pub name: String,
    /// Must not be anybody else's.
    #[serde(serialize_with = "crate::expose::email")]
    pub email: Email,
    /// Must not be anybody else's.
    #[serde(serialize_with = "crate::expose::cpf")]
    pub cpf: Cpf,
    /// To sign in with; without one the person identifies at the kiosk only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 8, max_length = 128)]
    pub password: Option<String>,
}

impl fmt::Debug for Register {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Register(***)")
    }
}

/// Body of `POST /customers/admin`.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAdmin {
    /// The person's name.
    #[schema(min_length = 1, max_length = 80)]
    pub name: String,
    /// To sign in with.
    #[serde(serialize_with = "crate::expose::email")]
    pub email: Email,
    /// To sign in with.
    #[serde(serialize_with = "crate::expose::cpf")]
    pub cpf: Cpf,
    /// To sign in with.
    #[schema(min_length = 8, max_length = 128)]
    pub password: String,
}

impl fmt::Debug for NewAdmin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewAdmin(***)")
    }
}

/// The public keys that tokens are signed with (RFC 7517 §5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Jwks {
    /// One for each key that a living token may name.
    pub keys: Vec<Jwk>,
}

/// An Ed25519 public key (RFC 8037 §2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Jwk {
    /// `OKP`.
    pub kty: String,
    /// `Ed25519`.
    pub crv: String,
    /// The key's name in a token's header.
    pub kid: String,
    /// The public key, base64url without padding.
    pub x: String,
    /// `EdDSA`.
    pub alg: String,
    /// `sig`.
    #[serde(rename = "use")]
    pub usage: String,
}

/// What a token says (RFC 7519 §4.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Claims {
    /// Whose: a person's id, `cli:<role>`, or the name of a service.
    pub sub: String,
    /// What it allows.
    pub role: Role,
    /// Who signed it.
    pub iss: String,
    /// Whom it is for.
    pub aud: String,
    /// Signed at, seconds since 1970 UTC.
    pub iat: i64,
    /// Not before, seconds since 1970 UTC.
    pub nbf: i64,
    /// Not after, seconds since 1970 UTC.
    pub exp: i64,
    /// The token's own id, by which it is revoked.
    pub jti: String,
    /// How the person proved who they are: `password`, or `presence` for a token of identify or anonymous, which
    /// sees less. Absent for devices and services.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amr: Option<String>,
    /// The label of a device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// Tokens that no longer hold, as `GET /revocations` tells it: one by its id, or all of a subject up to a moment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Revocation {
    /// One token.
    Token {
        /// The token's id.
        jti: String,
        /// Nothing is left to revoke from then on, seconds since 1970 UTC.
        exp: i64,
    },
    /// All tokens of one subject.
    Subject {
        /// Whose.
        sub: String,
        /// Those signed (`iat`) before then, seconds since 1970 UTC.
        before: i64,
        /// Nothing is left to revoke from then on, seconds since 1970 UTC.
        exp: i64,
    },
}

impl Revocation {
    /// When nothing is left to revoke, seconds since 1970 UTC.
    pub fn exp(&self) -> i64 {
        match self {
            Revocation::Token { exp, .. } | Revocation::Subject { exp, .. } => *exp,
        }
    }
}

/// How far the erasure of a person is: the receipt of `DELETE /customer/{id}`. It says nothing of the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Erased {
    /// The erasure's own id.
    pub id: ErasureId,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// When the last service had erased the last of it; null until then.
    pub completed_at: Option<Timestamp>,
    /// The person, with e-mail, CPF and password; null until it is erased.
    pub auth: Option<ErasedIn>,
    /// The person's orders, which stay, anonymous.
    pub order: Option<ErasedIn>,
    /// The person's payments, which stay, anonymous.
    pub payment: Option<ErasedIn>,
}

/// What one service erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErasedIn {
    /// How many records named the person.
    pub records: u32,
    /// When the service last said that none is left.
    pub erased_at: Timestamp,
}
