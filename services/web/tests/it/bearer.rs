//! How a service renews its own token.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use api::client::{AuthClient, Bearer, ClientCredentials, Http, http_client};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use futures_util::future::join_all;
use secrecy::ExposeSecret;
use serde_json::json;
use testkit::{Running, eventually, spawn};
use tokio::sync::Semaphore;

const SOON: Duration = Duration::from_secs(20);
const WORKERS: usize = 32;

/// An auth service that signs one token for an hour, and answers to whoever asks again when it is let.
#[derive(Clone)]
struct Auth {
    asked: Arc<AtomicUsize>,
    let_go: Arc<Semaphore>,
}

impl Auth {
    fn new() -> Self {
        Auth { asked: Arc::default(), let_go: Arc::new(Semaphore::new(0)) }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    async fn answer(self) -> Response {
        if self.asked.fetch_add(1, Ordering::Relaxed) == 0 {
            let token = json!({
                "access_token": "first", "token_type": "bearer", "expires_in": 3600, "customer_id": "order", "role": "service",
            });
            return Json(token).into_response();
        }
        let _turn = self.let_go.acquire().await;
        StatusCode::SERVICE_UNAVAILABLE.into_response()
    }

    fn spawn(&self) -> Running {
        let auth = self.clone();
        spawn(Router::new().route("/token", post(move || auth.clone().answer())))
    }
}

fn bearer(auth: &Running) -> Arc<ClientCredentials> {
    let client = AuthClient::new(Http::new(http_client(SOON).unwrap(), auth.url.clone()));
    ClientCredentials::new(client, "order", "order-secret".to_owned().into())
}

async fn go_by(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

#[tokio::test]
async fn a_token_that_holds_is_used_whatever_its_renewal_comes_to() {
    let auth = Auth::new();
    let server = auth.spawn();
    let ours = bearer(&server);
    ours.token().await.unwrap();
    go_by(Duration::from_secs(3000)).await;
    // Auth does not answer, and nobody waits for it.
    for token in join_all((0..WORKERS).map(|_| ours.token())).await {
        assert_eq!(token.unwrap().expose_secret(), "first");
    }
    eventually(SOON, || async { (auth.asked() == 2).then_some(()) }).await;
    // It refuses, is left alone for a moment, and is asked again.
    auth.let_go.add_permits(WORKERS);
    eventually(SOON, || async {
        assert_eq!(ours.token().await.unwrap().expose_secret(), "first");
        (auth.asked() > 2).then_some(())
    })
    .await;
}

#[tokio::test]
async fn who_waits_for_a_token_learns_together_that_there_is_none() {
    let auth = Auth::new();
    let server = auth.spawn();
    let ours = bearer(&server);
    ours.token().await.unwrap();
    ours.refused().await;
    let waiting = join_all((0..WORKERS).map(|_| ours.token()));
    let letting = async {
        eventually(SOON, || async { (auth.asked() == 2).then_some(()) }).await;
        auth.let_go.add_permits(WORKERS);
    };
    let (tokens, ()) = tokio::join!(waiting, letting);
    assert!(tokens.iter().all(Result::is_err));
    assert_eq!(auth.asked(), 2, "one asked for all");
}
