use api::OAuthError;
use api::auth::Revocation;
use aws_lc_rs::digest::{SHA256, digest};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Role;
use http::header::{ETAG, IF_NONE_MATCH};
use http::{HeaderMap, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use utoipa::ToSchema;
use web::{Caller, Fail, NoParams, Params, RawBody, Who};

use super::access::{Anybody, Peer};
use super::error;
use super::oauth::{Refusal, is_form, no_store};
use crate::Authority;
use crate::revoke::RevokeError;

/// What to take back: one of the three.
#[derive(Deserialize, ToSchema)]
pub(super) struct RevokeForm {
    /// A token: one's own, or anybody's for an administrator.
    #[schema(value_type = Option<String>)]
    token: Option<SecretString>,
    /// The id of a token: that of the token this request is made with, or any for an administrator.
    jti: Option<String>,
    /// A subject, all of whose tokens are taken back; for administrators.
    sub: Option<String>,
}

#[utoipa::path(
    post,
    path = "/revoke",
    tag = "tokens",
    summary = "Takes a token back before its time is over (RFC 7009)",
    description = "Anyone may take back their own token, an administrator any. Every service refuses it within 15 \
        seconds. A token that does not hold is answered with 200 all the same.",
    request_body(content = RevokeForm, content_type = "application/x-www-form-urlencoded"),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "It does not hold, or not much longer"),
        (status = 400, description = "invalid_request", body = OAuthError),
        (status = 401, description = "invalid_client: no token to ask with; invalid_token: one that does not hold", body = OAuthError),
        (status = 403, description = "unauthorized_client: somebody else's token", body = OAuthError),
        (status = 422, description = "invalid_request: the address takes no parameter", body = OAuthError),
    )
)]
pub(super) async fn revoke(
    who: Who<Anybody>,
    _: Params<NoParams>,
    State(authority): State<Authority>,
    headers: HeaderMap,
    body: RawBody,
) -> Response {
    match taken_back(&authority, &who, &headers, body).await {
        Ok(()) => no_store(StatusCode::OK.into_response()),
        Err(refusal) => refusal.answer(&headers),
    }
}

async fn taken_back(authority: &Authority, caller: &Caller, headers: &HeaderMap, body: RawBody) -> Result<(), Refusal> {
    if !is_form(headers) {
        return Err(Refusal::Malformed);
    }
    let body = body.bytes().await.map_err(Refusal::Web)?;
    let form: RevokeForm = serde_urlencoded::from_bytes(&body).map_err(|_| Refusal::Malformed)?;
    let admin = caller.role == Role::Admin;
    match form {
        RevokeForm { token: Some(token), jti: None, sub: None } => {
            // One that does not hold is nobody's (RFC 7009 §2.2).
            let Ok(found) = authority.verifier().verify(token.expose_secret().trim()) else { return Ok(()) };
            if !admin && found.subject != caller.subject {
                return Err(Refusal::NotYours);
            }
            authority.revoke_id(&found.jti, Some(found.expires)).await.map_err(refused)?;
        }
        RevokeForm { token: None, jti: Some(jti), sub: None } => {
            let own = jti == caller.jti;
            if !admin && !own {
                return Err(Refusal::NotYours);
            }
            authority.revoke_id(&jti, own.then_some(caller.expires)).await.map_err(refused)?;
        }
        RevokeForm { token: None, jti: None, sub: Some(sub) } => {
            if !admin {
                return Err(Refusal::NotYours);
            }
            authority.revoke_subject(&sub).await.map_err(refused)?;
        }
        _ => return Err(Refusal::OneOf),
    }
    Ok(())
}

fn refused(error: RevokeError) -> Refusal {
    match error {
        RevokeError::Id => Refusal::OneOf,
        RevokeError::Failed(failure) => Refusal::Failed(failure),
    }
}

#[utoipa::path(
    get,
    path = "/revocations",
    tag = "tokens",
    summary = "Tokens that were taken back and have not expired",
    params(("If-None-Match" = Option<String>, Header, description = "The tag of the list that is known")),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "All of them", body = [Revocation], headers(("ETag" = String, description = "Of this list"))),
        (status = 304, description = "The list is the one that is known"),
    )
)]
pub(super) async fn revocations(
    _: Who<Peer>,
    _: Params<NoParams>,
    State(authority): State<Authority>,
    headers: HeaderMap,
) -> Result<Response, Fail> {
    let list = authority.revocations().await.map_err(error::failure)?;
    let text = serde_json::to_vec(&list).map_err(Fail::internal)?;
    let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(digest(&SHA256, &text)));
    if headers.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response());
    }
    Ok(([(ETAG, tag)], Json(list)).into_response())
}
