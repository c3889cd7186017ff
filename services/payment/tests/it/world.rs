//! The service with everything around it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use api::payment::{Payment, PaymentEvent};
use domain::{Clock, Money, OrderId, PaymentId, PaymentMethod, PaymentStatus, Role, SystemClock, Timestamp};
use mercadopago::signature;
use payment::payment::{Actor, Charge};
use payment::store::mongo::MongoStore;
use payment::store::sqlite::SqliteStore;
use payment::store::{Inserted, PaymentStore, Schedule};
use payment::{MercadoPago, Places, Service, Settings, Timings};
use reqwest::Method;
use secrecy::SecretString;
use serde_json::{Value, json};
use store::StoreUrl;
use testkit::{Answer, Caller, Mint, TempDir, eventually};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::orders::Orders;
use crate::provider::Provider;

pub(crate) const SECRET: &str = "a-webhook-secret";
pub(crate) const PREVIOUS: &str = "the-secret-before";
pub(crate) const SOON: Duration = Duration::from_secs(60);

/// How long a killed instance holds what it had begun.
pub(crate) const LEFT_FOR: Duration = Duration::from_secs(60);

/// The machine's clock, which can be put forward.
#[derive(Default)]
pub(crate) struct Shifted(AtomicI64);

impl Clock for Shifted {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(SystemClock.now().millis() + self.0.load(Ordering::SeqCst))
    }
}

impl Shifted {
    pub(crate) fn advance(&self, by: Duration) {
        self.0.fetch_add(by.as_millis() as i64, Ordering::SeqCst);
    }
}

pub(crate) struct World {
    pub(crate) orders: Orders,
    pub(crate) provider: Provider,
    pub(crate) clock: Arc<Shifted>,
    pub(crate) mint: Mint,
    pub(crate) url: Url,
    store: Arc<dyn PaymentStore>,
    settings: Settings,
    served: Served,
    dir: TempDir,
}

/// Another instance of the service, on the same store.
pub(crate) struct Beside {
    pub(crate) url: Url,
    served: Served,
}

impl Beside {
    pub(crate) async fn stop(mut self) {
        self.served.stop().await;
    }
}

/// The running service; dropping it ends it.
struct Served {
    shutdown: CancellationToken,
    worker: Option<JoinHandle<()>>,
}

impl Served {
    async fn start(settings: Settings, listener: TcpListener) -> Self {
        let service = Service::open(settings).await.expect("the service opens");
        let shutdown = CancellationToken::new();
        let server = web::serve(service.router(), listener, shutdown.clone());
        let end = shutdown.clone();
        let worker = tokio::spawn(async move {
            let (served, ()) = tokio::join!(server, service.run(end));
            served.expect("the server ends well");
        });
        Served { shutdown, worker: Some(worker) }
    }

    async fn stop(&mut self) {
        self.shutdown.cancel();
        if let Some(worker) = self.worker.take() {
            worker.await.expect("the service ends well");
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

/// Quick, but patient with MercadoPago, which shares a processor with everybody here; and without the reconciler, so that
/// nothing but what a test does moves a payment.
pub(crate) fn timings() -> Timings {
    Timings {
        answer_wait: Duration::from_secs(30),
        call_timeout: Duration::from_secs(30),
        lease: Duration::from_secs(30),
        poll_every: Duration::from_millis(20),
        schedule: Schedule { first: Duration::from_secs(3600), max: Duration::from_secs(3600) },
        reconcile_every: Duration::from_millis(20),
        ..Timings::default()
    }
}

/// The same with a reconciler that asks often.
pub(crate) fn reconciling() -> Timings {
    Timings { schedule: Schedule { first: Duration::from_millis(50), max: Duration::from_millis(200) }, ..timings() }
}

async fn listen() -> (TcpListener, Url) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    (listener, url)
}

/// The service's store once more, to look into.
async fn open(settings: &Settings) -> Arc<dyn PaymentStore> {
    let schedule = settings.timings.schedule;
    match &settings.store {
        StoreUrl::Sqlite(file) => Arc::new(SqliteStore::open(file, schedule).expect("the store opens twice")),
        StoreUrl::Mongo(url) => {
            Arc::new(MongoStore::open(url, &settings.mongo, schedule).await.expect("the store opens twice"))
        }
    }
}

impl World {
    pub(crate) async fn start() -> World {
        World::with(timings()).await
    }

    pub(crate) async fn with(timings: Timings) -> World {
        let provider = Provider::start();
        let base = provider.running.url.clone();
        World::against(provider, base, timings).await
    }

    /// Against the MercadoPago at `base`, whichever that is.
    pub(crate) async fn against(provider: Provider, base: Url, timings: Timings) -> World {
        let dir = testkit::temp_dir();
        let store = StoreUrl::Sqlite(dir.path().join("payment.db"));
        World::on(store, dir, provider, base, timings).await
    }

    /// With its data on a MongoDB server.
    pub(crate) async fn on_mongo(url: &str, timings: Timings) -> World {
        let provider = Provider::start();
        let base = provider.running.url.clone();
        World::on(StoreUrl::Mongo(url.to_owned()), testkit::temp_dir(), provider, base, timings).await
    }

    async fn on(store: StoreUrl, dir: TempDir, provider: Provider, base: Url, timings: Timings) -> World {
        let orders = Orders::start();
        let clock = Arc::new(Shifted::default());
        let mint = Mint::with_clock(clock.clone());
        let (listener, url) = listen().await;
        let others = orders.running.url.clone();
        let places = Places { auth: others.clone(), order: others, public: url.clone() };
        let mp = MercadoPago {
            base_url: base,
            access_token: SecretString::from("TEST-token"),
            webhook_secret: SecretString::from(SECRET),
            webhook_secret_previous: Some(SecretString::from(PREVIOUS)),
            payer_email: "comprador@example.com".parse().unwrap(),
            live: false,
        };
        let mut settings = Settings::new(store, places, SecretString::from("secret"), mp);
        settings.keys = Some(mint.keys());
        settings.clock = clock.clone();
        settings.timings = timings;
        // A machine that stands still for a while has not lost its server.
        settings.mongo.connect_timeout = Duration::from_secs(30);
        let served = Served::start(settings.clone(), listener).await;
        let store = open(&settings).await;
        World { orders, provider, clock, mint, url, store, settings, served, dir }
    }

    /// The same after the service was ended and started anew.
    pub(crate) async fn restart(mut self) -> World {
        self.served.stop().await;
        let (listener, url) = listen().await;
        self.url = url;
        self.served = Served::start(self.settings.clone(), listener).await;
        self
    }

    /// Another instance of the service, on the same store.
    pub(crate) async fn beside(&self) -> Beside {
        let (listener, url) = listen().await;
        Beside { url, served: Served::start(self.settings.clone(), listener).await }
    }

    /// The order service, when it asks that other instance.
    pub(crate) fn caller_of(&self, beside: &Beside) -> Caller {
        Caller::new(beside.url.as_str()).with_token(self.mint.token_for("order", Role::Service, None))
    }

    /// Ends the service and lets go of the store.
    pub(crate) async fn stop(mut self) {
        self.served.stop().await;
        self.store.close().await;
    }

    /// Where the payments are, on SQLite.
    pub(crate) fn file(&self) -> std::path::PathBuf {
        self.dir.path().join("payment.db")
    }

    /// Database, write-ahead log and whatever else lies there, as somebody would copy it.
    pub(crate) fn files(&self) -> Vec<u8> {
        let files = std::fs::read_dir(self.dir.path()).unwrap();
        files.map(|entry| std::fs::read(entry.unwrap().path()).unwrap()).collect::<Vec<_>>().concat()
    }

    pub(crate) fn anyone(&self) -> Caller {
        Caller::new(self.url.as_str())
    }

    /// Dead letters of the outbox.
    pub(crate) async fn dead_letters(&self) -> u64 {
        self.store.counts().await.expect("the store answers").1.dead
    }

    pub(crate) fn as_role(&self, role: Role) -> Caller {
        self.anyone().with_token(self.mint.token(role))
    }

    pub(crate) fn caller(&self) -> Caller {
        self.anyone().with_token(self.mint.token_for("order", Role::Service, None))
    }

    pub(crate) fn admin(&self) -> Caller {
        self.as_role(Role::Admin)
    }

    pub(crate) async fn create(&self, body: &Value) -> Payment {
        self.caller().post("/payments", body).await.expect(201).parse()
    }

    /// A Pix of 35 reais.
    pub(crate) async fn pix(&self) -> Payment {
        self.create(&body("pix")).await
    }

    /// A Pix that was paid, and of which the order service knows.
    pub(crate) async fn paid(&self) -> Payment {
        let payment = self.pix().await;
        let provider_id = payment.provider_payment_id.clone().unwrap();
        self.provider.lock().set(&provider_id, "approved", "accredited");
        self.notify(&provider_id).await.expect(200);
        self.orders.told(payment.payment_id, PaymentStatus::Approved).await;
        self.payment(payment.payment_id).await
    }

    pub(crate) async fn payment(&self, id: PaymentId) -> Payment {
        self.caller().get(&format!("/payments/{id}")).await.expect(200).parse()
    }

    /// The payment, once it is in this status.
    pub(crate) async fn reaches(&self, id: PaymentId, status: PaymentStatus) -> Payment {
        eventually(SOON, || async { Some(self.payment(id).await).filter(|payment| payment.status == status) }).await
    }

    pub(crate) async fn events(&self, id: PaymentId) -> Vec<PaymentEvent> {
        self.admin().get(&format!("/payments/{id}/events")).await.expect(200).parse()
    }

    /// The log, once it has an entry of this kind.
    pub(crate) async fn logged(&self, id: PaymentId, kind: &str) -> PaymentEvent {
        eventually(SOON, || async { self.events(id).await.into_iter().find(|event| event.kind == kind) }).await
    }

    /// A notification signed now with the current secret.
    pub(crate) async fn notify(&self, provider_id: &str) -> Answer {
        self.notify_with(provider_id, SECRET, self.clock.now().seconds().to_string()).await
    }

    pub(crate) async fn notify_with(&self, provider_id: &str, secret: &str, ts: String) -> Answer {
        notify_by(self.anyone(), provider_id, secret, ts).await
    }

    /// The same, delivered to another instance.
    pub(crate) async fn notify_beside(&self, beside: &Beside, provider_id: &str) -> Answer {
        let ts = self.clock.now().seconds().to_string();
        notify_by(Caller::new(beside.url.as_str()), provider_id, SECRET, ts).await
    }

    /// Notifications that wait to be looked into.
    pub(crate) async fn waiting_notifications(&self) -> u64 {
        self.store.counts().await.expect("the store answers").0.open
    }

    /// Notifications that could not be looked into.
    pub(crate) async fn dead_notifications(&self) -> u64 {
        self.store.counts().await.expect("the store answers").0.dead
    }

    /// What an instance leaves that is killed after it stored a payment and before it charged it.
    pub(crate) async fn left_by_a_killed_instance(&self) -> PaymentId {
        let now = self.clock.now();
        let charge = Charge {
            order_id: OrderId::new(),
            attempt: 1,
            customer_id: None,
            amount: Money::from_centavos(3500),
            method: PaymentMethod::Pix,
            description: "Pedido 8".to_owned(),
            email: None,
            expires_at: now.plus(Duration::from_secs(1800)),
            key: None,
        };
        let (payment, step) = payment::payment::Payment::create(charge, &Actor::System, LEFT_FOR, now);
        let inserted = self.store.insert(&payment, step, now).await.expect("the store takes it");
        assert!(matches!(&inserted, Inserted::New(held) if held.len() == 1), "{inserted:?}");
        payment.id
    }

    /// Waits until the inbox and the outbox are empty.
    pub(crate) async fn quiet(&self) {
        eventually(SOON, || async {
            let (inbox, outbox) = self.store.counts().await.expect("the store answers");
            (inbox.open + outbox.open == 0).then_some(())
        })
        .await;
    }
}

async fn notify_by(caller: Caller, provider_id: &str, secret: &str, ts: String) -> Answer {
    let header = signature::header(&SecretString::from(secret), Some(provider_id), Some("a-request"), &ts);
    let request = caller
        .request(Method::POST, &format!("/payments/webhook?data.id={provider_id}&type=payment"))
        .header("x-signature", header)
        .header("x-request-id", "a-request")
        .json(&json!({ "id": 1, "type": "payment", "action": "payment.updated", "data": { "id": provider_id } }));
    caller.send(request).await
}

/// A body of `POST /payments` for a new order.
pub(crate) fn body(method: &str) -> Value {
    body_for(OrderId::new(), method)
}

pub(crate) fn body_for(order: OrderId, method: &str) -> Value {
    json!({ "order_id": order, "amount": 35.0, "description": "Pedido 7", "method": method })
}
