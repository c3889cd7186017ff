//! The stream of changes, as server-sent events (<https://html.spec.whatwg.org/multipage/server-sent-events.html>).

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use api::ProblemKind;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt as _;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use web::{Fail, NoParams, Params, Pass, Who};

use super::Cooks;
use crate::core::Core;
use crate::feed::{self, Told};

/// Silence after which a comment is sent, so that a dead connection is noticed.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// How often it is asked whether the listener's token still holds.
const CHECK: Duration = Duration::from_secs(5);

pub(super) fn routes() -> OpenApiRouter<Arc<Core>> {
    OpenApiRouter::new().routes(routes!(events))
}

/// Streams every change of an order
///
/// `event: order` with a queue entry; its `id` is to be sent back as `Last-Event-ID`, which may repeat up to 10
/// seconds. `event: reset` says that too much was missed: read the queue again. The stream ends soon after the token.
#[utoipa::path(get, path = "/orders/events", tag = "kitchen", security(("bearer" = [])),
params(("Last-Event-ID" = Option<String>, Header, description = "The id of the last event seen")), responses(
    (status = 200, content_type = "text/event-stream", body = String, description = "A stream that goes on"),
))]
async fn events(
    _: Who<Cooks>,
    pass: Pass,
    State(core): State<Arc<Core>>,
    _: Params<NoParams>,
    headers: HeaderMap,
) -> Result<Response, Fail> {
    let place = core.streams.clone().try_acquire_owned().map_err(|_| crowded())?;
    let last = headers.get("last-event-id").map(|value| value.to_str().unwrap_or_default());
    let events = feed::stream(core, last).take_until(no_longer(pass)).map(move |told| {
        let _until_it_ends = &place;
        Ok::<_, Infallible>(event(told))
    });
    let stream = Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT).text("aqui"));
    Ok(([("cache-control", "no-store"), ("x-accel-buffering", "no")], stream).into_response())
}

/// Until the token does not hold any more.
async fn no_longer(pass: Pass) {
    while pass.holds() {
        tokio::time::sleep(CHECK).await;
    }
}

fn crowded() -> Fail {
    let (pt, en) = ("Telas demais acompanham a cozinha agora.", "Too many screens follow the kitchen right now.");
    Fail::new(ProblemKind::Overloaded, pt, en).retry_after(HEARTBEAT)
}

fn event(told: Told) -> Event {
    match told {
        Told::Changed(event) => Event::default().event("order").id(feed::cursor(event.at)).data(event.data.as_str()),
        Told::Reset(at) => Event::default().event("reset").id(feed::cursor(at)).data("{}"),
    }
}
