//! `serve auth|order|payment|sandbox`: one service in a process of its own.

use std::time::Instant;

use auth::Authority;
use domain::Role;
use serde_json::json;

use super::authority;
use crate::args::{Common, Serve};
use crate::config::{Config, Overrides, Purpose, Service, bare};
use crate::credentials::Credentials;
use crate::data_dir::{DataDir, Hold};
use crate::exit::{Failure, Outcome};
use crate::log;
use crate::master_key::MasterKey;
use crate::platform::{self, Addresses, Reserved, Unit, patiently};
use crate::print::Printer;

/// The roles for which tokens are left on this machine.
pub(super) const DEVICES: [Role; 3] = [Role::Admin, Role::Kitchen, Role::Kiosk];

pub(crate) async fn run(common: &Common, args: Serve, started: Instant, printer: Printer) -> Outcome {
    let name = args.service.name();
    if args.chaos.is_some() && args.service != Service::Sandbox {
        return Err(Failure::usage(format!("--chaos is for the sandbox, not for {name}"))
            .hint("the others meet it through the sandbox: `lanchonete serve sandbox --chaos …`"));
    }
    let overrides = Overrides::default()
        .with(format!("{name}.listen"), "--listen", args.listen.as_deref())
        .with(format!("{name}.database"), "--database", args.database.as_deref())
        .with(format!("{name}.url"), "--url", args.url.as_deref())
        .with("sandbox.chaos".to_owned(), "--chaos", args.chaos.as_deref());
    let mut config = Config::load(common, Purpose::Serve(args.service), overrides)?;
    if args.service == Service::Sandbox {
        config = platform::told(config, printer);
    }
    let data_dir = DataDir::open(&config.data_dir, Hold::Shared)?;
    let _log = log::to_stderr(&config.log, "info")?;
    let key = MasterKey::find_or_create(config.security.master_key.as_ref(), data_dir.path())?;
    let shutdown = platform::shutdown_signal()?;

    platform::make_room(&mut config, 1, printer);
    platform::say_who_can_reach(&config, &[args.service], printer);
    let place = config.place(args.service);
    let reserved = Reserved::take(args.service, place.listen)?;
    let url = place.named_url.clone().unwrap_or_else(|| reserved.url());
    let mut addresses = Addresses::of(&config);
    addresses.set(args.service, url.clone());
    let url = bare(&url);

    let opening = open(args.service, &config, &key, &addresses);
    let (unit, tokens) = patiently(opening, &[args.service], &config, &shutdown, printer).await?;
    Credentials::update(data_dir.path(), |credentials| {
        credentials.urls.insert(name.to_owned(), url.clone());
        if args.service != Service::Sandbox {
            credentials.databases.insert(name.to_owned(), super::full(&place.database));
        }
        credentials.tokens.extend(tokens);
    })?;
    let listener = reserved.open()?;
    let working = unit.start();
    printer.data(&json!({ "service": name, "url": url }), || format!("{name}  {url}\n"))?;
    printer.talk(format_args!("{name} on {url}: ready in {} ms", started.elapsed().as_millis()));
    working.serve(listener, shutdown).await
}

/// Opens the service; auth also signs tokens for the commands on this machine.
async fn open(
    service: Service,
    config: &Config,
    key: &MasterKey,
    at: &Addresses,
) -> Outcome<(Unit, Vec<(String, String)>)> {
    match service {
        Service::Auth => {
            let auth = platform::auth(config, key, at).await?;
            let tokens = device_tokens(&auth.authority)?;
            Ok((auth.unit, tokens))
        }
        Service::Order => Ok((platform::order(config, key, at, None).await?.unit, Vec::new())),
        Service::Payment => Ok((platform::payment(config, key, at).await?, Vec::new())),
        Service::Sandbox if !config.uses_sandbox() => {
            Err(Failure::usage("mercadopago.access_token is set: payments go to MercadoPago, not to the sandbox"))
        }
        Service::Sandbox => Ok((platform::sandbox(config, key, at).await?, Vec::new())),
    }
}

/// A token for each role that a command on this machine may need.
pub(super) fn device_tokens(authority: &Authority) -> Outcome<Vec<(String, String)>> {
    let life = auth::Lives::default().device_max;
    let sign = |role: Role| {
        let issued = authority.issue(role, None, life, None).map_err(authority::issue_failure)?;
        Ok((role.as_str().to_owned(), issued.token))
    };
    DEVICES.into_iter().map(sign).collect()
}
