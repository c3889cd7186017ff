use std::sync::{Arc, Mutex};
use std::time::Duration;

use api::auth::Jwks;
use api::client::{AuthClient, Http, http_client};
use async_trait::async_trait;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use domain::Role;
use testkit::{Mint, Running, eventually, spawn};
use tokio_util::sync::CancellationToken;
use web::{KeyMemory, KeySource, RemoteKeys, TokenRules, Verifier};

const SOON: Duration = Duration::from_secs(20);

/// An auth service that tells these keys, or is out of order.
#[derive(Clone, Default)]
struct Auth(Arc<Mutex<Option<Jwks>>>);

impl Auth {
    fn tell(&self, jwks: Option<Jwks>) {
        *self.0.lock().unwrap() = jwks;
    }

    fn spawn(&self) -> Running {
        let told = self.clone();
        let answer = move || {
            let jwks = told.0.lock().unwrap().clone();
            async move { answer(jwks) }
        };
        spawn(Router::new().route("/.well-known/jwks.json", get(answer)))
    }
}

fn answer(jwks: Option<Jwks>) -> Response {
    match jwks {
        Some(jwks) => Json(jwks).into_response(),
        None => axum::http::StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

#[derive(Default)]
struct Memory(Mutex<Option<String>>);

#[async_trait]
impl KeyMemory for Memory {
    async fn load(&self) -> Option<String> {
        self.0.lock().unwrap().clone()
    }

    async fn save(&self, jwks: &str) {
        *self.0.lock().unwrap() = Some(jwks.to_owned());
    }
}

fn client(auth: &Running) -> AuthClient {
    AuthClient::new(Http::new(http_client(Duration::from_secs(5)).unwrap(), auth.url.clone()))
}

fn verifier(keys: &Arc<RemoteKeys>) -> Verifier {
    Verifier::new(TokenRules::default(), keys.clone(), Arc::new(domain::SystemClock))
}

#[tokio::test]
async fn keys_are_polled_kept_and_recalled() {
    let (first, second) = (Mint::new(), Mint::new());
    let auth = Auth::default();
    let server = auth.spawn();
    let memory = Arc::new(Memory::default());
    let keys = RemoteKeys::start(client(&server), Some(memory.clone()));
    let shutdown = CancellationToken::new();
    let polling = tokio::spawn(keys.clone().run(shutdown.clone()));
    assert!(!keys.dependency().ready);

    auth.tell(Some(first.jwks()));
    eventually(SOON, || async { keys.dependency().ready.then_some(()) }).await;
    let checks = verifier(&keys);
    assert!(checks.verify(&first.token(Role::Admin)).is_ok());

    // A token of a new key asks for the keys at once.
    auth.tell(Some(second.jwks()));
    let token = second.token(Role::Admin);
    eventually(SOON, || async { checks.verify(&token).ok() }).await;
    assert!(checks.verify(&first.token(Role::Admin)).is_err(), "the old key is gone");

    shutdown.cancel();
    polling.await.unwrap();
    server.stop().await;

    // A later start finds auth down and the keys in its own store.
    auth.tell(None);
    let server = auth.spawn();
    let later = RemoteKeys::start(client(&server), Some(memory));
    assert!(later.refresh().await.is_err());
    assert!(later.current().is_empty());
    later.recall().await;
    assert!(verifier(&later).verify(&token).is_ok());
}

#[tokio::test]
async fn an_empty_answer_takes_no_key_away() {
    let mint = Mint::new();
    let auth = Auth::default();
    let server = auth.spawn();
    let keys = RemoteKeys::start(client(&server), None);
    auth.tell(Some(mint.jwks()));
    keys.refresh().await.unwrap();
    auth.tell(Some(Jwks { keys: Vec::new() }));
    keys.refresh().await.unwrap();
    assert!(verifier(&keys).verify(&mint.token(Role::Kiosk)).is_ok());
}
