//! What `POST /token` is asked and how it says no (RFC 6749).

use std::time::Duration;

use api::{Lang, OAuthError};
use axum::Json;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{
    ACCEPT_LANGUAGE, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;
use web::Fail;

use crate::error::{Failure, LoginError};

use super::error;

/// The form of a token request; what else it says is ignored, as RFC 6749 §3.2 asks.
#[derive(Deserialize, ToSchema)]
pub(super) struct TokenForm {
    /// `password`, also when left out, or `client_credentials`.
    grant_type: Option<String>,
    /// An e-mail or a CPF.
    username: Option<String>,
    /// The password.
    #[schema(value_type = Option<String>, format = Password)]
    password: Option<SecretString>,
    /// The service, unless HTTP Basic names it.
    client_id: Option<String>,
    /// Its secret, unless HTTP Basic carries it.
    #[schema(value_type = Option<String>, format = Password)]
    client_secret: Option<SecretString>,
}

/// A token request that can be answered.
pub(super) enum Grant {
    Password { username: String, password: SecretString },
    Client { id: String, secret: SecretString },
}

/// Why there is no token.
pub(super) enum Refusal {
    Malformed,
    Missing(&'static str),
    TwoClients,
    UnknownGrant,
    OneOf,
    NotYours,
    WrongUser,
    WrongClient,
    TooMany(Duration),
    Failed(Failure),
    Web(Fail),
}

impl Grant {
    /// Reads a request.
    pub(super) fn read(headers: &HeaderMap, body: &[u8]) -> Result<Grant, Refusal> {
        if !is_form(headers) {
            return Err(Refusal::Malformed);
        }
        let form: TokenForm = serde_urlencoded::from_bytes(body).map_err(|_| Refusal::Malformed)?;
        let given = |value: Option<String>| value.filter(|text| !text.is_empty());
        match given(form.grant_type).as_deref() {
            None | Some("password") => Ok(Grant::Password {
                username: given(form.username).ok_or(Refusal::Missing("username"))?,
                password: form.password.ok_or(Refusal::Missing("password"))?,
            }),
            Some("client_credentials") => client(headers, given(form.client_id), form.client_secret),
            Some(_) => Err(Refusal::UnknownGrant),
        }
    }
}

/// A client names itself by HTTP Basic or in the form, not both (RFC 6749 §2.3).
fn client(headers: &HeaderMap, id: Option<String>, secret: Option<SecretString>) -> Result<Grant, Refusal> {
    match (headers.get(AUTHORIZATION), id, secret) {
        (Some(value), None, None) => basic(value).ok_or(Refusal::WrongClient),
        (Some(_), _, _) => Err(Refusal::TwoClients),
        (None, Some(id), Some(secret)) => Ok(Grant::Client { id, secret }),
        (None, _, _) => Err(Refusal::WrongClient),
    }
}

/// HTTP Basic (RFC 7617). Names and secrets of our clients have no character that a form would encode.
fn basic(value: &HeaderValue) -> Option<Grant> {
    let (scheme, credentials) = value.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(credentials.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some(Grant::Client { id: id.to_owned(), secret: secret.to_owned().into() })
}

pub(super) fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

impl Refusal {
    /// A password that did not do.
    pub(super) fn login(error: LoginError) -> Self {
        match error {
            LoginError::Wrong => Refusal::WrongUser,
            LoginError::TooMany(wait) => Refusal::TooMany(wait),
            LoginError::Failed(failure) => Refusal::Failed(failure),
        }
    }

    /// A client that did not do.
    pub(super) fn client(error: LoginError) -> Self {
        match error {
            LoginError::Wrong => Refusal::WrongClient,
            other => Refusal::login(other),
        }
    }

    /// The answer, in the language of the request. The texts are ASCII, as RFC 6749 §5.2 demands.
    pub(super) fn answer(self, headers: &HeaderMap) -> Response {
        let accepted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        let lang = accepted.map(Lang::from_accept_language).unwrap_or_default();
        let say = |pt: &str, en: &str| match lang {
            Lang::Pt => pt.to_owned(),
            Lang::En => en.to_owned(),
        };
        let bad = StatusCode::BAD_REQUEST;
        let (status, error, text, wait) = match self {
            Refusal::Malformed => {
                let (pt, en) = ("Envie um formulario com os dados de acesso.", "Send a form with the credentials.");
                (bad, "invalid_request", say(pt, en), None)
            }
            Refusal::Missing(field) => {
                (bad, "invalid_request", say(&format!("Falta {field}."), &format!("{field} is missing.")), None)
            }
            Refusal::TwoClients => {
                let (pt, en) = ("Identifique o cliente de um modo apenas.", "Name the client in one way only.");
                (bad, "invalid_request", say(pt, en), None)
            }
            Refusal::UnknownGrant => {
                let (pt, en) = (
                    "grant_type deve ser password ou client_credentials.",
                    "grant_type must be password or client_credentials.",
                );
                (bad, "unsupported_grant_type", say(pt, en), None)
            }
            Refusal::OneOf => {
                let (pt, en) = ("Envie token, jti ou sub, e apenas um.", "Send token, jti or sub, and only one.");
                (bad, "invalid_request", say(pt, en), None)
            }
            Refusal::NotYours => {
                let (pt, en) = ("Esse acesso nao e seu.", "That token is not yours.");
                (StatusCode::FORBIDDEN, "unauthorized_client", say(pt, en), None)
            }
            Refusal::WrongUser => {
                let (pt, en) = ("E-mail, CPF ou senha incorretos.", "Wrong e-mail, CPF or password.");
                (bad, "invalid_grant", say(pt, en), None)
            }
            Refusal::WrongClient => {
                let (pt, en) = ("Cliente desconhecido ou segredo incorreto.", "Unknown client or wrong secret.");
                (StatusCode::UNAUTHORIZED, "invalid_client", say(pt, en), None)
            }
            Refusal::TooMany(wait) => {
                let (pt, en) = (
                    "Muitas senhas incorretas. Aguarde antes de tentar de novo.",
                    "Too many wrong passwords. Wait before the next try.",
                );
                (StatusCode::TOO_MANY_REQUESTS, "rate_limited", say(pt, en), Some(wait))
            }
            Refusal::Failed(failure) => return error::failure(failure).into_response(),
            Refusal::Web(fail) => return fail.into_response(),
        };
        let body = OAuthError { error: error.to_owned(), error_description: Some(text) };
        let mut response = no_store((status, Json(body)).into_response());
        if status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Basic realm=\"lanchonete\", charset=\"UTF-8\"");
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        if let Some(wait) = wait {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        response
    }
}

/// Tokens, and answers about them, are kept by nobody on the way (RFC 6749 §5.1).
pub(super) fn no_store(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(PRAGMA, HeaderValue::from_static("no-cache"));
    response
}
