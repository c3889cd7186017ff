//! From the configuration to open services. Each needs its store and no network.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use store::{StoreError, StoreUrl};
use url::Url;
use web::TokenRules;

use super::{End, Unit};
use crate::commands::{authority, webhook_secrets};
use crate::config::{Config, SecurityConfig, Service};
use crate::exit::{Failure, Outcome, store_not_opened};
use crate::master_key::{MasterKey, Use};

/// What the sandbox takes for an access token: anything that begins like a test token of MercadoPago.
const SANDBOX_TOKEN: &str = "TEST-lanchonete";
/// How long MercadoPago waits before it sends a notification again.
const MERCADOPAGO_RETRY: Duration = Duration::from_secs(15 * 60);
/// Added to the payment service's public address, as MercadoPago is told.
const WEBHOOK_PATH: &str = "payments/webhook";

/// Where each service is reached by the others.
#[derive(Debug, Clone)]
pub(crate) struct Addresses {
    pub(crate) auth: Url,
    pub(crate) order: Url,
    pub(crate) payment: Url,
    pub(crate) sandbox: Url,
}

impl Addresses {
    /// As configured.
    pub(crate) fn of(config: &Config) -> Self {
        let url = |service| config.place(service).url();
        Addresses {
            auth: url(Service::Auth),
            order: url(Service::Order),
            payment: url(Service::Payment),
            sandbox: url(Service::Sandbox),
        }
    }

    /// With another address of one of them.
    pub(crate) fn set(&mut self, service: Service, url: Url) {
        match service {
            Service::Auth => self.auth = url,
            Service::Order => self.order = url,
            Service::Payment => self.payment = url,
            Service::Sandbox => self.sandbox = url,
        }
    }

    pub(crate) fn get(&self, service: Service) -> &Url {
        match service {
            Service::Auth => &self.auth,
            Service::Order => &self.order,
            Service::Payment => &self.payment,
            Service::Sandbox => &self.sandbox,
        }
    }
}

/// Auth, and what it knows beyond HTTP.
pub(crate) struct AuthUnit {
    pub(crate) unit: Unit,
    pub(crate) authority: auth::Authority,
}

/// Order, and what it can do beyond HTTP.
pub(crate) struct OrderUnit {
    pub(crate) unit: Unit,
    pub(crate) service: order::Service,
}

/// Opens auth.
pub(crate) async fn auth(config: &Config, key: &MasterKey, at: &Addresses) -> Outcome<AuthUnit> {
    let mut settings = authority::settings(config, key);
    settings.peers = Some(auth::Peers { order: at.order.clone(), payment: at.payment.clone() });
    let service = auth::Service::open(settings).await;
    let service = service.map_err(authority::open_failure)?;
    let authority = service.authority().clone();
    let router = service.router();
    let unit =
        Unit::new(config, Service::Auth, End::AfterRequests, router, |stop| async move { service.run(stop).await });
    Ok(AuthUnit { unit, authority })
}

/// Whether the payment service of this configuration moves real money.
pub(crate) fn is_live(config: &Config) -> bool {
    config.mercadopago.live && !config.uses_sandbox()
}

/// Opens order; `live` says whether real money moves, where payment runs in this process.
pub(crate) async fn order(config: &Config, key: &MasterKey, at: &Addresses, live: Option<bool>) -> Outcome<OrderUnit> {
    let store = config.order.place.database.clone();
    let secret = key.derive_text(Use::OrderClientSecret);
    let settings = order::Settings::new(store, at.auth.clone(), at.payment.clone(), secret, rules(config));
    let mut settings = settings.map_err(|error| not_opened(Service::Order, error))?;
    settings.mongo = config.mongodb(Service::Order);
    settings.day = config.order.day.clone();
    settings.expires_after = config.order.expires_after;
    settings.qr_wait = config.order.qr_wait;
    settings.limits = config.limits.clone();
    settings.live = live;
    let service = order::Service::open(settings).await.map_err(|error| not_opened(Service::Order, error))?;
    let (router, worker) = (service.router(), service.clone());
    let unit =
        Unit::new(config, Service::Order, End::WithRequests, router, |stop| async move { worker.run(stop).await });
    Ok(OrderUnit { unit, service })
}

/// Which tokens every service takes.
fn rules(config: &Config) -> TokenRules {
    let SecurityConfig { issuer, audience, .. } = &config.security;
    TokenRules { issuer: issuer.clone(), audience: audience.clone(), ..TokenRules::default() }
}

/// Opens payment.
pub(crate) async fn payment(config: &Config, key: &MasterKey, at: &Addresses) -> Outcome<Unit> {
    let public = config.payment.public_url.clone().unwrap_or_else(|| at.payment.clone());
    let places = payment::Places { auth: at.auth.clone(), order: at.order.clone(), public };
    let store = config.payment.place.database.clone();
    let secret = key.derive_text(Use::PaymentClientSecret);
    let mut settings = payment::Settings::new(store, places, secret, mercadopago(config, key, at)?);
    settings.mongo = config.mongodb(Service::Payment);
    settings.issuer.clone_from(&config.security.issuer);
    settings.audience.clone_from(&config.security.audience);
    settings.timings.expires_after = config.order.expires_after;
    settings.timings.webhook_window = config.payment.webhook_window;
    settings.timings.reconcile_batch = config.payment.reconcile_per_second;
    settings.limits = config.limits.clone();
    let service = payment::Service::open(settings).await.map_err(|error| not_opened(Service::Payment, error))?;
    let router = service.router();
    Ok(Unit::new(config, Service::Payment, End::AfterRequests, router, |stop| async move { service.run(stop).await }))
}

/// MercadoPago as configured, or the sandbox in its place.
fn mercadopago(config: &Config, key: &MasterKey, at: &Addresses) -> Outcome<payment::MercadoPago> {
    let configured = &config.mercadopago;
    let mut secrets = webhook_secrets(config, || Ok(key.clone()))?.into_iter();
    let first = secrets.next().unwrap_or_else(|| key.derive_text(Use::SandboxWebhookSecret));
    let (base_url, access_token) = match &configured.access_token {
        Some(token) => (configured.base_url.clone(), token.clone()),
        None => (at.sandbox.clone(), SecretString::from(SANDBOX_TOKEN)),
    };
    Ok(payment::MercadoPago {
        base_url,
        access_token,
        webhook_secret: first,
        webhook_secret_previous: secrets.next(),
        payer_email: configured.payer_email.clone(),
        live: is_live(config),
    })
}

/// Opens the sandbox.
pub(crate) async fn sandbox(config: &Config, key: &MasterKey, at: &Addresses) -> Outcome<Unit> {
    let database = sandbox_file(config)?;
    let secret = webhook_secrets(config, || Ok(key.clone()))?.swap_remove(0);
    let mut settings = sandbox::Settings::new(database, at.sandbox.clone(), secret);
    let public = config.payment.public_url.as_ref().unwrap_or(&at.payment);
    settings.notification_url = Url::parse(&format!("{}/{WEBHOOK_PATH}", public.as_str().trim_end_matches('/'))).ok();
    settings.limits = config.limits.clone();
    settings.retry_scale = config.sandbox_retry_every.as_secs_f64() / MERCADOPAGO_RETRY.as_secs_f64();
    settings.chaos = config.sandbox_chaos;
    let opened = sandbox::open(settings).await.map_err(|error| not_opened(Service::Sandbox, error))?;
    let router = opened.router();
    let limits = opened.limits();
    let unit = Unit::new(config, Service::Sandbox, End::AfterRequests, router, |stop| async move {
        opened.run(stop).await;
        opened.close().await;
    });
    Ok(Unit { limits, ..unit })
}

fn sandbox_file(config: &Config) -> Outcome<PathBuf> {
    match &config.sandbox.database {
        StoreUrl::Sqlite(path) => Ok(path.clone()),
        StoreUrl::Mongo(_) => Err(Failure::usage("the sandbox keeps its state in SQLite")),
    }
}

fn not_opened(service: Service, error: StoreError) -> Failure {
    let mut failure = store_not_opened(error);
    failure.message = format!("{}: {}", service.name(), failure.message);
    failure
}
