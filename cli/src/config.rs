//! Configuration: built-in defaults < `lanchonete.toml` < `credentials.json` < environment < flags.
//!
//! The documented default file is compiled in and is the list of known keys and their types: a key that is not in it
//! is an error, and so is a value of another type. Every fault is found before anything is reported.

mod board;
mod files;
mod layers;
mod limits;
mod read;
mod sources;

use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use mercadopago::control::Chaos;
use secrecy::SecretString;
use store::StoreUrl;
use store::mongo::ConnectOptions;
use url::Url;

pub(crate) use board::BoardConfig;
pub(crate) use layers::{DEFAULTS, Key, Layers, Setting};
use read::Reader;
pub(crate) use sources::Overrides;

use crate::args::Common;
use crate::exit::{Failure, Outcome};

/// Where a service listens, where others find it, and where it keeps its data.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// `HOST:PORT`; port 0 takes a free one.
    pub(crate) listen: std::net::SocketAddr,
    /// Named by somebody, rather than following from `listen`.
    pub(crate) named_url: Option<Url>,
    pub(crate) database: StoreUrl,
    /// Named by somebody, rather than the file in the data directory.
    pub(crate) named_database: bool,
    /// The pages that may read its answers in a browser.
    pub(crate) cors_origins: Vec<web::Origin>,
}

impl Place {
    /// Where others find it.
    pub(crate) fn url(&self) -> Url {
        self.named_url.clone().unwrap_or_else(|| url_of(self.listen))
    }
}

/// The address as a URL; one that listens everywhere is reached on this machine.
pub(crate) fn url_of(mut address: std::net::SocketAddr) -> Url {
    if address.ip().is_unspecified() {
        address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    Url::parse(&format!("http://{address}")).unwrap_or_else(|_| unreachable!("a socket address is a URL's host"))
}

/// The address as people and scripts want it: a path can be put behind it.
pub(crate) fn bare(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

/// What the auth service is told.
#[derive(Debug, Clone)]
pub(crate) struct AuthConfig {
    pub(crate) place: Place,
    pub(crate) password_ttl: Duration,
    pub(crate) presence_ttl: Duration,
    pub(crate) service_ttl: Duration,
    pub(crate) argon2_memory_kib: u32,
    pub(crate) argon2_iterations: u32,
    pub(crate) argon2_lanes: u32,
    pub(crate) argon2_parallel: usize,
    pub(crate) argon2_waiting: usize,
    pub(crate) address_tries: u32,
    pub(crate) address_refill: Duration,
}

/// What the order service is told.
#[derive(Debug, Clone)]
pub(crate) struct OrderConfig {
    pub(crate) place: Place,
    pub(crate) day: domain::DayRule,
    pub(crate) expires_after: Duration,
    pub(crate) qr_wait: Duration,
}

/// What the payment service is told.
#[derive(Debug, Clone)]
pub(crate) struct PaymentConfig {
    pub(crate) place: Place,
    pub(crate) public_url: Option<Url>,
    pub(crate) webhook_window: Duration,
    pub(crate) reconcile_per_second: u32,
}

/// How MercadoPago is reached.
#[derive(Debug, Clone)]
pub(crate) struct MercadoPagoConfig {
    pub(crate) base_url: Url,
    pub(crate) access_token: Option<SecretString>,
    pub(crate) webhook_secret: Option<SecretString>,
    pub(crate) webhook_secret_previous: Option<SecretString>,
    pub(crate) payer_email: domain::Email,
    pub(crate) live: bool,
}

/// What every service must agree on.
#[derive(Debug, Clone)]
pub(crate) struct SecurityConfig {
    pub(crate) master_key: Option<SecretString>,
    pub(crate) issuer: String,
    pub(crate) audience: String,
}

/// How the log is written.
#[derive(Debug, Clone)]
pub(crate) struct LogConfig {
    pub(crate) level: Option<String>,
    pub(crate) json: bool,
}

/// What the configuration is read for: who writes `credentials.json` does not believe what it said of itself last time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Talking to what runs.
    Client,
    /// Running one service; its address is its own to choose.
    Serve(Service),
    /// Running all of them.
    Up,
}

impl Purpose {
    /// Whether the last address of that service counts.
    fn believes_url(self, service: Service) -> bool {
        self == Purpose::Client || matches!(self, Purpose::Serve(own) if own != service)
    }

    /// Whether the last store of that service counts.
    fn believes_database(self) -> bool {
        self != Purpose::Up
    }
}

/// How `verify` looks.
#[derive(Debug, Clone)]
pub(crate) struct VerifyConfig {
    pub(crate) patience: Duration,
    pub(crate) entry_limit: Duration,
}

/// The whole configuration, checked.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) data_dir: PathBuf,
    pub(crate) auth: AuthConfig,
    pub(crate) order: OrderConfig,
    pub(crate) payment: PaymentConfig,
    pub(crate) sandbox: Place,
    pub(crate) mercadopago: MercadoPagoConfig,
    pub(crate) security: SecurityConfig,
    pub(crate) log: LogConfig,
    pub(crate) board: BoardConfig,
    pub(crate) verify: VerifyConfig,
    pub(crate) sandbox_retry_every: Duration,
    pub(crate) sandbox_chaos: Chaos,
    pub(crate) mongodb: ConnectOptions,
    pub(crate) limits: web::Limits,
    /// The configuration file, where it holds a secret and others may read it.
    pub(crate) exposed: Option<PathBuf>,
}

impl Config {
    /// Reads every source and checks all of it.
    pub(crate) fn load(common: &Common, purpose: Purpose, overrides: Overrides) -> Outcome<Self> {
        Config::from_layers(common, &Layers::gather(common, purpose, overrides)?)
    }

    /// Checks what the sources say.
    pub(crate) fn from_layers(common: &Common, layers: &Layers) -> Outcome<Self> {
        let mut reader = Reader::new(layers, &common.data_dir);
        let auth = AuthConfig {
            place: reader.place("auth"),
            password_ttl: reader.some_time("auth.password_ttl"),
            presence_ttl: reader.some_time("auth.presence_ttl"),
            service_ttl: reader.some_time("auth.service_ttl"),
            argon2_memory_kib: reader.number("auth.argon2.memory_kib", 8..=1_048_576),
            argon2_iterations: reader.number("auth.argon2.iterations", 1..=100),
            argon2_lanes: reader.number("auth.argon2.lanes", 1..=64),
            argon2_parallel: reader.number("auth.argon2.parallel", 1..=64) as usize,
            argon2_waiting: reader.number("auth.argon2.waiting", 0..=10_000) as usize,
            address_tries: reader.number("auth.throttle.address_tries", 0..=1_000_000),
            address_refill: reader.duration("auth.throttle.address_refill"),
        };
        let order = OrderConfig {
            place: reader.place("order"),
            day: reader.day_rule("order.timezone", "order.day_start"),
            expires_after: reader.some_time("order.expires_after"),
            qr_wait: reader.duration("order.qr_wait"),
        };
        let payment = PaymentConfig {
            place: reader.place("payment"),
            public_url: reader.url("payment.public_url"),
            webhook_window: reader.some_time("payment.webhook_window"),
            reconcile_per_second: reader.number("payment.reconcile_per_second", 1..=1000),
        };
        let sandbox = reader.place("sandbox");
        if !sandbox.listen.ip().is_loopback() {
            reader.fault("sandbox.listen", "its control panel asks for no token, so it listens on loopback only");
        }
        files::each_its_own(
            &mut reader,
            [
                (Service::Auth, &auth.place),
                (Service::Order, &order.place),
                (Service::Payment, &payment.place),
                (Service::Sandbox, &sandbox),
            ],
        );
        if matches!(sandbox.database, StoreUrl::Mongo(_)) {
            reader.fault("sandbox.database", "it keeps its state in SQLite: leave it empty, or use sqlite:PATH");
        }
        let sandbox_retry_every = reader.duration("sandbox.retry_every");
        let sandbox_chaos = reader.parsed("sandbox.chaos");
        let mongodb = ConnectOptions {
            wait_for: reader.duration("mongodb.wait"),
            call_timeout: reader.some_time("mongodb.call_timeout"),
            max_pool_size: reader.number("mongodb.connections", 1..=1000),
            ..ConnectOptions::default()
        };
        let mercadopago = MercadoPagoConfig {
            base_url: reader.needed_url("mercadopago.base_url"),
            access_token: reader.secret("mercadopago.access_token"),
            webhook_secret: reader.secret("mercadopago.webhook_secret"),
            webhook_secret_previous: reader.secret("mercadopago.webhook_secret_previous"),
            payer_email: reader.parsed("mercadopago.payer_email"),
            live: reader.flag("mercadopago.live"),
        };
        if mercadopago.access_token.is_some() && mercadopago.webhook_secret.is_none() {
            reader.fault("mercadopago.webhook_secret", "needed with mercadopago.access_token");
        }
        let security = SecurityConfig {
            master_key: reader.master_key("security.master_key"),
            issuer: reader.needed_text("security.issuer"),
            audience: reader.needed_text("security.audience"),
        };
        let log = LogConfig { level: reader.log_level("log.level"), json: reader.word("log.format", "human", "json") };
        let board = board::read(&mut reader);
        let limits = limits::read(&mut reader);
        let verify = VerifyConfig {
            patience: reader.duration("verify.patience"),
            entry_limit: reader.some_time("verify.entry_limit"),
        };
        reader.finish().map_err(faults)?;
        let data_dir = common.data_dir.clone();
        Ok(Config {
            data_dir,
            auth,
            order,
            payment,
            sandbox,
            sandbox_retry_every,
            sandbox_chaos,
            mongodb,
            limits,
            mercadopago,
            security,
            log,
            board,
            verify,
            exposed: layers.exposed().map(ToOwned::to_owned),
        })
    }

    /// The place of a service.
    pub(crate) fn place(&self, service: Service) -> &Place {
        match service {
            Service::Auth => &self.auth.place,
            Service::Order => &self.order.place,
            Service::Payment => &self.payment.place,
            Service::Sandbox => &self.sandbox,
        }
    }

    /// How this service reaches a MongoDB, whose log then names it.
    pub(crate) fn mongodb(&self, service: Service) -> ConnectOptions {
        ConnectOptions { app_name: format!("lanchonete-{}", service.name()), ..self.mongodb.clone() }
    }

    /// Whether the local MercadoPago stands in for the real one.
    pub(crate) fn uses_sandbox(&self) -> bool {
        self.mercadopago.access_token.is_none()
    }
}

/// One of the four.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Service {
    /// People, tokens and keys
    Auth,
    /// Menu and orders
    Order,
    /// Payments and MercadoPago's notifications
    Payment,
    /// The local MercadoPago
    Sandbox,
}

impl Service {
    pub(crate) const ALL: [Service; 4] = [Service::Auth, Service::Order, Service::Payment, Service::Sandbox];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Service::Auth => "auth",
            Service::Order => "order",
            Service::Payment => "payment",
            Service::Sandbox => "sandbox",
        }
    }
}

/// All faults as one message.
fn faults(faults: Vec<String>) -> Failure {
    let list: String = faults.iter().map(|fault| format!("\n  {fault}")).collect();
    Failure::usage(format!("the configuration can't be used:{list}"))
        .hint("`lanchonete config default` lists every key with its default")
}
