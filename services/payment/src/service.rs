use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use api::Dependency;
use api::client::{AuthClient, ClientCredentials, Http, OrderClient, http_client};
use async_trait::async_trait;
use domain::Clock;
use store::{StoreError, StoreUrl};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;
use web::{KeyMemory, KeySource, Limits, Metrics, Readiness, RemoteKeys, Shell, TokenRules, Verifier};

use crate::desk::Desk;
use crate::http;
use crate::metrics::{Calls, Queues};
use crate::payment::Expected;
use crate::provider::Provider;
use crate::settings::Settings;
use crate::store::PaymentStore;
use crate::store::mongo::MongoStore;
use crate::store::sqlite::SqliteStore;

/// How far clocks may be apart when a token is checked.
const LEEWAY: Duration = Duration::from_secs(30);
/// Our name at auth.
const CLIENT: &str = "payment";

/// The payment service.
#[derive(Clone)]
pub struct Service {
    pub(crate) desk: Arc<Desk>,
    pub(crate) queues: Queues,
    pub(crate) remote_keys: Option<Arc<RemoteKeys>>,
    verifier: Arc<Verifier>,
    keys: Arc<dyn KeySource>,
    metrics: Arc<Metrics>,
    limits: Limits,
}

impl Service {
    /// Opens the store, migrating it if need be. Needs no network.
    ///
    /// # Errors
    /// Those of opening the store; [`StoreError::Internal`] for settings that no client can be made from.
    pub async fn open(settings: Settings) -> Result<Service, StoreError> {
        let store = open_store(&settings).await?;
        store.release_leases().await?;
        let metrics = Arc::new(Metrics::new("payment"));
        let (calls, queues) = (Calls::default(), Queues::default());
        calls.register(&mut metrics.registry());
        queues.register(&mut metrics.registry());
        let (clock, limits) = (settings.clock.clone(), settings.limits.clone());
        let auth = AuthClient::new(Http::new(client(&settings)?, settings.auth_url.clone()));
        let ours = ClientCredentials::new(auth.clone(), CLIENT, settings.client_secret.clone());
        let (keys, remote_keys) = keys(&settings, auth, &ours, &store);
        if let Some(remote) = &remote_keys {
            remote.recall().await;
        }
        let rules = TokenRules { issuer: settings.issuer.clone(), audience: settings.audience.clone(), leeway: LEEWAY };
        let verifier = Arc::new(Verifier::new(rules, keys.clone(), clock.clone()));
        let desk = Arc::new(desk(settings, store, ours, clock, calls)?);
        Ok(Service { desk, queues, remote_keys, verifier, keys, metrics, limits })
    }

    /// Everything that it answers.
    pub fn router(&self) -> axum::Router {
        let shell = Shell {
            name: "payment",
            openapi: http::about(),
            readiness: Arc::new(Ready(self.clone())),
            verifier: Some(self.verifier.clone()),
            limits: self.limits.clone(),
            metrics: self.metrics.clone(),
        };
        web::shell(http::routes(self.desk.clone()), shell)
    }

    /// Does the work that requests leave behind until `shutdown`, then finishes what is being done and closes the store.
    /// Call it once the listener has drained, or what is still being answered loses its store.
    pub async fn run(&self, shutdown: CancellationToken) {
        crate::workers::run(self, shutdown).await;
        self.desk.tasks.close();
        self.desk.tasks.wait().await;
        self.desk.store.close().await;
    }
}

async fn open_store(settings: &Settings) -> Result<Arc<dyn PaymentStore>, StoreError> {
    let schedule = settings.timings.schedule;
    match settings.store.clone() {
        StoreUrl::Sqlite(path) => {
            let open = move || SqliteStore::open(Path::new(&path), schedule);
            Ok(Arc::new(tokio::task::spawn_blocking(open).await.map_err(StoreError::internal)??))
        }
        StoreUrl::Mongo(url) => Ok(Arc::new(MongoStore::open(&url, &settings.mongo, schedule).await?)),
    }
}

fn client(settings: &Settings) -> Result<reqwest::Client, StoreError> {
    http_client(settings.timings.call_timeout).map_err(StoreError::internal)
}

fn keys(
    settings: &Settings,
    auth: AuthClient,
    ours: &Arc<ClientCredentials>,
    store: &Arc<dyn PaymentStore>,
) -> (Arc<dyn KeySource>, Option<Arc<RemoteKeys>>) {
    match &settings.keys {
        Some(keys) => (keys.clone(), None),
        None => {
            let remote = RemoteKeys::start(auth, ours.clone(), Some(Arc::new(Memory(store.clone()))));
            (remote.clone(), Some(remote))
        }
    }
}

fn desk(
    settings: Settings,
    store: Arc<dyn PaymentStore>,
    ours: Arc<ClientCredentials>,
    clock: Arc<dyn Clock>,
    calls: Calls,
) -> Result<Desk, StoreError> {
    let orders = Http::new(client(&settings)?, settings.order_url.clone()).with_bearer(ours);
    let mp = settings.mercadopago;
    let provider = mercadopago::Client::new(mercadopago::Settings {
        base_url: mp.base_url,
        access_token: mp.access_token,
        timeout: settings.timings.call_timeout,
        user_agent: concat!("lanchonete/", env!("CARGO_PKG_VERSION")).to_owned(),
    });
    Ok(Desk {
        inbox: store.inbox(),
        outbox: store.outbox(),
        store,
        provider: Provider::new(provider.map_err(StoreError::internal)?, calls),
        orders: OrderClient::new(orders),
        clock,
        timings: settings.timings,
        expected: Expected { live: mp.live },
        notification_url: webhook_url(settings.public_url),
        webhook_secrets: std::iter::once(mp.webhook_secret).chain(mp.webhook_secret_previous).collect(),
        payer_email: mp.payer_email,
        inbox_wake: Arc::new(Notify::new()),
        outbox_wake: Arc::new(Notify::new()),
        changed: Notify::new(),
        tasks: TaskTracker::new(),
    })
}

/// The route is added, so that nobody can point MercadoPago at a page without one.
fn webhook_url(mut public: Url) -> Url {
    if let Ok(mut segments) = public.path_segments_mut() {
        segments.pop_if_empty().extend(["payments", "webhook"]);
    }
    public
}

struct Memory(Arc<dyn PaymentStore>);

#[async_trait]
impl KeyMemory for Memory {
    async fn load(&self) -> Option<String> {
        self.0.keys().await.ok().flatten()
    }

    async fn save(&self, kept: &str) -> bool {
        let saved = self.0.keep_keys(kept).await;
        saved.inspect_err(|error| tracing::warn!(?error, "keys and revocations are not kept")).is_ok()
    }
}

struct Ready(Service);

#[async_trait]
impl Readiness for Ready {
    /// Charges and notices wait for the others, so those are told but not needed.
    async fn check(&self) -> Vec<Dependency> {
        let Service { desk, keys, remote_keys, .. } = &self.0;
        let store = desk.store.ping().await;
        let keys = match remote_keys {
            Some(remote) => remote.dependency(),
            None => Dependency::required("keys", keys.current().is_empty().then(|| "none".to_owned())),
        };
        let waits = |name: &str, answers: bool| {
            Dependency::wanted(name, (!answers).then(|| "does not answer; work for it waits".to_owned()))
        };
        vec![
            Dependency::required("store", store.err().map(|error| error.to_string())),
            keys,
            waits("order", desk.orders.http().answers().await),
            waits("mercadopago", !desk.provider.is_silent()),
        ]
    }

    fn live(&self) -> Option<bool> {
        Some(self.0.desk.expected.live)
    }
}
