//! Work that was given up: what administrators see of it, and how they have it tried again.

use api::{DeadLetter, Replay, Replayed};
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use web::{Fail, NoParams, Paged, RawBody, Who, listed};

use super::access::{Admins, actor};
use super::{Desks, error};

/// Lists the work that was given up, oldest first.
///
/// Such an entry holds back what comes after it for the same payment, and nothing else.
#[utoipa::path(
    get,
    path = "/dead-letters",
    tag = "dead letters",
    security(("bearer" = [])),
    params(web::PageParams),
    responses((status = 200, description = "A page of dead letters", body = Vec<DeadLetter>))
)]
pub(super) async fn list(
    State(desk): State<Desks>,
    _who: Who<Admins>,
    wanted: Paged<NoParams>,
) -> Result<Response, Fail> {
    let (letters, total) = desk.dead_letters(wanted.page).await.map_err(error::store)?;
    Ok(listed(letters, total))
}

/// Has work that was given up tried again: one entry, or all of them.
#[utoipa::path(
    post,
    path = "/dead-letters/replay",
    tag = "dead letters",
    security(("bearer" = [])),
    request_body = Option<Replay>,
    responses(
        (status = 200, description = "How many are tried again", body = Replayed),
        (status = 404, description = "That entry is no dead letter"),
    )
)]
pub(super) async fn replay(State(desk): State<Desks>, who: Who<Admins>, body: RawBody) -> Result<Json<Replayed>, Fail> {
    let asked: Replay = body.read_or_default().await?;
    let replayed = desk.replay(asked, &actor(&who)).await.map_err(error::store)?;
    if asked.id.is_some() && replayed == 0 {
        return Err(Fail::not_found("Não há nada parado com esse código.", "There is no dead letter with this id."));
    }
    tracing::info!(replayed, by = %who.subject, "dead letters are tried again");
    Ok(Json(Replayed { replayed }))
}
