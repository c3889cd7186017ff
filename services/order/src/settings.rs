use std::sync::Arc;
use std::time::Duration;

use domain::{Clock, DayRule, SystemClock};
use secrecy::SecretString;
use store::StoreUrl;
use store::mongo::ConnectOptions;
use url::Url;
use web::{KeySource, Limits, TokenRules};

/// How the order service is set up.
#[derive(Clone)]
pub struct Settings {
    /// Where its data is.
    pub store: StoreUrl,
    /// How it is connected if that is a MongoDB server.
    pub mongo: ConnectOptions,
    /// The auth service.
    pub auth_url: Url,
    /// The payment service.
    pub payment_url: Url,
    /// As whom it asks auth for its own token.
    pub client_id: String,
    /// The secret that goes with that.
    pub client_secret: SecretString,
    /// Which tokens it takes.
    pub tokens: TokenRules,
    /// The keys that tokens are checked with; those that auth publishes when left out.
    pub keys: Option<Arc<dyn KeySource>>,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// When a day of pick-up numbers begins, and where.
    pub day: DayRule,
    /// How long an order can be paid.
    pub expires_after: Duration,
    /// How long the answer to a new order waits for its QR code.
    pub qr_wait: Duration,
    /// How long one call to the payment service may take.
    pub call_timeout: Duration,
    /// How much one request may take.
    pub limits: Limits,
    /// Whether real money moves, where that is known before the payment service says so.
    pub live: Option<bool>,
}

impl Settings {
    /// The defaults, with what has none.
    ///
    /// # Errors
    /// When the time zone database lacks `America/Sao_Paulo`.
    pub fn new(
        store: StoreUrl,
        auth_url: Url,
        payment_url: Url,
        client_secret: SecretString,
        tokens: TokenRules,
    ) -> Result<Self, store::StoreError> {
        Ok(Settings {
            store,
            mongo: ConnectOptions::default(),
            auth_url,
            payment_url,
            client_id: "order".to_owned(),
            client_secret,
            tokens,
            keys: None,
            clock: Arc::new(SystemClock),
            day: DayRule::new("America/Sao_Paulo", "00:00").map_err(store::StoreError::internal)?,
            expires_after: Duration::from_secs(30 * 60),
            qr_wait: Duration::from_secs(3),
            call_timeout: Duration::from_secs(10),
            limits: Limits::default(),
            live: None,
        })
    }
}
