//! The sources, each laid over the ones before.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use store::StoreUrl;
use toml::{Table, Value};

use super::layers::{Key, Layers, Origin, flatten};
use super::{Purpose, Service};
use crate::args::Places;
use crate::credentials::Credentials;
use crate::exit::{Failure, Outcome};
use crate::private;

/// Every variable of ours begins so.
pub(crate) const PREFIX: &str = "LANCHONETE_";
/// Variables that are no configuration keys but flags of their own.
const OWN_VARIABLES: [&str; 4] = ["DATA_DIR", "CONFIG", "URL", "TOKEN"];
/// What tests need to tell each other.
const TEST_VARIABLES: &str = "TEST_";
/// Read when no file is named.
const FILE: &str = "lanchonete.toml";
/// The root of all secrets.
const MASTER_KEY: &str = "security.master_key";
/// Largest file that is read, in bytes.
const MAX_FILE: u64 = 1 << 20;

/// What the flags of one command say about keys: `(key, flag, value)`.
#[derive(Default)]
pub(crate) struct Overrides(Vec<(String, &'static str, String)>);

impl Overrides {
    /// `flag` sets `key`, when it is given.
    #[must_use]
    pub(crate) fn with(mut self, key: impl Into<String>, flag: &'static str, value: Option<&str>) -> Self {
        if let Some(value) = value.filter(|value| !value.trim().is_empty()) {
            self.0.push((key.into(), flag, value.to_owned()));
        }
        self
    }
}

pub(super) fn file(layers: &mut Layers, named: Option<&Path>) -> Outcome {
    let path = named.unwrap_or(Path::new(FILE));
    let (file, text) = match read_limited(path) {
        Ok(read) => read,
        Err(error) if named.is_none() && error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => {
            return Err(Failure::usage(format!("can't read the configuration {}: {error}", path.display())));
        }
    };
    let table: Table = text.parse().map_err(|error: toml::de::Error| {
        // The excerpt that the library offers may show a secret; the place is enough.
        let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].lines().count().max(1));
        Failure::usage(format!("{} is no TOML: line {line}: {}", path.display(), error.message()))
    })?;
    let values = flatten(table);
    let secrets: Vec<_> = values.iter().filter(|(key, value)| is_secret(key, value)).collect();
    match private::check(path, &file) {
        // What opens everything is for nobody else, whatever else is said.
        Err(open) if secrets.iter().any(|(key, _)| *key == MASTER_KEY) => return Err(open),
        Err(_) if !secrets.is_empty() => layers.expose(path),
        _ => {}
    }
    for (key, value) in values {
        layers.set(&key, value, Origin::File(path.to_owned()));
    }
    Ok(())
}

fn read_limited(path: &Path) -> io::Result<(File, String)> {
    let mut file = File::open(path)?;
    if file.metadata()?.len() > MAX_FILE {
        return Err(io::Error::other("larger than 1 MiB"));
    }
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    Ok((file, text))
}

/// Whether a value is for nobody else's eyes: a secret, or a database with the login to it.
fn is_secret(key: &str, value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default().trim();
    let logs_in = || text.parse().is_ok_and(|database: StoreUrl| database.has_login());
    !text.is_empty() && (Key(key).is_secret() || key.ends_with(".database") && logs_in())
}

pub(super) fn credentials(layers: &mut Layers, credentials: &Credentials, purpose: Purpose) {
    for service in Service::ALL {
        let name = service.name();
        if let Some(url) = credentials.urls.get(name).filter(|_| purpose.believes_url(service)) {
            layers.set_text(&format!("{name}.url"), url, Origin::Credentials);
        }
        if let Some(database) = credentials.databases.get(name).filter(|_| purpose.believes_database()) {
            layers.set_text(&format!("{name}.database"), database, Origin::Credentials);
        }
    }
}

pub(super) fn environment(layers: &mut Layers, variables: impl Iterator<Item = (OsString, OsString)>) {
    let mut ours: Vec<(String, OsString)> =
        variables.filter_map(|(name, value)| Some((name.into_string().ok()?, value))).collect();
    ours.sort();
    for (name, value) in ours {
        let Some(rest) = name.strip_prefix(PREFIX) else { continue };
        if OWN_VARIABLES.contains(&rest) || rest.starts_with(TEST_VARIABLES) {
            continue;
        }
        let origin = Origin::Environment(name.clone());
        match (layers.key_of_variable(&name), value.into_string()) {
            (None, _) => layers.unknown_variable(&name),
            (Some(_), Err(_)) => layers.fault(&origin, "is not UTF-8".to_owned()),
            (Some(key), Ok(text)) => layers.set_text(&key, &text, origin),
        }
    }
}

/// A flag for all services is laid first, so that one of them may be elsewhere.
pub(super) fn flags(layers: &mut Layers, places: &Places, overrides: Overrides) {
    for (key, flag, value) in overrides.0 {
        layers.set_text(&key, &value, Origin::Flag(flag.to_owned()));
    }
    for service in Service::ALL {
        for (what, value) in places.of(service) {
            if let Some(value) = value {
                let name = service.name();
                layers.set_text(&format!("{name}.{what}"), value, Origin::Flag(format!("--{name}-{what}")));
            }
        }
    }
}
