use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use domain::{Clock, Email, SystemClock};
use secrecy::SecretString;
use store::mongo::ConnectOptions;
use store::{Hold, StoreUrl};
use url::Url;
use web::{KeySource, Limits};

use crate::store::Schedule;

/// What the service is made from.
#[derive(Clone)]
pub struct Settings {
    /// Where payments are kept.
    pub store: StoreUrl,
    /// How the store is reached, where it is a MongoDB.
    pub mongo: ConnectOptions,
    /// The auth service: keys, and our own token.
    pub auth_url: Url,
    /// The order service, which hears of every payment.
    pub order_url: Url,
    /// Where MercadoPago reaches this service; `/payments/webhook` is added.
    pub public_url: Url,
    /// The secret of the client `payment` at auth.
    pub client_secret: SecretString,
    /// MercadoPago, or the sandbox.
    pub mercadopago: MercadoPago,
    /// Written into every token as who signed it.
    pub issuer: String,
    /// Written into every token as whom it is for.
    pub audience: String,
    /// The keys that tokens are checked with; fetched from auth when `None`.
    pub keys: Option<Arc<dyn KeySource>>,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// How long things take.
    pub timings: Timings,
    /// How much one request may take.
    pub limits: Limits,
}

/// How MercadoPago is reached and recognised.
#[derive(Clone)]
pub struct MercadoPago {
    /// `https://api.mercadopago.com`, or the sandbox's address.
    pub base_url: Url,
    /// The bearer token.
    pub access_token: SecretString,
    /// What notifications are signed with.
    pub webhook_secret: SecretString,
    /// What they were signed with until a short time ago.
    pub webhook_secret_previous: Option<SecretString>,
    /// Sent as the payer's address when the order has none: MercadoPago wants one for every Pix.
    pub payer_email: Email,
    /// Whether real money moves; a report that says otherwise is not applied.
    pub live: bool,
}

/// How long things take.
#[derive(Debug, Clone, Copy)]
pub struct Timings {
    /// The longest that a request waits for MercadoPago; its work goes on without it.
    pub answer_wait: Duration,
    /// The longest that one call to MercadoPago or to our own services takes.
    pub call_timeout: Duration,
    /// How long work is held by an instance that does not renew its lease: one that was killed.
    pub lease: Duration,
    /// The longest that doing one piece of work takes.
    pub work_limit: Duration,
    /// How often an idle worker looks for work.
    pub poll_every: Duration,
    /// How long a charge can be paid when nobody says.
    pub expires_after: Duration,
    /// How far from now a notification may be signed.
    pub webhook_window: Duration,
    /// How long MercadoPago may not know a payment of which it has notified us.
    pub unknown_for: Duration,
    /// How often MercadoPago is asked for a payment of which nothing is heard.
    pub schedule: Schedule,
    /// How often it is looked which payments are due to be asked for.
    pub reconcile_every: Duration,
    /// How many payments are asked for at each look, at most.
    pub reconcile_batch: u32,
}

impl Timings {
    /// How work is held while it is done.
    pub(crate) fn hold(&self) -> Hold {
        Hold { lease_for: self.lease, limit: self.work_limit }
    }
}

impl Default for Timings {
    fn default() -> Self {
        Timings {
            answer_wait: Duration::from_millis(2_500),
            call_timeout: Duration::from_secs(10),
            lease: Duration::from_secs(10),
            work_limit: Duration::from_secs(60),
            poll_every: Duration::from_millis(500),
            expires_after: Duration::from_secs(30 * 60),
            webhook_window: Duration::from_secs(10 * 60),
            unknown_for: Duration::from_secs(10 * 60),
            schedule: Schedule { first: Duration::from_secs(5), max: Duration::from_secs(5 * 60) },
            reconcile_every: Duration::from_secs(1),
            reconcile_batch: 50,
        }
    }
}

impl Settings {
    /// These places and secrets, and the defaults for everything else.
    pub fn new(store: StoreUrl, places: Places, client_secret: SecretString, mercadopago: MercadoPago) -> Self {
        Settings {
            store,
            mongo: ConnectOptions::default(),
            auth_url: places.auth,
            order_url: places.order,
            public_url: places.public,
            client_secret,
            mercadopago,
            issuer: "lanchonete".to_owned(),
            audience: "lanchonete".to_owned(),
            keys: None,
            clock: Arc::new(SystemClock),
            timings: Timings::default(),
            limits: Limits::default(),
        }
    }
}

/// Where the others are, and where they find this service.
#[derive(Debug, Clone)]
pub struct Places {
    /// The auth service.
    pub auth: Url,
    /// The order service.
    pub order: Url,
    /// This service, as MercadoPago sees it.
    pub public: Url,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("store", &self.store)
            .field("auth_url", &self.auth_url.as_str())
            .field("order_url", &self.order_url.as_str())
            .field("public_url", &self.public_url.as_str())
            .field("mercadopago", &self.mercadopago)
            .field("timings", &self.timings)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for MercadoPago {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MercadoPago")
            .field("base_url", &self.base_url.as_str())
            .field("live", &self.live)
            .finish_non_exhaustive()
    }
}
