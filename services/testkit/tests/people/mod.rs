//! The three services in this process, with somebody of every role and something of everything.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use auth::{Argon2, Clients, CpfKeys, Key};
use domain::{Clock, ManualClock, Role, SystemClock};
use serde_json::{Value, json};
use store::StoreUrl;
use testkit::{Caller, FixedKeys, Running, TempDir};
use web::{KeySet, KeySource, TokenRules};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const PASSWORD: &str = "correta-cavalo-bateria";

/// Nobody's and nothing's id.
const NO_ONE: &str = "01939d2e-7c9a-7c3e-9a55-0c1de0a1b2c3";

/// A registered person who has signed in.
pub(crate) struct Person {
    pub(crate) id: String,
    cpf: String,
    pub(crate) token: String,
}

pub(crate) struct Shop {
    running: BTreeMap<&'static str, Running>,
    tokens: BTreeMap<&'static str, String>,
    own: Option<Person>,
    order: String,
    payment: String,
    made: AtomicU32,
    clock: Arc<ManualClock>,
    _dir: TempDir,
}

impl Shop {
    pub(crate) async fn open() -> Self {
        let dir = testkit::temp_dir();
        let clock = Arc::new(ManualClock::new(SystemClock.now().minus(DAY)));
        let file = |name: &str| StoreUrl::Sqlite(dir.path().join(name));
        let auth = auth::Service::open(auth_settings(file("auth.db"), clock.clone())).await.unwrap();
        let authority = auth.authority();
        let issue = |role, life| authority.issue(role, None, life, None).unwrap().token;
        let mut tokens = BTreeMap::from([("expired", issue(Role::Admin, Duration::from_secs(60)))]);
        clock.advance(DAY);
        for role in [Role::Admin, Role::Cashier, Role::Kitchen, Role::Kiosk, Role::Service] {
            tokens.insert(role.as_str(), issue(role, 3 * DAY));
        }
        let keys: Arc<dyn KeySource> = Arc::new(FixedKeys(KeySet::from_jwks(&authority.jwks())));

        // Nobody listens there: what one service says to another is not what this is about.
        let nowhere: url::Url = "http://127.0.0.1:9/".parse().unwrap();
        let rules = TokenRules::default();
        let mut settings =
            order::Settings::new(file("order.db"), nowhere.clone(), nowhere.clone(), "secret".into(), rules).unwrap();
        (settings.keys, settings.clock, settings.qr_wait) = (Some(keys.clone()), clock.clone(), Duration::ZERO);
        let order = order::Service::open(settings).await.unwrap();
        let made = sandbox::Settings::new(dir.path().join("sandbox.db"), nowhere.clone(), "secret".into());
        let sandbox = testkit::spawn(sandbox::open(made).await.unwrap().router());
        let places = payment::Places { auth: nowhere.clone(), order: nowhere.clone(), public: nowhere.clone() };
        let mercadopago = payment::MercadoPago {
            base_url: sandbox.url.clone(),
            access_token: "TEST-nobody".into(),
            webhook_secret: "secret".into(),
            webhook_secret_previous: None,
            payer_email: "caixa@example.com".parse().unwrap(),
            live: false,
        };
        let mut settings = payment::Settings::new(file("payment.db"), places, "secret".into(), mercadopago);
        (settings.keys, settings.clock) = (Some(keys), clock.clone());
        // The picture of the charge is part of what is looked at, however slow the machine is.
        settings.timings.answer_wait = Duration::from_secs(60);
        let payment = payment::Service::open(settings).await.unwrap();

        let running = BTreeMap::from([
            ("auth", testkit::spawn(auth.router())),
            ("order", testkit::spawn(order.router())),
            ("payment", testkit::spawn(payment.router())),
            ("sandbox", sandbox),
        ]);
        let (order, payment, made) = (String::new(), String::new(), AtomicU32::new(0));
        let mut shop = Shop { running, tokens, own: None, order, payment, made, clock, _dir: dir };
        shop.stock().await;
        shop
    }

    /// Two customers, and the order and payment of the first.
    async fn stock(&mut self) {
        let (own, foreign) = (self.customer().await, self.customer().await);
        let product = self.product().await;
        let lines = json!({"order_items": [{"product_id": product, "quantity": 1}], "payment_method": "counter"});
        let order = self.caller("order", Some(own.token.clone())).post("/orders", &lines).await.expect(201).json;
        self.order = id(&order, "id");
        let charge = json!({
            "order_id": self.order, "customer_id": own.id, "amount": order["amount"], "method": "pix", "description": "Pedido",
        });
        let charged = self.caller("payment", self.token("service")).post("/payments", &charge).await.expect(201).json;
        assert!(charged["qr_code"].is_string(), "there is nothing to draw: {charged}");
        self.payment = id(&charged, "payment_id");
        self.tokens.insert("own", own.token.clone());
        self.tokens.insert("foreign", foreign.token);
        self.own = Some(own);
    }

    /// The first customer's id.
    pub(crate) fn own(&self) -> &str {
        &self.own.as_ref().unwrap().id
    }

    /// The token of a caller; nobody has none.
    pub(crate) fn token(&self, caller: &str) -> Option<String> {
        assert!(caller == "nobody" || self.tokens.contains_key(caller), "who is {caller}?");
        self.tokens.get(caller).cloned()
    }

    pub(crate) fn caller(&self, service: &str, token: Option<String>) -> Caller {
        let caller = self.running[service].caller();
        match token {
            Some(token) => caller.with_token(token),
            None => caller,
        }
    }

    fn number(&self) -> u32 {
        self.made.fetch_add(1, Ordering::Relaxed)
    }

    /// Somebody new, with a password and signed in with it.
    pub(crate) async fn customer(&self) -> Person {
        let email = format!("pessoa{}@example.com", self.number());
        let cpf = cpf(self.number());
        let person = json!({"name": "Ana", "email": email, "cpf": cpf, "password": PASSWORD});
        let registered = self.caller("auth", self.token("kiosk")).post("/customer/register", &person).await;
        let id = id(&registered.expect(201).json, "id");
        let form = [("username", email.as_str()), ("password", PASSWORD)];
        let nobody = self.caller("auth", None);
        let signed = nobody.send(nobody.request("POST".parse().unwrap(), "/token").form(&form)).await.expect(200);
        Person { id, cpf, token: signed.json["access_token"].as_str().unwrap().to_owned() }
    }

    /// The first customer shows their CPF at the kiosk, and is the caller `visitor` from then on.
    pub(crate) async fn visit(&mut self) {
        let shown = json!({"cpf": self.own.as_ref().unwrap().cpf});
        let seen = self.caller("auth", self.token("kiosk")).post("/customer/identify", &shown).await.expect(200).json;
        self.tokens.insert("visitor", id(&seen, "access_token"));
    }

    pub(crate) fn a_day_later(&self) {
        self.clock.advance(DAY + Duration::from_secs(1));
    }

    async fn category(&self) -> String {
        let body = json!({"name": format!("Grupo {}", self.number())});
        id(&self.caller("order", self.token("admin")).post("/categories", &body).await.expect(201).json, "id")
    }

    async fn product(&self) -> String {
        let body =
            json!({"name": format!("Prato {}", self.number()), "price": 10, "category_id": self.category().await});
        id(&self.caller("order", self.token("admin")).post("/products", &body).await.expect(201).json, "id")
    }

    /// The path with what is there in place of its parameters: the first customer's, or this person's.
    pub(crate) async fn path(&self, template: &str, person: Option<&Person>, fresh: bool) -> String {
        let owner = person.or(self.own.as_ref()).unwrap();
        let object = match template {
            _ if template.starts_with("/customer") => owner.id.clone(),
            _ if template.starts_with("/categories") && (fresh || template.contains('{')) => self.category().await,
            _ if template.starts_with("/products") && (fresh || template.contains('{')) => self.product().await,
            _ if template.starts_with("/payments") => self.payment.clone(),
            _ if template.contains("orders") => self.order.clone(),
            _ => NO_ONE.to_owned(),
        };
        let path = template.replace("{line}", "1").replace("{customer_id}", NO_ONE);
        let path = path.replace("{id}", &object).replace("{order_id}", &object);
        assert!(!path.contains('{'), "{template} has a parameter that nobody fills in");
        path
    }
}

fn id(object: &Value, field: &str) -> String {
    object[field].as_str().unwrap_or_else(|| panic!("no {field} in {object}")).to_owned()
}

fn auth_settings(store: StoreUrl, clock: Arc<dyn Clock>) -> auth::Settings {
    let keys = CpfKeys { lookup: Key::new([1; 32]), display: Key::new([2; 32]) };
    let clients = Clients { order: "order-secret".into(), payment: "payment-secret".into() };
    let mut settings = auth::Settings::new(store, Key::new([3; 32]), keys, clients);
    settings.argon2 = Argon2 { memory_kib: 64, iterations: 1, ..Argon2::default() };
    settings.clock = clock;
    settings
}

/// The CPF whose first nine digits are this number, with both check digits.
fn cpf(number: u32) -> String {
    let mut digits: Vec<u32> = format!("{:09}", 100_000_000 + number).bytes().map(|b| u32::from(b - b'0')).collect();
    for _ in 0..2 {
        let weights = (2..=u32::try_from(digits.len()).unwrap() + 1).rev();
        let sum: u32 = digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum();
        digits.push(sum * 10 % 11 % 10);
    }
    digits.iter().map(u32::to_string).collect()
}
