use mongodb::options::{ClientOptions, ConnectionString};

use super::Fault;
use crate::{StoreError, StoreResult, StoreUrl};

/// The database of a URL that names none.
const DEFAULT_DATABASE: &str = "lanchonete";
/// What must be written as `%` and two digits inside a user or password (RFC 3986 §3.2.1).
const RESERVED: [char; 6] = ['/', '?', '#', '[', ']', '@'];

/// A URL that was understood.
pub(super) struct Target {
    pub(super) connection: ConnectionString,
    pub(super) database: String,
    /// The URL without what must stay secret.
    pub(super) shown: String,
}

impl Target {
    /// Reads a URL; looks nothing up.
    pub(super) fn parse(url: &str) -> StoreResult<Target> {
        let shown = StoreUrl::Mongo(url.to_owned()).to_string();
        match ConnectionString::parse(url) {
            Ok(connection) => {
                let database = connection.default_database.clone().unwrap_or_else(|| DEFAULT_DATABASE.to_owned());
                Ok(Target { connection, database, shown })
            }
            Err(error) => Err(StoreError::Refused { store: shown, why: why(url, &error.to_string(), &error) }),
        }
    }

    /// Finds the servers, which for `mongodb+srv://` asks the DNS.
    pub(super) async fn options(&self) -> mongodb::error::Result<ClientOptions> {
        ClientOptions::parse(self.connection.clone()).await
    }
}

/// Whether a URL can be understood, without looking anything up: what a configuration can be checked for.
///
/// # Errors
/// [`StoreError::Refused`] for a URL that is none. Its text shows no password.
pub fn check_url(url: &str) -> StoreResult<()> {
    Target::parse(url).map(|_| ())
}

/// The driver's reason, unless it repeats what it could not read, which may be a piece of a password.
fn why(url: &str, text: &str, error: &mongodb::error::Error) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let login = rest.rsplit_once('@').map(|(login, _)| login);
    if login.is_some_and(|login| login.contains(RESERVED)) {
        return "the user or the password holds one of / ? # [ ] @, to be written as % and two digits".to_owned();
    }
    let secrets = login.into_iter().flat_map(|login| login.splitn(2, ':')).chain(secret_options(rest));
    if secrets.filter(|secret| !secret.is_empty()).any(|secret| text.contains(secret)) {
        return "the URL is not valid".to_owned();
    }
    Fault::new(error).to_string()
}

/// Values of options that log in.
fn secret_options(rest: &str) -> impl Iterator<Item = &str> {
    let options = rest.split_once('?').map_or("", |(_, options)| options);
    options.split('&').filter_map(|option| option.split_once('=')).filter_map(|(name, value)| {
        let name = name.to_ascii_lowercase();
        (name.contains("password") || name.contains("properties")).then_some(value)
    })
}
