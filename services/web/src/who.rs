use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use api::ProblemKind;
use api::auth::Claims;
use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use domain::{Role, Timestamp};

use crate::edge::Context;
use crate::token::moment;
use crate::{Fail, TokenFault, Verifier};

/// How far back somebody sees who showed no more than a CPF.
const PRESENCE: Duration = Duration::from_secs(24 * 60 * 60);

/// Who makes a request, as a token that holds says.
#[derive(Clone, PartialEq, Eq)]
pub struct Caller {
    /// A person's id, `cli:<role>`, or the name of a service.
    pub subject: String,
    /// As what.
    pub role: Role,
    /// The token's own id.
    pub jti: String,
    /// How the person proved who they are: `password` or `presence`.
    pub amr: Option<String>,
    /// The label of a device.
    pub name: Option<String>,
    /// Until when the token holds.
    pub expires: Timestamp,
}

impl From<Claims> for Caller {
    fn from(claims: Claims) -> Self {
        let expires = moment(claims.exp);
        let Claims { sub, role, jti, amr, name, .. } = claims;
        Caller { subject: sub, role, jti, amr, name, expires }
    }
}

impl Caller {
    /// From when on the caller sees what is theirs: a customer without a password sees no more than the last day. `None` is
    /// from the beginning.
    pub fn horizon(&self, now: Timestamp) -> Option<Timestamp> {
        let in_full = self.role != Role::Customer || self.amr.as_deref() == Some("password");
        (!in_full).then(|| now.minus(PRESENCE))
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller").field("subject", &self.subject).field("role", &self.role).finish_non_exhaustive()
    }
}

/// Which roles a route lets in. [`permit!`](crate::permit) declares one.
pub trait Permit: Send + Sync + 'static {
    /// The roles; nobody else gets through.
    const ROLES: &'static [Role];
}

/// Declares the permits of a service:
///
/// ```
/// web::permit! {
///     /// Who sees the kitchen's queue.
///     pub Kitchens => [Admin, Kitchen];
/// }
/// ```
#[macro_export]
macro_rules! permit {
    ($($(#[$doc:meta])* $vis:vis $name:ident => [$($role:ident),+ $(,)?];)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        $vis struct $name;

        impl $crate::Permit for $name {
            const ROLES: &'static [$crate::__Role] = &[$($crate::__Role::$role),+];
        }
    )*};
}

/// The caller of a route that lets in the roles of `P`: 401 without a token that holds, 403 with another role.
///
/// As a handler's first argument it answers before the body is read or an object is looked for.
#[derive(Debug, Clone)]
pub struct Who<P: Permit>(pub Caller, pub PhantomData<P>);

impl<P: Permit> Deref for Who<P> {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.0
    }
}

/// The caller of a public route, if it says who it is. A token that does not hold is 401 all the same.
#[derive(Debug, Clone)]
pub struct Anyone(pub Option<Caller>);

/// The token of a request whose answer goes on for long, so that it can be asked whether it still holds.
pub struct Pass {
    verifier: Arc<Verifier>,
    token: String,
}

impl Pass {
    /// Whether the token still holds: neither over, nor taken back, nor signed with a key that is gone.
    pub fn holds(&self) -> bool {
        self.verifier.verify(&self.token).is_ok()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Pass {
    type Rejection = Fail;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fail> {
        let (verifier, token) = presented(parts)?.ok_or_else(|| Fail::unauthenticated("Bearer"))?;
        verifier.verify(token)?;
        Ok(Pass { token: token.to_owned(), verifier: verifier.clone() })
    }
}

impl<P: Permit, S: Send + Sync> FromRequestParts<S> for Who<P> {
    type Rejection = Fail;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fail> {
        let caller = caller(parts)?.ok_or_else(|| Fail::unauthenticated("Bearer"))?;
        if !P::ROLES.contains(&caller.role) {
            let pt = "Seu perfil não permite esta ação.";
            return Err(Fail::new(ProblemKind::Forbidden, pt, "Your role does not allow this."));
        }
        Ok(Who(caller, PhantomData))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Anyone {
    type Rejection = Fail;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fail> {
        caller(parts).map(Anyone)
    }
}

fn caller(parts: &Parts) -> Result<Option<Caller>, Fail> {
    let Some((verifier, token)) = presented(parts)? else { return Ok(None) };
    Ok(Some(verifier.verify(token)?))
}

/// The token that came, and who checks it.
fn presented(parts: &Parts) -> Result<Option<(&Arc<Verifier>, &str)>, Fail> {
    let mut values = parts.headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let token = value.to_str().ok().and_then(bearer).filter(|_| values.next().is_none());
    let context = Context::of(&parts.extensions)?;
    let verifier = context.verifier.as_ref().ok_or_else(|| Fail::internal("this service has no verifier"))?;
    Ok(Some((verifier, token.ok_or(TokenFault::Malformed)?)))
}

/// The token of `Bearer TOKEN`; the scheme's case does not matter (RFC 9110 §11.1).
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
