//! A snack bar's order and payment service inside the process, to which requests are handed without a network.

use std::sync::OnceLock;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use domain::{Money, Role};
use order::{SeedCategory, SeedProduct};
use payment::{MercadoPago, Places};
use secrecy::SecretString;
use serde_json::Value;
use testkit::{Mint, TempDir};
use tokio::runtime::Runtime;
use tower::ServiceExt;

/// With what notifications are signed.
pub const WEBHOOK_SECRET: &str = "a-webhook-secret";

/// Both services, a product, and who may order it.
pub struct Counter {
    runtime: Runtime,
    order: Router,
    payment: Router,
    /// A product of the menu.
    pub product: String,
    /// A kiosk's token.
    pub token: String,
    _dir: TempDir,
}

/// The answer to a request.
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its body, where that is JSON.
    pub json: Value,
}

/// The one counter of this process.
pub fn counter() -> &'static Counter {
    static COUNTER: OnceLock<Counter> = OnceLock::new();
    COUNTER.get_or_init(Counter::open)
}

impl Counter {
    fn open() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let dir = testkit::temp_dir();
        let mint = Mint::new();
        let (order, payment, product) = runtime.block_on(open(&dir, &mint));
        Counter { runtime, order, payment, product, token: mint.token(Role::Kiosk), _dir: dir }
    }

    /// Hands a request to the order service.
    pub fn order(&self, request: Request<Body>) -> Answer {
        self.hand(&self.order, request)
    }

    /// Hands a request to the payment service.
    pub fn payment(&self, request: Request<Body>) -> Answer {
        self.hand(&self.payment, request)
    }

    fn hand(&self, to: &Router, request: Request<Body>) -> Answer {
        self.runtime.block_on(async {
            let answer = to.clone().oneshot(request).await.unwrap_or_else(|never| match never {});
            let status = answer.status();
            let body = axum::body::to_bytes(answer.into_body(), 1 << 24).await.expect("a whole body");
            Answer { status, json: serde_json::from_slice(&body).unwrap_or(Value::Null) }
        })
    }
}

async fn open(dir: &TempDir, mint: &Mint) -> (Router, Router, String) {
    let store = |name: &str| format!("sqlite:{}", dir.path().join(name).display()).parse().expect("a store");
    // Nobody listens there; what is to be sent stays in the outbox.
    let nobody = || url::Url::parse("http://127.0.0.1:9").expect("a URL");
    let secret = || SecretString::from("secret");

    let rules = web::TokenRules::default();
    let mut settings = order::Settings::new(store("order.db"), nobody(), nobody(), secret(), rules).expect("settings");
    settings.keys = Some(mint.keys());
    settings.qr_wait = Duration::ZERO;
    let order = order::Service::open(settings).await.expect("the order service");
    let burger = SeedProduct { name: "X-Burger".into(), description: String::new(), price: Money::from_centavos(2290) };
    let menu = [SeedCategory { name: "Sanduíches".into(), position: 1, products: vec![burger] }];
    order.seed(&menu).await.expect("a menu");
    let orders = order.router();
    let request = Request::get("/products").body(Body::empty()).expect("a request");
    let listed = orders.clone().oneshot(request).await.unwrap_or_else(|never| match never {});
    let listed = axum::body::to_bytes(listed.into_body(), 1 << 20).await.expect("a whole body");
    let listed: Value = serde_json::from_slice(&listed).expect("a list");
    let product = listed[0]["id"].as_str().expect("a product").to_owned();

    let places = Places { auth: nobody(), order: nobody(), public: nobody() };
    let mercadopago = MercadoPago {
        base_url: nobody(),
        access_token: "TEST-fuzz".into(),
        webhook_secret: WEBHOOK_SECRET.into(),
        webhook_secret_previous: None,
        payer_email: "caixa@example.com".parse().expect("an address"),
        live: false,
    };
    let mut settings = payment::Settings::new(store("payment.db"), places, secret(), mercadopago);
    settings.keys = Some(mint.keys());
    let payment = payment::Service::open(settings).await.expect("the payment service");
    (orders, payment.router(), product)
}
