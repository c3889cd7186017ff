//! An order service that keeps what it is told, and can be down; it also hands out the service's own token.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use api::auth::TokenAnswer;
use api::order::{NoticeAnswer, NoticeOutcome, PaymentNotice};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use domain::{PaymentId, PaymentStatus, Role};
use serde_json::json;
use testkit::{Running, eventually};

use crate::world::SOON;

#[derive(Default)]
struct Inner {
    down: AtomicBool,
    refused: AtomicBool,
    empty: AtomicBool,
    /// Whether a proxy answers in its place.
    away: AtomicBool,
    pages: AtomicUsize,
    /// How many notices came while it was down.
    turned_away: AtomicUsize,
    notices: Mutex<Vec<PaymentNotice>>,
}

pub(crate) struct Orders {
    inner: Arc<Inner>,
    pub(crate) running: Running,
}

async fn notice(State(inner): State<Arc<Inner>>, headers: HeaderMap, Json(notice): Json<PaymentNotice>) -> Response {
    if inner.down.load(Ordering::SeqCst) {
        inner.turned_away.fetch_add(1, Ordering::SeqCst);
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    if inner.away.load(Ordering::SeqCst) {
        inner.pages.fetch_add(1, Ordering::SeqCst);
        return (StatusCode::NOT_FOUND, "<html>no such host</html>").into_response();
    }
    if inner.refused.load(Ordering::SeqCst) {
        return no(StatusCode::UNPROCESSABLE_ENTITY, "invalid_body");
    }
    if inner.empty.load(Ordering::SeqCst) {
        return no(StatusCode::NOT_FOUND, "not_found");
    }
    if headers.get("authorization").is_none_or(|value| value != "Bearer our-own-token") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    inner.notices.lock().unwrap().push(notice);
    Json(NoticeAnswer { outcome: NoticeOutcome::Applied }).into_response()
}

fn no(status: StatusCode, code: &str) -> Response {
    let problem = json!({ "type": "about:blank", "title": "No", "status": status.as_u16(), "code": code,
        "detail": "Não.", "instance": "/" });
    (status, Json(problem)).into_response()
}

async fn token() -> Json<TokenAnswer> {
    Json(TokenAnswer {
        access_token: "our-own-token".to_owned(),
        token_type: "bearer".to_owned(),
        expires_in: 3600,
        customer_id: "payment".to_owned(),
        role: Role::Service,
    })
}

impl Orders {
    pub(crate) fn start() -> Self {
        let inner = Arc::new(Inner::default());
        let routes = Router::new()
            .route(
                "/internal/orders/{id}/payment",
                post(|Path(_): Path<String>, state, headers, body| notice(state, headers, body)),
            )
            .route("/token", post(token))
            .with_state(inner.clone());
        Orders { inner, running: testkit::spawn(routes) }
    }

    pub(crate) fn set_down(&self, down: bool) {
        self.inner.down.store(down, Ordering::SeqCst);
    }

    /// Waits until it was told something in vain while it was down.
    pub(crate) async fn turned_away(&self) {
        eventually(SOON, || async { (self.inner.turned_away.load(Ordering::SeqCst) > 0).then_some(()) }).await;
    }

    pub(crate) fn refuse(&self, refused: bool) {
        self.inner.refused.store(refused, Ordering::SeqCst);
    }

    /// Whether it has no order at all.
    pub(crate) fn set_empty(&self, empty: bool) {
        self.inner.empty.store(empty, Ordering::SeqCst);
    }

    /// Puts a proxy in its place that answers with a page of its own.
    pub(crate) fn set_away(&self, away: bool) {
        self.inner.away.store(away, Ordering::SeqCst);
    }

    /// How many pages that proxy has sent.
    pub(crate) fn pages(&self) -> usize {
        self.inner.pages.load(Ordering::SeqCst)
    }

    pub(crate) fn notices(&self, payment: PaymentId) -> Vec<PaymentNotice> {
        let all = self.inner.notices.lock().unwrap();
        all.iter().filter(|notice| notice.payment_id == payment).cloned().collect()
    }

    /// The first notice that says so; panics when there is none in time.
    pub(crate) async fn told(&self, payment: PaymentId, status: PaymentStatus) -> PaymentNotice {
        eventually(SOON, || async { self.notices(payment).into_iter().find(|notice| notice.status == status) }).await
    }
}
