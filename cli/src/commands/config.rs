//! `config show|check|default`.

use serde_json::{Map, Value as Json, json};
use store::StoreUrl;

use crate::args::{Common, Config as Args};
use crate::config::{Config, DEFAULTS, Key, Layers, Overrides, Purpose, Setting};
use crate::exit::{Failure, Outcome};
use crate::print::Printer;

/// Shown instead of a secret.
const HIDDEN: &str = "***";

pub(crate) fn run(common: &Common, args: Args, printer: Printer) -> Outcome {
    match args {
        Args::Show => show(common, printer),
        Args::Check => {
            let config = Config::load(common, Purpose::Client, Overrides::default())?;
            let sandbox = config.uses_sandbox();
            printer.data(&json!({ "ok": true, "sandbox": sandbox }), || {
                let money = if sandbox { "payments go to the sandbox" } else { "payments go to MercadoPago" };
                format!("the configuration is right; {money}\n")
            })?;
            Ok(())
        }
        Args::Default => {
            let table: toml::Table = DEFAULTS.parse().map_err(|error| Failure::internal(format!("{error}")))?;
            Ok(printer.data(&table, || DEFAULTS.to_owned())?)
        }
    }
}

fn show(common: &Common, printer: Printer) -> Outcome {
    let layers = Layers::gather(common, Purpose::Client, Overrides::default())?;
    Config::from_layers(common, &layers)?;
    printer.data(&as_json(&layers), || as_toml(&layers))?;
    Ok(())
}

/// The value as it may be seen: secrets hidden, and passwords in database addresses.
fn visible(key: Key<'_>, setting: &Setting) -> toml::Value {
    let text = setting.value.as_str();
    match text {
        Some(text) if key.is_secret() && !text.is_empty() => HIDDEN.into(),
        Some(text) if key.0.ends_with(".database") && !text.is_empty() => {
            text.parse::<StoreUrl>().map_or_else(|_| HIDDEN.to_owned(), |url| url.to_string()).into()
        }
        _ => setting.value.clone(),
    }
}

fn as_toml(layers: &Layers) -> String {
    let mut text = String::new();
    let mut section = "";
    for (key, setting) in layers.in_sections() {
        let (table, name) = key.0.rsplit_once('.').unwrap_or(("", key.0));
        if table != section {
            let gap = if section.is_empty() { "" } else { "\n" };
            text.push_str(&format!("{gap}[{table}]\n"));
            section = table;
        }
        text.push_str(&format!("{name} = {}  # {}\n", visible(key, setting), setting.origin));
    }
    text
}

fn as_json(layers: &Layers) -> Json {
    let mut root = Map::new();
    for (key, setting) in layers.in_sections() {
        let mut table = &mut root;
        let mut parts = key.0.split('.').peekable();
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                let value = serde_json::to_value(visible(key, setting)).unwrap_or(Json::Null);
                table.insert(part.to_owned(), value);
                break;
            }
            let inner = table.entry(part).or_insert_with(|| Json::Object(Map::new()));
            match inner {
                Json::Object(inner) => table = inner,
                _ => unreachable!("a key of the default configuration is a value or a table, never both"),
            }
        }
    }
    Json::Object(root)
}
