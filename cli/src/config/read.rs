//! Values in the types that the program works with. Each fault is noted, and a harmless stand-in goes on, so that one
//! run finds them all.

use std::fmt::Display;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use domain::DayRule;
use secrecy::SecretString;
use store::mongo::check_url;
use store::{StoreUrl, StoreUrlError};
use toml::Value;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use url::Url;

use super::layers::{Origin, known};
use super::{Layers, Place};
use crate::duration;
use crate::master_key::MasterKey;

const UTC: &str = "UTC";
const MIDNIGHT: &str = "00:00";

pub(super) struct Reader<'a> {
    layers: &'a Layers,
    data_dir: &'a Path,
    faults: Vec<String>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(layers: &'a Layers, data_dir: &'a Path) -> Self {
        Reader { layers, data_dir, faults: layers.faults().to_vec() }
    }

    /// Everything that is wrong.
    pub(super) fn finish(self) -> Result<(), Vec<String>> {
        if self.faults.is_empty() { Ok(()) } else { Err(self.faults) }
    }

    /// Notes what is wrong with a key. Values are not repeated: one may be a secret.
    pub(super) fn fault(&mut self, key: &str, reason: impl Display) {
        self.faults.push(match &self.layers.get(key).origin {
            Origin::Default => format!("{key}: {reason}"),
            origin => format!("{origin}: {key}: {reason}"),
        });
    }

    fn text(&self, key: &str) -> &'a str {
        self.layers.get(key).value.as_str().unwrap_or_default().trim()
    }

    fn filled(&self, key: &str) -> Option<&'a str> {
        Some(self.text(key)).filter(|text| !text.is_empty())
    }

    pub(super) fn needed_text(&mut self, key: &str) -> String {
        let text = self.text(key).to_owned();
        if text.is_empty() {
            self.fault(key, "must not be empty");
        }
        text
    }

    pub(super) fn secret(&self, key: &str) -> Option<SecretString> {
        self.filled(key).map(SecretString::from)
    }

    pub(super) fn master_key(&mut self, key: &str) -> Option<SecretString> {
        let text = self.secret(key)?;
        if MasterKey::from_base64(&text).is_err() {
            self.fault(key, "is not 32 bytes in base64; make one: head -c 32 /dev/urandom | base64");
        }
        Some(text)
    }

    pub(super) fn flag(&self, key: &str) -> bool {
        self.layers.get(key).value.as_bool().unwrap_or_default()
    }

    pub(super) fn number(&mut self, key: &str, range: RangeInclusive<u32>) -> u32 {
        let number = self.layers.get(key).value.as_integer().unwrap_or_default();
        match u32::try_from(number).ok().filter(|number| range.contains(number)) {
            Some(number) => number,
            None => {
                self.fault(key, format_args!("must be from {} to {}", range.start(), range.end()));
                *range.start()
            }
        }
    }

    pub(super) fn duration(&mut self, key: &str) -> Duration {
        match duration::parse(self.text(key)) {
            Ok(duration) => duration,
            Err(error) => {
                self.fault(key, error);
                Duration::from_secs(1)
            }
        }
    }

    /// One without which nothing would be left of what it measures.
    pub(super) fn some_time(&mut self, key: &str) -> Duration {
        let duration = self.duration(key);
        if duration < Duration::from_secs(1) {
            self.fault(key, "must be at least 1s");
        }
        duration
    }

    pub(super) fn url(&mut self, key: &str) -> Option<Url> {
        let text = self.filled(key)?;
        match Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Some(url),
            _ => {
                self.fault(key, "must be a URL such as http://127.0.0.1:8001");
                None
            }
        }
    }

    pub(super) fn needed_url(&mut self, key: &str) -> Url {
        if self.filled(key).is_none() {
            self.fault(key, "must not be empty");
        }
        self.url(key).unwrap_or_else(|| super::url_of(nowhere()))
    }

    /// A value with a type of its own; falls back to the default, which has it.
    pub(super) fn parsed<T: FromStr<Err: Display>>(&mut self, key: &str) -> T {
        match self.text(key).parse() {
            Ok(value) => value,
            Err(error) => {
                self.fault(key, error);
                let default = known().remove(key);
                let text = default.as_ref().and_then(Value::as_str).unwrap_or_default();
                text.parse().unwrap_or_else(|_| unreachable!("the default of {key} has its type"))
            }
        }
    }

    /// A list whose entries have a type of their own; the faulty ones are left out.
    pub(super) fn list<T: FromStr<Err: Display>>(&mut self, key: &str) -> Vec<T> {
        let mut read = Vec::new();
        for entry in self.layers.get(key).value.as_array().into_iter().flatten() {
            match entry.as_str().map(str::trim).map(str::parse) {
                Some(Ok(value)) => read.push(value),
                Some(Err(error)) => self.fault(key, error),
                None => self.fault(key, "must be a list of texts"),
            }
        }
        read
    }

    /// The last parts of the keys that begin so.
    pub(super) fn below(&self, section: &str) -> Vec<String> {
        let keys = self.layers.in_sections();
        keys.into_iter().filter_map(|(key, _)| key.0.strip_prefix(section).map(str::to_owned)).collect()
    }

    /// One of two words; whether it is the second.
    pub(super) fn word(&mut self, key: &str, first: &str, second: &str) -> bool {
        let text = self.text(key);
        if text != first && text != second {
            self.fault(key, format_args!("must be {first} or {second}"));
        }
        text == second
    }

    pub(super) fn log_level(&mut self, key: &str) -> Option<String> {
        let text = self.filled(key)?;
        // The library takes a word that is no level for the name of a module of which everything is wanted.
        let says_how_much = |part: &str| part.contains(['=', '[']) || part.trim().parse::<LevelFilter>().is_ok();
        if EnvFilter::builder().parse(text).is_err() || !text.split(',').all(says_how_much) {
            self.fault(key, "must be a level such as info, or a filter such as info,order=debug");
        }
        Some(text.to_owned())
    }

    pub(super) fn day_rule(&mut self, zone: &str, start: &str) -> DayRule {
        let (zone_text, start_text) = (self.text(zone), self.text(start));
        if DayRule::new(zone_text, MIDNIGHT).is_err() {
            self.fault(zone, "is no time zone such as America/Sao_Paulo");
        }
        if DayRule::new(UTC, start_text).is_err() {
            self.fault(start, "is no time of day such as 04:30");
        }
        let stand_in = |_| DayRule::new(UTC, MIDNIGHT).unwrap_or_else(|_| unreachable!("midnight in UTC exists"));
        DayRule::new(zone_text, start_text).unwrap_or_else(stand_in)
    }

    pub(super) fn place(&mut self, service: &str) -> Place {
        let listen_key = format!("{service}.listen");
        let listen = self.text(&listen_key).parse().unwrap_or_else(|_| {
            self.fault(&listen_key, "must be ADDRESS:PORT such as 127.0.0.1:8001");
            nowhere()
        });
        let named_url = self.url(&format!("{service}.url"));
        let database_key = format!("{service}.database");
        let in_data_dir = StoreUrl::Sqlite(self.data_dir.join(format!("{service}.db")));
        let named = self.filled(&database_key);
        let database = named.and_then(|text| match database(text) {
            Ok(database) => Some(database),
            Err(why) => {
                self.fault(&database_key, why);
                None
            }
        });
        let named_database = database.is_some();
        let cors_origins = self.list(&format!("{service}.cors_origins"));
        Place { listen, named_url, database: database.unwrap_or(in_data_dir), named_database, cors_origins }
    }
}

/// A store, or why the text names none; without the text, which may hold a password.
fn database(text: &str) -> Result<StoreUrl, String> {
    let database: StoreUrl = text.parse().map_err(|error: StoreUrlError| error.to_string())?;
    if let StoreUrl::Mongo(url) = &database {
        check_url(url).map_err(|error| error.to_string())?;
    }
    Ok(database)
}

fn nowhere() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}
