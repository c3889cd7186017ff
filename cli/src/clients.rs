//! Typed clients with the address and the token that a command needs.

use std::time::Duration;

use api::client::{AuthClient, FixedToken, Http, OrderClient, PaymentClient, http_client};
use domain::Role;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::args::{Common, Target};
use crate::commands::authority;
use crate::config::{Config, Overrides, Purpose, Service};
use crate::credentials::Credentials;
use crate::exit::{Failure, Outcome};

/// The longest that one call may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Stands for `--url`.
const URL_VARIABLE: &str = "LANCHONETE_URL";
/// A token that a command signs for itself lives this long.
const OWN_TOKEN_LIFE: Duration = Duration::from_secs(15 * 60);

/// A command's view of the services: its configuration and its right to ask.
pub(crate) struct Session {
    pub(crate) config: Config,
    credentials: Option<Credentials>,
    http: reqwest::Client,
    given: Option<SecretString>,
}

impl Session {
    /// For a command about `about`, whose address `--url` names.
    pub(crate) fn open(common: &Common, target: &Target, about: Service) -> Outcome<Self> {
        Session::open_with(common, target, about, Overrides::default())
    }

    /// The same with more flags that stand for keys of the configuration.
    pub(crate) fn open_with(common: &Common, target: &Target, about: Service, flags: Overrides) -> Outcome<Self> {
        let key = format!("{}.url", about.name());
        let by_variable = target.url.is_some() && std::env::var(URL_VARIABLE).ok() == target.url;
        let origin = if by_variable { URL_VARIABLE } else { "--url" };
        let overrides = flags.with(key, origin, target.url.as_deref());
        let config = Config::load(common, Purpose::Client, overrides)?;
        let credentials = Credentials::read(&config.data_dir)?;
        let given = target.token.clone().filter(|token| !token.expose_secret().trim().is_empty());
        Session::new(config, credentials, given)
    }

    pub(crate) fn new(config: Config, credentials: Option<Credentials>, given: Option<SecretString>) -> Outcome<Self> {
        let http = http_client(TIMEOUT).map_err(|error| Failure::internal(error.to_string()))?;
        Ok(Session { config, credentials, http, given })
    }

    /// The order service, without a token: for what hangs on the wall.
    pub(crate) fn order_public(&self) -> OrderClient {
        OrderClient::new(self.http(Service::Order))
    }

    /// The order service, as somebody with this role.
    pub(crate) async fn order(&self, role: Role) -> Outcome<OrderClient> {
        Ok(OrderClient::new(self.with_token(Service::Order, role).await?))
    }

    /// The payment service, as somebody with this role.
    pub(crate) async fn payment(&self, role: Role) -> Outcome<PaymentClient> {
        Ok(PaymentClient::new(self.with_token(Service::Payment, role).await?))
    }

    /// The auth service, as somebody with this role.
    pub(crate) async fn auth(&self, role: Role) -> Outcome<AuthClient> {
        Ok(AuthClient::new(self.with_token(Service::Auth, role).await?))
    }

    /// Where a service is.
    pub(crate) fn url(&self, service: Service) -> Url {
        self.config.place(service).url()
    }

    fn http(&self, service: Service) -> Http {
        Http::new(self.http.clone(), self.url(service)).with_language(language())
    }

    async fn with_token(&self, service: Service, role: Role) -> Outcome<Http> {
        Ok(self.http(service).with_bearer(FixedToken::new(self.token(role).await?)))
    }

    /// The token that was given; else the one of `credentials.json`; else one signed with the auth store's key, where
    /// that is on this machine.
    pub(crate) async fn token(&self, role: Role) -> Outcome<SecretString> {
        let kept = || self.credentials.as_ref()?.tokens.get(role.as_str()).map(|token| token.as_str().into());
        if let Some(token) = self.given.clone().or_else(kept) {
            return Ok(token);
        }
        if !authority::is_here(&self.config) {
            return Err(Failure::usage(format!("no {role} token: {} has none", self.config.data_dir.display()))
                .hint("start everything with `lanchonete up`, or give --token or LANCHONETE_TOKEN"));
        }
        let authority = authority::open(&self.config).await?;
        let issued = authority.issue(role, None, OWN_TOKEN_LIFE, None);
        authority.close().await;
        Ok(issued.map_err(authority::issue_failure)?.token.into())
    }
}

/// The language of what the services say: the terminal's, where we have it.
fn language() -> &'static str {
    let set = |name| std::env::var(name).ok().filter(|value: &String| !value.is_empty());
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(set).unwrap_or_default();
    if locale.starts_with("pt") { "pt-BR" } else { "en" }
}
