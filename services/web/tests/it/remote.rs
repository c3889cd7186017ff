use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use api::auth::{Jwks, Revocation};
use api::client::{AuthClient, FixedToken, Http, http_client};
use async_trait::async_trait;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use domain::Role;
use testkit::{Mint, Running, eventually, spawn};
use tokio_util::sync::CancellationToken;
use web::{KeyMemory, KeySet, KeySource, RemoteKeys, TokenFault, TokenRules, Verifier};

const SOON: Duration = Duration::from_secs(60);
/// As long as the services' clients wait for an answer.
const CLIENT: Duration = Duration::from_secs(10);

/// An auth service that tells these keys and revocations, or is out of order.
#[derive(Clone, Default)]
struct Auth {
    /// Whether the keys are asked for in vain, without any answer.
    silent: Arc<AtomicBool>,
    jwks: Arc<Mutex<Option<Jwks>>>,
    revoked: Arc<Mutex<Option<Vec<Revocation>>>>,
}

impl Auth {
    fn tell(&self, jwks: Option<Jwks>) {
        *self.jwks.lock().unwrap() = jwks;
    }

    fn revoke(&self, revoked: Option<Vec<Revocation>>) {
        *self.revoked.lock().unwrap() = revoked;
    }

    fn spawn(&self) -> Running {
        let told = self.clone();
        let jwks = move || {
            let (jwks, silent) = (told.jwks.lock().unwrap().clone(), told.silent.load(Ordering::Relaxed));
            async move {
                match silent {
                    true => std::future::pending().await,
                    false => answer(jwks),
                }
            }
        };
        let told = self.clone();
        let revoked = move || {
            let revoked = told.revoked.lock().unwrap().clone();
            async move { answer(revoked) }
        };
        spawn(Router::new().route("/.well-known/jwks.json", get(jwks)).route("/revocations", get(revoked)))
    }
}

fn answer<T: serde::Serialize>(told: Option<T>) -> Response {
    match told {
        Some(told) => Json(told).into_response(),
        None => axum::http::StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

#[derive(Default)]
struct Memory {
    text: Mutex<Option<String>>,
    /// Whether nothing can be kept.
    broken: AtomicBool,
}

#[async_trait]
impl KeyMemory for Memory {
    async fn load(&self) -> Option<String> {
        self.text.lock().unwrap().clone()
    }

    async fn save(&self, kept: &str) -> bool {
        let works = !self.broken.load(Ordering::Relaxed);
        if works {
            *self.text.lock().unwrap() = Some(kept.to_owned());
        }
        works
    }
}

/// A store that does not answer.
struct Stuck;

#[async_trait]
impl KeyMemory for Stuck {
    async fn load(&self) -> Option<String> {
        None
    }

    async fn save(&self, _: &str) -> bool {
        std::future::pending().await
    }
}

fn client(auth: &Running) -> AuthClient {
    AuthClient::new(Http::new(http_client(CLIENT).unwrap(), auth.url.clone()))
}

fn remote(auth: &Running, memory: Option<Arc<dyn KeyMemory>>) -> Arc<RemoteKeys> {
    RemoteKeys::start(client(auth), FixedToken::new("ours".to_owned().into()), memory)
}

/// Asks until auth was heard in time.
async fn heard(keys: &Arc<RemoteKeys>) {
    eventually(SOON, async || keys.refresh().await.ok()).await;
}

fn verifier(keys: &Arc<RemoteKeys>) -> Verifier {
    Verifier::new(TokenRules::default(), keys.clone(), Arc::new(domain::SystemClock))
}

#[tokio::test]
async fn keys_are_polled_kept_and_recalled() {
    let (first, second) = (Mint::new(), Mint::new());
    let auth = Auth::default();
    auth.revoke(Some(Vec::new()));
    let server = auth.spawn();
    let memory = Arc::new(Memory::default());
    let keys = remote(&server, Some(memory.clone()));
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
    let later = remote(&server, Some(memory));
    assert!(later.refresh().await.is_err());
    assert!(later.current().is_empty());
    later.recall().await;
    assert!(verifier(&later).verify(&token).is_ok());
}

#[tokio::test]
async fn an_empty_answer_takes_no_key_away() {
    let mint = Mint::new();
    let auth = Auth::default();
    auth.revoke(Some(Vec::new()));
    let server = auth.spawn();
    let keys = remote(&server, None);
    auth.tell(Some(mint.jwks()));
    heard(&keys).await;
    auth.tell(Some(Jwks { keys: Vec::new() }));
    heard(&keys).await;
    assert!(verifier(&keys).verify(&mint.token(Role::Kiosk)).is_ok());
}

fn one(jti: &str) -> Revocation {
    Revocation::Token { jti: jti.to_owned(), exp: i64::MAX }
}

#[tokio::test]
async fn a_revocation_ends_a_remembered_token_and_outlives_auth() {
    let mint = Mint::new();
    let auth = Auth::default();
    auth.tell(Some(mint.jwks()));
    auth.revoke(Some(Vec::new()));
    let server = auth.spawn();
    let memory = Arc::new(Memory::default());
    let keys = remote(&server, Some(memory.clone()));
    heard(&keys).await;
    let checks = verifier(&keys);
    let (lost, kept) = (mint.claims(Role::Kiosk), mint.token(Role::Kiosk));
    let lost_token = mint.sign(&lost);
    assert!(checks.verify(&lost_token).is_ok() && checks.verify(&kept).is_ok(), "both are remembered now");

    auth.revoke(Some(vec![one(&lost.jti)]));
    heard(&keys).await;
    assert_eq!(checks.verify(&lost_token).err(), Some(TokenFault::Revoked));
    assert!(checks.verify(&kept).is_ok());
    assert_eq!(verifier(&keys).verify(&lost_token).err(), Some(TokenFault::Revoked), "and without a memory");

    // Auth tells its keys but not its revocations: those known stay, and keys go on being taken in.
    auth.revoke(None);
    let second = Mint::new();
    auth.tell(Some(Jwks { keys: [mint.jwks().keys, second.jwks().keys].concat() }));
    assert!(keys.refresh().await.is_err());
    assert!(checks.verify(&second.token(Role::Kiosk)).is_ok());
    assert_eq!(checks.verify(&lost_token).err(), Some(TokenFault::Revoked));
    server.stop().await;

    // A later start finds nobody, and both in its own store.
    let gone = auth.spawn();
    let later = remote(&gone, Some(memory));
    gone.stop().await;
    assert!(later.refresh().await.is_err());
    later.recall().await;
    assert!(verifier(&later).verify(&kept).is_ok());
    assert_eq!(verifier(&later).verify(&lost_token).err(), Some(TokenFault::Revoked));
}

#[tokio::test]
async fn a_revocation_that_could_not_be_kept_is_kept_with_the_next_answer() {
    let mint = Mint::new();
    let auth = Auth::default();
    auth.tell(Some(mint.jwks()));
    let lost = mint.claims(Role::Kiosk);
    auth.revoke(Some(vec![one(&lost.jti)]));
    let server = auth.spawn();
    let memory = Arc::new(Memory::default());
    memory.broken.store(true, Ordering::Relaxed);
    let keys = remote(&server, Some(memory.clone()));
    heard(&keys).await;
    assert!(memory.load().await.is_none());
    memory.broken.store(false, Ordering::Relaxed);
    heard(&keys).await;

    let later = remote(&server, Some(memory));
    later.recall().await;
    assert_eq!(verifier(&later).verify(&mint.sign(&lost)).err(), Some(TokenFault::Revoked));
}

#[tokio::test]
async fn a_store_that_does_not_answer_delays_no_refusal() {
    let mint = Mint::new();
    let auth = Auth::default();
    auth.tell(Some(mint.jwks()));
    let lost = mint.claims(Role::Kiosk);
    auth.revoke(Some(vec![one(&lost.jti)]));
    let server = auth.spawn();
    let keys = remote(&server, Some(Arc::new(Stuck)));
    let lost = mint.sign(&lost);
    let refused =
        eventually(SOON, || async { (verifier(&keys).verify(&lost).err() == Some(TokenFault::Revoked)).then_some(()) });
    tokio::select! {
        _ = keys.refresh() => panic!("it waits for the store"),
        () = refused => {}
    }
}

#[tokio::test]
async fn revocations_do_not_wait_for_the_keys() {
    let mint = Mint::new();
    let auth = Auth::default();
    auth.tell(Some(mint.jwks()));
    auth.revoke(Some(Vec::new()));
    let server = auth.spawn();
    let keys = remote(&server, None);
    heard(&keys).await;
    let lost = mint.claims(Role::Kiosk);
    auth.revoke(Some(vec![one(&lost.jti)]));
    auth.silent.store(true, Ordering::Relaxed);
    let began = std::time::Instant::now();
    assert!(keys.refresh().await.is_err());
    assert!(began.elapsed() < CLIENT, "it is asked again before the client gives up");
    assert_eq!(verifier(&keys).verify(&mint.sign(&lost)).err(), Some(TokenFault::Revoked));
}

#[tokio::test]
async fn keys_that_an_earlier_version_kept_are_recalled() {
    let mint = Mint::new();
    let auth = Auth::default();
    let server = auth.spawn();
    let memory = Arc::new(Memory::default());
    memory.save(&serde_json::to_string(&mint.jwks()).unwrap()).await;
    let keys = remote(&server, Some(memory));
    keys.recall().await;
    assert!(verifier(&keys).verify(&mint.token(Role::Kiosk)).is_ok());
}

#[test]
fn a_subject_is_revoked_up_to_a_moment() {
    let mint = Mint::new();
    let earlier = mint.claims(Role::Customer);
    let later = api::auth::Claims { iat: earlier.iat + 10, jti: "later".to_owned(), ..earlier.clone() };
    let revoked = [Revocation::Subject { sub: earlier.sub.clone(), before: earlier.iat + 10, exp: i64::MAX }];
    let keys = testkit::FixedKeys(KeySet::new(&mint.jwks(), &revoked));
    let checks = Verifier::new(TokenRules::default(), Arc::new(keys), Arc::new(domain::SystemClock));
    assert_eq!(checks.verify(&mint.sign(&earlier)).err(), Some(TokenFault::Revoked));
    assert!(checks.verify(&mint.sign(&later)).is_ok());
    assert!(checks.verify(&mint.token(Role::Customer)).is_ok(), "somebody else's");
}
