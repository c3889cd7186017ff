//! `keys rotate|list`: in the auth store, whether the service runs or not.

use auth::{Authority, KeyInfo, KeyState};
use domain::DayRule;
use serde_json::{Value, json};

use super::{authority, serve};
use crate::args::{Common, Keys, KeysRotate};
use crate::config::{Config, Overrides, Purpose};
use crate::credentials::Credentials;
use crate::exit::Outcome;
use crate::local::local;
use crate::print::{Printer, Table};

pub(crate) async fn run(common: &Common, args: Keys, printer: Printer) -> Outcome {
    let config = Config::load(common, Purpose::Client, Overrides::default())?;
    let authority = authority::open(&config).await?;
    let done = match args {
        Keys::Rotate(args) => rotate(&config, &authority, &args, printer).await,
        Keys::List => list(&config, &authority.keys(), printer),
    };
    authority.close().await;
    done
}

async fn rotate(config: &Config, authority: &Authority, args: &KeysRotate, printer: Printer) -> Outcome {
    let kid = authority.rotate_keys(args.now).await.map_err(authority::open_failure)?;
    if args.now {
        renew_tokens(config, authority)?;
    }
    let keys = authority.keys();
    let Some(new) = keys.iter().find(|key| key.kid == kid) else { return list(config, &keys, printer) };
    printer
        .data(&shown(new), || format!("key    {}\nsigns  {}\n", new.kid, local(new.signs_from, &config.order.day)))?;
    if args.now {
        printer.talk("Every token that older keys signed ends within 15 seconds; those in credentials.json are new.");
    } else {
        printer.talk("What older keys signed holds until it expires.");
    }
    Ok(())
}

/// The tokens that commands and devices on this machine use, where an earlier start left any.
fn renew_tokens(config: &Config, authority: &Authority) -> Outcome {
    if Credentials::read(&config.data_dir)?.is_none_or(|kept| kept.tokens.is_empty()) {
        return Ok(());
    }
    let tokens = serve::device_tokens(authority)?;
    Credentials::update(&config.data_dir, |credentials| credentials.tokens.extend(tokens))
}

fn shown(key: &KeyInfo) -> Value {
    json!({
        "kid": key.kid, "state": key.state.as_str(), "created_at": key.created_at, "signs_from": key.signs_from,
        "ends_at": key.ends_at,
    })
}

fn list(config: &Config, keys: &[KeyInfo], printer: Printer) -> Outcome {
    let day: &DayRule = &config.order.day;
    let value: Vec<Value> = keys.iter().map(shown).collect();
    printer.data(&value, || {
        let mut table = Table::new(["KEY", "STATE", "SIGNS FROM", "ENDS"]);
        for key in keys {
            let ends = key.ends_at.filter(|_| key.state != KeyState::Signing).map(|at| local(at, day));
            let state = key.state.as_str().to_owned();
            table.row([key.kid.clone(), state, local(key.signs_from, day), ends.unwrap_or_else(|| "-".to_owned())]);
        }
        table.to_string()
    })?;
    Ok(())
}
