//! Work that was given up: what administrators see of it, and how they have it tried again.

use std::sync::Arc;

use api::{DeadLetter, Replay, Replayed};
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use domain::Page;
use store::{Dead, DeadLetters, StoreResult, WorkEntry};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use web::{Fail, NoParams, Paged, RawBody, Who, listed};

use super::{Admins, error};
use crate::core::Core;

pub(super) fn routes() -> OpenApiRouter<Arc<Core>> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(replay))
}

/// Lists the work that was given up, oldest first
///
/// Such an entry holds back what comes after it for the same order, and nothing else.
#[utoipa::path(
    get,
    path = "/dead-letters",
    tag = "dead letters",
    security(("bearer" = [])),
    params(web::PageParams),
    responses((status = 200, description = "A page of dead letters", body = Vec<DeadLetter>))
)]
async fn list(State(core): State<Arc<Core>>, _who: Who<Admins>, wanted: Paged<NoParams>) -> Result<Response, Fail> {
    let (letters, total) = letters(&core, wanted.page).await.map_err(error::store)?;
    Ok(listed(letters, total))
}

/// Has work that was given up tried again: one entry, or all of them
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
async fn replay(State(core): State<Arc<Core>>, who: Who<Admins>, body: RawBody) -> Result<Json<Replayed>, Fail> {
    let asked: Replay = body.read_or_default().await?;
    let replayed = revive(&core, asked).await.map_err(error::store)?;
    if asked.id.is_some() && replayed == 0 {
        return Err(Fail::not_found("Não há nada parado com esse código.", "There is no dead letter with this id."));
    }
    tracing::info!(replayed, by = %who.subject, "dead letters are tried again");
    Ok(Json(Replayed { replayed }))
}

fn of(core: &Core) -> DeadLetters {
    DeadLetters::new([("outbox", core.store.outbox())])
}

/// A page of the dead letters, oldest first, and how many there are.
async fn letters(core: &Core, page: Page) -> StoreResult<(Vec<DeadLetter>, u64)> {
    let total = core.store.outbox_counts().await?.dead;
    Ok((of(core).page(page).await?.into_iter().map(letter).collect(), total))
}

/// Has dead letters tried again; returns how many.
async fn revive(core: &Core, asked: Replay) -> StoreResult<u64> {
    let replayed = of(core).replay(&asked.id.map_or(Dead::All, Dead::Entry), core.now()).await?;
    core.wake.notify_one();
    Ok(replayed as u64)
}

fn letter((queue, entry): (&'static str, WorkEntry)) -> DeadLetter {
    DeadLetter {
        id: entry.id,
        queue: queue.to_owned(),
        aggregate: entry.aggregate,
        kind: entry.kind,
        attempts: entry.attempts,
        created_at: entry.created_at,
        last_error: entry.last_error,
    }
}
