//! A snack bar that is open: its order service on a port of its own, with a menu and everybody who works there.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use api::auth::{Claims, Jwks, Revocation};
use api::order::{NoticeAnswer, NoticeOutcome, Order, PaymentNotice, Product, TrackingRow};
use domain::{Clock, CustomerId, Money, OrderId, PaymentId, PaymentMethod, PaymentStatus, Role, Timestamp};
use order::store::{SqliteStore, Store as _};
use order::{SeedCategory, SeedProduct, Service, Settings};
use serde_json::{Value, json};
use store::StoreUrl;
use testkit::{Caller, Mint, Running, TempDir, eventually};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use web::{KeySet, KeySource};

use crate::peer::Peer;

pub(crate) const SOON: Duration = Duration::from_secs(60);
/// Longer than a charge takes on any machine, so that an order is never without its code because of the machine.
const PATIENT: Duration = Duration::from_secs(30);

struct Morning(Instant);

/// A clock that goes, from a certain morning on: pick-up numbers begin anew at midnight, and no test may run into that.
pub(crate) fn morning() -> Arc<dyn Clock> {
    Arc::new(Morning(Instant::now()))
}

impl Clock for Morning {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_790_000_000_000).plus(self.0.elapsed())
    }
}

pub(crate) struct Shop {
    pub(crate) peer: Peer,
    pub(crate) mint: Arc<Mint>,
    /// What auth has taken back.
    pub(crate) revoked: Arc<Revoked>,
    pub(crate) service: Service,
    store: StoreUrl,
    /// Keeps the file of a store on SQLite.
    _dir: Option<Arc<TempDir>>,
    pub(crate) clock: Arc<dyn Clock>,
    running: Option<Running>,
    worker: Option<JoinHandle<()>>,
    stop: CancellationToken,
}

fn seed(name: &str, centavos: i64) -> SeedProduct {
    SeedProduct { name: name.to_owned(), description: String::new(), price: Money::from_centavos(centavos) }
}

pub(crate) fn menu() -> Vec<SeedCategory> {
    let group = |name: &str, position, products| SeedCategory { name: name.to_owned(), position, products };
    vec![
        group("Bebidas", 2, vec![seed("Suco de laranja", 900), seed("Água", 400)]),
        group("Sanduíches", 1, vec![seed("X-Salada", 2490), seed("X-Burger", 2290)]),
    ]
}

/// The keys of the mint, and the tokens that were taken back.
pub(crate) struct Revoked {
    jwks: Jwks,
    tokens: Mutex<Vec<Revocation>>,
}

impl Revoked {
    pub(crate) fn take_back(&self, claims: &Claims) {
        let token = Revocation::Token { jti: claims.jti.clone(), exp: claims.exp };
        self.tokens.lock().unwrap().push(token);
    }
}

impl KeySource for Revoked {
    fn current(&self) -> KeySet {
        KeySet::new(&self.jwks, &self.tokens.lock().unwrap())
    }
}

impl Shop {
    pub(crate) async fn open() -> Shop {
        Self::with(morning()).await
    }

    pub(crate) async fn with(clock: Arc<dyn Clock>) -> Shop {
        Self::waiting(clock, PATIENT).await
    }

    /// Whose answers wait this long for their codes.
    pub(crate) async fn waiting(clock: Arc<dyn Clock>, qr_wait: Duration) -> Shop {
        let dir = testkit::temp_dir();
        let store = format!("sqlite:{}", dir.path().join("order.db").display()).parse().unwrap();
        let mint = Arc::new(Mint::with_clock(clock.clone()));
        let mut shop = Self::start(Peer::start(), mint, store, clock, qr_wait).await;
        shop._dir = Some(Arc::new(dir));
        shop
    }

    /// On a store that is there.
    pub(crate) async fn on(store: StoreUrl, clock: Arc<dyn Clock>) -> Shop {
        let mint = Arc::new(Mint::with_clock(clock.clone()));
        Self::start(Peer::start(), mint, store, clock, PATIENT).await
    }

    /// Two processes that start at once on one store; both have seen the whole menu, whoever came first.
    pub(crate) async fn two_on(store: StoreUrl, clock: Arc<dyn Clock>) -> [Shop; 2] {
        let (peer, mint) = (Peer::start(), Arc::new(Mint::with_clock(clock.clone())));
        let start = || Self::start(peer.clone(), mint.clone(), store.clone(), clock.clone(), PATIENT);
        let shops: [Shop; 2] = tokio::join!(start(), start()).into();
        for shop in &shops {
            shop.service.seed(&menu()).await.unwrap();
        }
        shops
    }

    async fn start(peer: Peer, mint: Arc<Mint>, store: StoreUrl, clock: Arc<dyn Clock>, qr_wait: Duration) -> Shop {
        let tokens = web::TokenRules::default();
        let mut settings =
            Settings::new(store.clone(), peer.url.clone(), peer.url.clone(), "secret".into(), tokens).unwrap();
        let revoked = Arc::new(Revoked { jwks: mint.jwks(), tokens: Mutex::default() });
        settings.keys = Some(revoked.clone());
        settings.clock = clock.clone();
        settings.qr_wait = qr_wait;
        // A machine that stands still for a while has not lost its server.
        settings.mongo.connect_timeout = Duration::from_secs(30);
        let service = Service::open(settings).await.unwrap();
        if service.is_menu_empty() {
            service.seed(&menu()).await.unwrap();
        }
        let running = testkit::spawn(service.router());
        let stop = CancellationToken::new();
        let worker = {
            let (service, stop) = (service.clone(), stop.clone());
            tokio::spawn(async move { service.run(stop).await })
        };
        Shop {
            peer,
            mint,
            revoked,
            service,
            store,
            _dir: None,
            clock,
            running: Some(running),
            worker: Some(worker),
            stop,
        }
    }

    /// Closes and opens again on the same store.
    pub(crate) async fn reopen(mut self) -> Shop {
        self.close().await;
        self.beside().await
    }

    /// A second process on the same store.
    pub(crate) async fn beside(&self) -> Shop {
        let (peer, mint, clock) = (self.peer.clone(), self.mint.clone(), self.clock.clone());
        let mut other = Self::start(peer, mint, self.store.clone(), clock, PATIENT).await;
        other._dir.clone_from(&self._dir);
        other
    }

    pub(crate) async fn close(&mut self) {
        self.stop.cancel();
        if let Some(worker) = self.worker.take() {
            worker.await.unwrap();
        }
        if let Some(running) = self.running.take() {
            running.stop().await;
        }
    }

    pub(crate) fn nobody(&self) -> Caller {
        self.running.as_ref().unwrap().caller()
    }

    pub(crate) fn a(&self, role: Role) -> Caller {
        self.nobody().with_token(self.mint.token(role))
    }

    pub(crate) fn customer(&self, id: CustomerId, amr: &str) -> Caller {
        self.nobody().with_token(self.mint.token_for(id.to_string(), Role::Customer, Some(amr)))
    }

    /// A product of the menu. An instance hears shortly after of what another one has put there.
    pub(crate) async fn product(&self, name: &str) -> Product {
        eventually(SOON, || async {
            let all: Vec<Product> = self.nobody().get("/products?limit=100").await.expect(200).parse();
            all.into_iter().find(|product| product.name == name)
        })
        .await
    }

    /// An order of two X-Burgers without onions and one juice.
    pub(crate) async fn body(&self, method: PaymentMethod) -> Value {
        let (burger, juice) = (self.product("X-Burger").await.id, self.product("Suco de laranja").await.id);
        json!({"payment_method": method, "order_items": [
            {"product_id": burger, "quantity": 2, "comment": "sem cebola"},
            {"product_id": juice, "quantity": 1},
        ]})
    }

    pub(crate) async fn place(&self, method: PaymentMethod) -> Order {
        let body = self.body(method).await;
        self.a(Role::Kiosk).post("/orders", &body).await.expect(201).parse()
    }

    pub(crate) async fn order(&self, id: OrderId) -> Order {
        self.a(Role::Admin).get(&format!("/orders/{id}")).await.expect(200).parse()
    }

    pub(crate) async fn tracking(&self, id: OrderId) -> Vec<TrackingRow> {
        self.a(Role::Admin).get(&format!("/orders/{id}/tracking")).await.expect(200).parse()
    }

    pub(crate) async fn until(&self, id: OrderId, holds: impl Fn(&Order) -> bool) -> Order {
        eventually(SOON, || async {
            let order = self.order(id).await;
            holds(&order).then_some(order)
        })
        .await
    }

    /// Waits until no errand is left to be done, and says how many can't be. Asks the store itself: what the service says
    /// of it may be some seconds old.
    pub(crate) async fn quiet(&self) -> u64 {
        let StoreUrl::Sqlite(path) = &self.store else { unreachable!("a file") };
        let store = SqliteStore::open(path).unwrap();
        let done = || async { Some(store.outbox_counts().await.unwrap()).filter(|counts| counts.open == 0) };
        let counts = eventually(SOON, done).await;
        store.close().await;
        counts.dead
    }

    pub(crate) async fn tell(&self, id: OrderId, notice: &PaymentNotice) -> NoticeOutcome {
        let answer = self.a(Role::Service).post(&format!("/internal/orders/{id}/payment"), notice).await.expect(200);
        answer.parse::<NoticeAnswer>().outcome
    }

    /// An order whose money has come.
    pub(crate) async fn paid(&self) -> Order {
        let order = self.place(PaymentMethod::Pix).await;
        self.tell(order.id, &notice(&order, 2, PaymentStatus::Approved)).await;
        self.order(order.id).await
    }

    pub(crate) async fn to(&self, id: OrderId, status: &str) -> Order {
        let body = json!({"status": status, "reason": "teste"});
        self.a(Role::Admin).patch(&format!("/orders/{id}"), &body).await.expect(200).parse()
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// What the payment service says of an order's payment.
pub(crate) fn notice(order: &Order, version: u64, status: PaymentStatus) -> PaymentNotice {
    PaymentNotice {
        payment_id: order.payment_id.unwrap_or_else(PaymentId::new),
        attempt: 1,
        version,
        method: order.payment_method,
        status,
        status_detail: String::new(),
        amount: order.amount,
        paid_amount: if status.was_paid() { order.amount } else { Money::ZERO },
        refunded_amount: if status == PaymentStatus::Refunded { order.amount } else { Money::ZERO },
        qr_code: order.qr_code.clone(),
        payment_link: order.payment_link.clone(),
        expires_at: order.expires_at,
    }
}
