use std::sync::Arc;
use std::time::Duration;

use api::Dependency;
use api::client::{AuthClient, ClientCredentials, Http, PaymentClient, http_client};
use async_trait::async_trait;
use store::{StoreError, StoreResult, StoreUrl, Worker, WorkerOptions};
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use web::{KeyMemory, KeySource, Metrics, Readiness, RemoteKeys, Verifier};

use crate::board::Board;
use crate::catalog::{self, MenuError, SeedCategory, Seeded};
use crate::core::{Core, Peer, Unsent};
use crate::gauges::Gauges;
use crate::live::Live;
use crate::outbox::{self, HOLD};
use crate::store::{MongoStore, SqliteStore, Store};
use crate::wall::Wall;
use crate::{Settings, expiry, http, live, watch};

/// How long requests that were accepted and errands may go on after shutdown; a second later the process ends.
const DRAIN: Duration = Duration::from_secs(9);

/// The order service. Cloning it shares it.
#[derive(Clone)]
pub struct Service(Arc<Inner>);

struct Inner {
    core: Arc<Core>,
    verifier: Arc<Verifier>,
    remote: Option<Arc<RemoteKeys>>,
    metrics: Arc<Metrics>,
    gauges: Gauges,
}

impl Service {
    /// Opens the store, migrates it if needed, and reads what is kept in memory. Needs no listener, and no network
    /// but the way to its own database.
    ///
    /// # Errors
    /// When the store cannot be opened or read, or was made by a later version.
    pub async fn open(settings: Settings) -> StoreResult<Service> {
        let store = open_store(&settings).await?;
        store.recover().await?;
        let client = http_client(settings.call_timeout).map_err(StoreError::internal)?;
        let auth = AuthClient::new(Http::new(client.clone(), settings.auth_url));
        let bearer = ClientCredentials::new(auth.clone(), settings.client_id, settings.client_secret);
        let payment = Http::new(client, settings.payment_url);
        let payments = PaymentClient::new(payment.clone().with_bearer(bearer.clone()));
        let (keys, remote) = match settings.keys {
            Some(keys) => (keys, None),
            None => {
                let remote = RemoteKeys::start(auth, bearer, Some(Arc::new(KeptKeys(store.clone()))));
                remote.recall().await;
                (remote.clone() as Arc<dyn KeySource>, Some(remote))
            }
        };
        let verifier = Arc::new(Verifier::new(settings.tokens, keys, settings.clock.clone()));
        let metrics = Arc::new(Metrics::new("order"));
        let core = Arc::new(Core {
            board: Board::new(&store.queued().await?),
            compared: tokio::sync::Mutex::default(),
            today: tokio::sync::Mutex::default(),
            wall: Wall::new(store.menu().await?),
            store,
            clock: settings.clock,
            payments,
            peer: Peer::default(),
            live: Live::new(payment, settings.live),
            unsent: Unsent::default(),
            wake: Arc::new(Notify::new()),
            closing: CancellationToken::new(),
            requests: tokio_util::task::TaskTracker::new(),
            day: settings.day,
            expires_after: settings.expires_after,
            qr_wait: settings.qr_wait,
            streams: Arc::new(Semaphore::new(settings.limits.event_streams)),
            limits: settings.limits,
        });
        let gauges = Gauges::register(&metrics);
        Ok(Service(Arc::new(Inner { core, verifier, remote, metrics, gauges })))
    }

    /// All routes of the service, ready to be served.
    pub fn router(&self) -> axum::Router {
        let readiness = Arc::new(Probe(self.clone()));
        http::router(self.0.core.clone(), self.0.verifier.clone(), readiness, self.0.metrics.clone())
    }

    /// Does errands, ends what is overdue, follows keys and what others write, until `shutdown`; then lets requests and
    /// errands finish, for at most 9 seconds, and closes the store.
    pub async fn run(&self, shutdown: CancellationToken) {
        let core = &self.0.core;
        let mut workers = JoinSet::new();
        let options = WorkerOptions { hold: HOLD, ..WorkerOptions::default() };
        let handler = {
            let core = core.clone();
            move |work| outbox::handle(core.clone(), work)
        };
        let (queue, wake, clock) = (core.store.outbox(), core.wake.clone(), core.clock.clone());
        workers.spawn(Worker::run(queue, handler, wake, clock, options, shutdown.clone()));
        workers.spawn(expiry::run(core.clone(), shutdown.clone()));
        workers.spawn(watch::run(core.clone(), shutdown.clone()));
        workers.spawn(live::run(core.clone(), shutdown.clone()));
        workers.spawn(self.0.gauges.clone().run(core.clone(), shutdown.clone()));
        if let Some(remote) = &self.0.remote {
            workers.spawn(remote.clone().run(shutdown.clone()));
        }
        shutdown.cancelled().await;
        core.closing.cancel();
        core.requests.close();
        let ended = async {
            while workers.join_next().await.is_some() {}
            core.requests.wait().await;
        };
        if tokio::time::timeout(DRAIN, ended).await.is_err() {
            tracing::warn!("some requests or errands did not end in time");
        }
        core.store.close().await;
    }

    /// Makes the menu hold at least this: the same use cases as over HTTP. Loading it again changes nothing.
    ///
    /// # Errors
    /// When the store does not do it, or the menu breaks a rule.
    pub async fn seed(&self, menu: &[SeedCategory]) -> StoreResult<Seeded> {
        catalog::seed(&self.0.core, menu).await.map_err(|error| match error {
            MenuError::Store(error) => error,
            other => StoreError::internal(other),
        })
    }

    /// Whether nothing hangs on the wall yet.
    pub fn is_menu_empty(&self) -> bool {
        self.0.core.wall.read().menu.is_empty()
    }

    /// Asks auth for its keys once, so that a start can wait for them.
    ///
    /// # Errors
    /// When auth gave no answer. With keys of one's own there is nothing to ask.
    pub async fn refresh_keys(&self) -> Result<(), api::client::CallError> {
        match &self.0.remote {
            Some(remote) => remote.refresh().await,
            None => Ok(()),
        }
    }
}

async fn open_store(settings: &Settings) -> StoreResult<Arc<dyn Store>> {
    match &settings.store {
        StoreUrl::Sqlite(path) => {
            let path = path.clone();
            let opened = tokio::task::spawn_blocking(move || SqliteStore::open(&path)).await;
            Ok(Arc::new(opened.map_err(StoreError::internal)??))
        }
        StoreUrl::Mongo(url) => Ok(Arc::new(MongoStore::open(url, &settings.mongo).await?)),
    }
}

/// The keys of auth in the service's own store.
struct KeptKeys(Arc<dyn Store>);

#[async_trait]
impl KeyMemory for KeptKeys {
    async fn load(&self) -> Option<String> {
        self.0.load_keys().await.unwrap_or_else(|error| {
            tracing::warn!(?error, "the kept keys cannot be read");
            None
        })
    }

    async fn save(&self, kept: &str) -> bool {
        let saved = self.0.save_keys(kept.to_owned()).await;
        saved.inspect_err(|error| tracing::warn!(?error, "keys and revocations are not kept")).is_ok()
    }
}

struct Probe(Service);

#[async_trait]
impl Readiness for Probe {
    async fn check(&self) -> Vec<Dependency> {
        let core = &self.0.0.core;
        let (store, payment) = tokio::join!(core.store.ping(), core.payments.http().answers());
        let mut all = vec![Dependency::required("store", store.err().map(|error| error.to_string()))];
        all.extend(self.0.0.remote.as_ref().map(|remote| remote.dependency()));
        // Orders are taken without it too.
        let fault = (!payment).then(|| "not answering; charges wait in the outbox".to_owned());
        all.push(Dependency::wanted("payment", fault));
        all
    }
}
