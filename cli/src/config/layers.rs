//! The known keys, and the sources laid over each other.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::Purpose;
use super::sources::{self, Overrides};
use crate::args::Common;
use crate::credentials::Credentials;
use crate::exit::Outcome;

/// The documented default file.
pub(crate) const DEFAULTS: &str = include_str!("../../../fixtures/lanchonete.default.toml");

/// Below this, any name is a key: a station of the kitchen.
pub(super) const STATIONS: &str = "board.stations.";

/// Keys whose values are shown to nobody.
const SECRETS: [&str; 4] = [
    "security.master_key",
    "mercadopago.access_token",
    "mercadopago.webhook_secret",
    "mercadopago.webhook_secret_previous",
];

/// A known key: `order.expires_after`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key<'a>(pub(crate) &'a str);

impl Key<'_> {
    /// `LANCHONETE_ORDER_EXPIRES_AFTER`.
    pub(crate) fn variable(self) -> String {
        format!("{}{}", sources::PREFIX, self.0.replace('.', "_").to_ascii_uppercase())
    }

    pub(crate) fn is_secret(self) -> bool {
        SECRETS.contains(&self.0)
    }
}

/// Where a value came from, as a fault names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    Default,
    File(PathBuf),
    Credentials,
    Environment(String),
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::File(path) => write!(f, "{}", path.display()),
            Origin::Credentials => f.write_str("credentials.json"),
            Origin::Environment(name) => f.write_str(name),
            Origin::Flag(flag) => f.write_str(flag),
        }
    }
}

/// A value and where it came from.
#[derive(Clone)]
pub(crate) struct Setting {
    pub(crate) value: Value,
    pub(crate) origin: Origin,
}

/// Every known key with the value that wins, and the faults met while reading the sources.
pub(crate) struct Layers {
    settings: BTreeMap<String, Setting>,
    faults: Vec<String>,
    /// A file with a secret that others may read.
    exposed: Option<PathBuf>,
}

impl Layers {
    /// Reads every source.
    ///
    /// # Errors
    /// When the file that was named can't be read or is no TOML; all other faults are collected for the reader.
    pub(crate) fn gather(common: &Common, purpose: Purpose, overrides: Overrides) -> Outcome<Self> {
        let settings =
            known().into_iter().map(|(key, value)| (key, Setting { value, origin: Origin::Default })).collect();
        let mut layers = Layers { settings, faults: Vec::new(), exposed: None };
        sources::file(&mut layers, common.config.as_deref())?;
        if let Some(credentials) = Credentials::read(&common.data_dir)? {
            sources::credentials(&mut layers, &credentials, purpose);
        }
        sources::environment(&mut layers, std::env::vars_os());
        sources::flags(&mut layers, &common.places, overrides);
        Ok(layers)
    }

    /// Lays a value over what is there; of another type or under an unknown key it is a fault.
    pub(crate) fn set(&mut self, key: &str, value: Value, origin: Origin) {
        if key.starts_with(STATIONS) {
            let none = || Setting { value: Value::Array(Vec::new()), origin: origin.clone() };
            self.settings.entry(key.to_owned()).or_insert_with(none);
        }
        match self.settings.get_mut(key) {
            None => self.fault(&origin, format!("unknown key {key}{}", self.did_you_mean(key))),
            Some(setting) if setting.value.same_type(&value) => *setting = Setting { value, origin },
            Some(setting) => {
                let (wanted, got) = (a_type(&setting.value), a_type(&value));
                self.fault(&origin, format!("{key} is {wanted}, not {got}"));
            }
        }
    }

    /// Lays a text over what is there, read as the type of the key.
    pub(crate) fn set_text(&mut self, key: &str, text: &str, origin: Origin) {
        let Some(setting) = self.settings.get(key) else {
            return self.fault(&origin, format!("unknown key {key}"));
        };
        let parsed = match setting.value {
            Value::Integer(_) => text.parse().ok().map(Value::Integer),
            Value::Boolean(_) => text.parse().ok().map(Value::Boolean),
            // In a variable a list is written with commas.
            Value::Array(_) => Some(list(text)),
            _ => Some(Value::String(text.to_owned())),
        };
        match parsed {
            Some(value) => self.set(key, value, origin),
            None => self.fault(&origin, format!("{key} is {}", a_type(&setting.value))),
        }
    }

    /// A variable that looks like ours and names no key.
    pub(super) fn unknown_variable(&mut self, name: &str) {
        let known = self.settings.keys().map(|key| Key(key).variable());
        let alike =
            known.min_by_key(|known| edit_distance(known, name)).filter(|known| edit_distance(known, name) <= 3);
        let hint = alike.map(|known| format!(" (did you mean {known}?)")).unwrap_or_default();
        self.faults.push(format!("{name}: unknown variable{hint}"));
    }

    pub(crate) fn fault(&mut self, origin: &Origin, text: String) {
        self.faults.push(format!("{origin}: {text}"));
    }

    pub(super) fn expose(&mut self, path: &Path) {
        self.exposed = Some(path.to_owned());
    }

    pub(super) fn exposed(&self) -> Option<&Path> {
        self.exposed.as_deref()
    }

    pub(crate) fn faults(&self) -> &[String] {
        &self.faults
    }

    pub(crate) fn get(&self, key: &str) -> &Setting {
        self.settings.get(key).unwrap_or_else(|| unreachable!("{key} is not in the default configuration"))
    }

    /// Every key, those of one section beside each other.
    pub(crate) fn in_sections(&self) -> Vec<(Key<'_>, &Setting)> {
        let mut keys: Vec<_> = self.settings.iter().map(|(key, setting)| (Key(key), setting)).collect();
        keys.sort_by_key(|(key, _)| key.0.rsplit_once('.'));
        keys
    }

    /// The known key of a variable's name.
    pub(crate) fn key_of_variable(&self, name: &str) -> Option<String> {
        self.settings.keys().find(|key| Key(key).variable() == name).cloned()
    }

    /// A known key of that section, or of that name in another one.
    fn did_you_mean(&self, key: &str) -> String {
        let last = key.rsplit('.').next().unwrap_or(key);
        let (section, _) = key.split_once('.').unwrap_or((key, ""));
        let alike = |known: &&String| known.rsplit('.').next() == Some(last) || edit_distance(known, key) <= 2;
        match self.settings.keys().find(alike) {
            Some(known) => format!(" (did you mean {known}?)"),
            None => {
                let siblings: Vec<_> = self.settings.keys().filter_map(|known| known.strip_prefix(section)).collect();
                let names: Vec<_> = siblings.iter().filter_map(|name| name.strip_prefix('.')).collect();
                if names.is_empty() { String::new() } else { format!(" ({section} has {})", names.join(", ")) }
            }
        }
    }
}

fn list(text: &str) -> Value {
    let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    Value::Array(entries.map(Value::from).collect())
}

/// The type with its article.
fn a_type(value: &Value) -> String {
    let name = value.type_str();
    let article = if name.starts_with(['a', 'i']) { "an" } else { "a" };
    format!("{article} {name}")
}

/// The keys of the default file with their values, flat: `auth.argon2.lanes`.
pub(crate) fn known() -> BTreeMap<String, Value> {
    let defaults: Table = DEFAULTS.parse().unwrap_or_else(|_| unreachable!("the default configuration is TOML"));
    flatten(defaults)
}

/// A table of tables as one map with dotted keys.
pub(crate) fn flatten(table: Table) -> BTreeMap<String, Value> {
    let mut flat = BTreeMap::new();
    for (name, value) in table {
        match value {
            Value::Table(inner) => {
                flat.extend(flatten(inner).into_iter().map(|(key, value)| (format!("{name}.{key}"), value)));
            }
            value => {
                flat.insert(name, value);
            }
        }
    }
    flat
}

/// How many letters have to be added, taken away or changed (Levenshtein).
fn edit_distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.chars().enumerate() {
            let changed = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[row.len() - 1]
}
