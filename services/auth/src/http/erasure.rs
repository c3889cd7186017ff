use api::ProblemKind;
use api::auth::Erased;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::{CustomerId, ErasureId, Role};
use http::StatusCode;
use http::header::LOCATION;
use web::{Fail, NoParams, Params, PathId, Who};

use super::access::{Eraser, Owner};
use super::error;
use crate::Authority;
use crate::token::Proof;

#[utoipa::path(
    delete,
    path = "/customer/{id}",
    tag = "customers",
    summary = "Erases a person everywhere (LGPD)",
    description = "The person is gone here at once, and their tokens hold nowhere within 15 seconds. The other services \
        are asked until they have done it too; `Location` is where that can be followed. Orders and payments stay, \
        anonymous. A customer may erase only themselves, signed in with a password.",
    params(("id" = CustomerId, Path, description = "Whom")),
    security(("bearer" = [])),
    responses(
        (status = 204, description = "Erased here, and under way elsewhere", headers(("Location" = String, description = "The receipt, for an administrator"))),
        (status = 403, description = "`forbidden`: another role, or signed in without a password"),
        (status = 404, description = "`not_found`: nobody, or somebody else"),
    )
)]
pub(super) async fn erase(
    who: Who<Eraser>,
    PathId(id): PathId<CustomerId>,
    params: Result<Params<NoParams>, Fail>,
    State(authority): State<Authority>,
) -> Result<Response, Fail> {
    if who.role != Role::Admin {
        if who.subject != id.to_string() {
            return Err(error::no_customer());
        }
        if who.amr.as_deref() != Some(Proof::Password.as_str()) {
            return Err(Fail::new(
                ProblemKind::Forbidden,
                "Entre com a sua senha para apagar o seu cadastro.",
                "Sign in with your password to erase yourself.",
            ));
        }
    }
    authority.find_customer(id).await.map_err(error::failure)?.ok_or_else(error::no_customer)?;
    params?;
    let erasure = authority.erase(id).await.map_err(error::failure)?.ok_or_else(error::no_customer)?;
    Ok((StatusCode::NO_CONTENT, [(LOCATION, format!("/erasures/{erasure}"))]).into_response())
}

#[utoipa::path(
    get,
    path = "/erasures/{id}",
    tag = "customers",
    summary = "How far an erasure is; its receipt once it is done",
    params(("id" = ErasureId, Path, description = "Which")),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The erasure, without anything about the person", body = Erased),
        (status = 404, description = "`not_found`"),
    )
)]
pub(super) async fn show(
    _: Who<Owner>,
    PathId(id): PathId<ErasureId>,
    params: Result<Params<NoParams>, Fail>,
    State(authority): State<Authority>,
) -> Result<Json<Erased>, Fail> {
    let none = || Fail::not_found("Esta exclusão não existe.", "There is no such erasure.");
    let found = authority.erasure(id).await.map_err(error::failure)?.ok_or_else(none)?;
    params.map(|_| Json(found))
}
