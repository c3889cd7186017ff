//! The next signing key, beside and instead of the old one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use api::client::{AuthClient, ClientCredentials, Http, http_client};
use auth::{Authority, KeyState, Service};
use domain::{ManualClock, Role, Timestamp};
use store::StoreUrl;
use testkit::mongo::{Kind, database};
use testkit::{Running, eventually};
use tokio_util::sync::CancellationToken;
use web::{KeySource, RemoteKeys, TokenFault, TokenRules, Verifier};

use crate::house::{House, settings};

const HOUR: Duration = Duration::from_secs(3600);
const SOON: Duration = Duration::from_secs(60);

fn kid(authority: &Authority, token: &str) -> String {
    authority.inspect(token).kid.unwrap()
}

fn device(authority: &Authority) -> String {
    authority.issue(Role::Kitchen, None, 400 * 24 * HOUR, Some("tablet")).unwrap().token
}

#[tokio::test]
async fn a_new_key_is_published_before_it_signs_and_the_old_one_until_its_last_token_ends() {
    let house = House::new().await;
    let authority = house.service.authority();
    let old = device(authority);
    let new_kid = authority.rotate_keys(false).await.unwrap();
    assert_eq!(authority.jwks().keys.len(), 2);
    assert_eq!(kid(authority, &device(authority)), kid(authority, &old), "the new key does not sign yet");
    house.clock.advance(Duration::from_millis(29_999));
    let last = device(authority);
    assert_eq!(kid(authority, &last), kid(authority, &old));
    house.clock.advance(Duration::from_millis(1));
    assert_eq!(kid(authority, &device(authority)), new_kid);
    // The device's token lives to its end, and a leeway longer, though its key signs no more.
    house.clock.advance(400 * 24 * HOUR + Duration::from_secs(28));
    assert_eq!(authority.inspect(&last).fault, None);
    assert_eq!(authority.inspect(&old).fault, Some(TokenFault::Expired));
    house.clock.advance(Duration::from_secs(120));
    assert_eq!(authority.jwks().keys.iter().map(|key| key.kid.as_str()).collect::<Vec<_>>(), [&new_kid]);
    let states: Vec<_> = authority.keys().into_iter().map(|key| key.state).collect();
    assert_eq!(states, [KeyState::Ended, KeyState::Signing]);
}

#[tokio::test]
async fn a_stolen_key_is_dropped_at_once() {
    let house = House::new().await;
    let authority = house.service.authority();
    let stolen = device(authority);
    let coming = authority.rotate_keys(false).await.unwrap();
    let new_kid = authority.rotate_keys(true).await.unwrap();
    assert_ne!(coming, new_kid);
    assert_eq!(authority.inspect(&stolen).fault, Some(TokenFault::UnknownKey));
    house.anyone().with_token(&stolen).get("/auth").await.expect(401);
    house.a(Role::Admin).get("/auth").await.expect(200);
    assert_eq!(authority.jwks().keys.iter().map(|key| key.kid.as_str()).collect::<Vec<_>>(), [&new_kid]);
}

#[tokio::test]
async fn two_that_rotate_at_once_make_two_keys() {
    let house = House::new().await;
    let other = Authority::open(settings(house.dir.path(), house.clock.clone())).await.unwrap();
    let (one, two) = tokio::join!(house.service.authority().rotate_keys(false), other.rotate_keys(false));
    assert_ne!(one.unwrap(), two.unwrap());
    other.rotate_keys(false).await.unwrap();
    assert_eq!(other.keys().len(), 4);
    other.close().await;
}

/// An auth service that works, and another service's view of its keys.
struct Works {
    service: Service,
    running: Running,
    verifier: Arc<Verifier>,
    keys: Arc<RemoteKeys>,
    shutdown: CancellationToken,
}

impl Works {
    async fn start(settings: auth::Settings) -> Works {
        let clock = settings.clock.clone();
        let service = Service::open(settings).await.unwrap();
        let running = testkit::spawn(service.router());
        let auth = AuthClient::new(Http::new(http_client(SOON).unwrap(), running.url.clone()));
        let ours = ClientCredentials::new(auth.clone(), "order", "order-secret".to_owned().into());
        let keys = RemoteKeys::start(auth, ours, None);
        let verifier = Arc::new(Verifier::new(TokenRules::default(), keys.clone(), clock));
        let shutdown = CancellationToken::new();
        tokio::spawn({
            let (service, shutdown) = (service.clone(), shutdown.clone());
            async move { service.run(shutdown).await }
        });
        eventually(SOON, || async { keys.refresh().await.ok() }).await;
        Works { service, running, verifier, keys, shutdown }
    }
}

/// Keys are read every 50 ms and polled every 50 ms here, in earnest every 2 s and every 5 s. A new one signs when
/// everybody has heard of it and the clock is put forward; in earnest 30 s are enough for that.
async fn no_request_fails_while_keys_change(store: impl Fn(&mut auth::Settings)) {
    let dir = testkit::temp_dir();
    let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_795_467_600_000)));
    let make = || {
        let mut settings = settings(dir.path(), clock.clone());
        settings.timings.reload = Duration::from_millis(50);
        store(&mut settings);
        settings
    };
    let [one, two] = [Works::start(make()).await, Works::start(make()).await];
    let old = device(one.service.authority());
    let old_kid = kid(one.service.authority(), &old);
    let (stop, checked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let mut clients = Vec::new();
    for (signs, checks) in [(&one, &two), (&two, &one)] {
        let keys = checks.keys.clone();
        let done = stop.clone();
        clients.push(tokio::spawn(async move {
            while !done.load(Ordering::Relaxed) {
                // One that fails leaves the keys as they were.
                let _ = keys.refresh().await;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }));
        let (authority, verifier, auth) =
            (signs.service.authority().clone(), checks.verifier.clone(), checks.running.caller());
        let (old, done, checked) = (old.clone(), stop.clone(), checked.clone());
        clients.push(tokio::spawn(async move {
            while !done.load(Ordering::Relaxed) {
                let new = device(&authority);
                for token in [&old, &new] {
                    assert!(verifier.verify(token).is_ok(), "{:?}", authority.inspect(token));
                    auth.with_token(token).get("/auth").await.expect(200);
                }
                checked.fetch_add(1, Ordering::Relaxed);
            }
        }));
    }
    let more_checks = async || {
        let before = checked.load(Ordering::Relaxed);
        eventually(SOON, || async { (checked.load(Ordering::Relaxed) > before + 20).then_some(()) }).await;
    };
    // As the command does it: another process on the same store.
    let command = Authority::open(make()).await.unwrap();
    let new_kid = command.rotate_keys(false).await.unwrap();
    command.close().await;
    for works in [&one, &two] {
        eventually(SOON, || async {
            let published = works.service.authority().jwks().keys.iter().any(|key| key.kid == new_kid);
            (published && works.keys.current().contains(&new_kid)).then_some(())
        })
        .await;
        assert_eq!(kid(works.service.authority(), &device(works.service.authority())), old_kid);
    }
    more_checks().await;
    clock.advance(auth::Timings::default().publish_ahead);
    for works in [&one, &two] {
        eventually(SOON, || async {
            let authority = works.service.authority();
            (kid(authority, &device(authority)) == new_kid).then_some(())
        })
        .await;
    }
    more_checks().await;
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.unwrap();
    }
    assert_eq!(kid(one.service.authority(), &old), old_kid);
    assert!(one.keys.current().contains(&old_kid) && one.keys.current().contains(&new_kid));
    for works in [one, two] {
        works.shutdown.cancel();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_fails_while_keys_change_on_sqlite() {
    no_request_fails_while_keys_change(|_| ()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_fails_while_keys_change_on_mongodb() {
    let Some(url) = database(Kind::Standalone) else { return };
    no_request_fails_while_keys_change(|settings| settings.store = StoreUrl::Mongo(url.clone())).await;
}
