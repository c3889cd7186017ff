use std::net::{IpAddr, SocketAddr};

use api::OAuthError;
use api::auth::{Jwks, Me, TokenAnswer};
use axum::extract::{ConnectInfo, State};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use http::HeaderMap;
use http::header::CACHE_CONTROL;
use web::{Fail, NoParams, Params, RawBody, Who};

use super::access::Anybody;
use super::error;
use super::oauth::{Grant, Refusal, TokenForm, no_store};
use crate::Authority;
use crate::people::Bearer;
use crate::token::Issued;

#[utoipa::path(
    post,
    path = "/token",
    tag = "tokens",
    summary = "Signs in with a password, or as one of our services (RFC 6749 §4.3, §4.4)",
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "A token", body = TokenAnswer),
        (status = 400, description = "invalid_grant, invalid_request or unsupported_grant_type", body = OAuthError),
        (status = 401, description = "invalid_client", body = OAuthError),
        (status = 429, description = "Too many wrong passwords; Retry-After says when again", body = OAuthError),
    )
)]
pub(super) async fn token(
    State(authority): State<Authority>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
    body: RawBody,
) -> Response {
    let peer = peer.map(|Extension(ConnectInfo(peer))| peer.ip());
    match grant(&authority, peer, &headers, body).await {
        Ok(issued) => no_store(Json(answer(issued)).into_response()),
        Err(refusal) => refusal.answer(&headers),
    }
}

async fn grant(
    authority: &Authority,
    peer: Option<IpAddr>,
    headers: &HeaderMap,
    body: RawBody,
) -> Result<Issued, Refusal> {
    let body = body.bytes().await.map_err(Refusal::Web)?;
    match Grant::read(headers, &body)? {
        Grant::Password { username, password } => {
            let signed_in = match peer {
                Some(address) => authority.login_from(address, &username, password).await,
                None => authority.login(&username, password).await,
            };
            signed_in.map_err(Refusal::login)
        }
        Grant::Client { id, secret } => authority.client_token(&id, &secret).map_err(Refusal::client),
    }
}

fn answer(issued: Issued) -> TokenAnswer {
    TokenAnswer {
        access_token: issued.token,
        token_type: "bearer".to_owned(),
        expires_in: issued.expires_in,
        customer_id: issued.claims.sub,
        role: issued.claims.role,
    }
}

#[utoipa::path(
    get,
    path = "/auth",
    tag = "tokens",
    summary = "Who the token is",
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The caller", body = Me),
    )
)]
pub(super) async fn me(
    who: Who<Anybody>,
    _: Params<NoParams>,
    State(authority): State<Authority>,
) -> Result<Response, Fail> {
    let bearer = Bearer { subject: &who.subject, role: who.role, amr: who.amr.as_deref(), label: who.name.as_deref() };
    let me = authority.me(bearer).await.map_err(error::failure)?;
    Ok(no_store(Json(me).into_response()))
}

#[utoipa::path(
    get,
    path = "/.well-known/jwks.json",
    tag = "tokens",
    summary = "The public keys that tokens are signed with (RFC 7517)",
    responses(
        (status = 200, description = "The keys", body = Jwks),
    )
)]
pub(super) async fn jwks(State(authority): State<Authority>) -> Response {
    // Kept no longer than our services keep it, so that a new key is known before it signs.
    ([(CACHE_CONTROL, "public, max-age=5")], Json(authority.jwks())).into_response()
}
