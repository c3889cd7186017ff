//! `up`: the whole platform in one process.

use std::io::{IsTerminal, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use auth::{Authority, FirstAdmin};
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use domain::Email;
use futures_util::future::try_join_all;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use store::StoreUrl;
use tower::ServiceExt;

use super::{authority, seed, serve};
use crate::args::{Common, Up};
use crate::clients::Session;
use crate::config::{Config, Overrides, Purpose, Service, bare};
use crate::credentials::{self, AdminLogin, Credentials};
use crate::data_dir::{DataDir, Hold};
use crate::exit::{Exit, Failure, Outcome};
use crate::log;
use crate::master_key::MasterKey;
use crate::platform::{self, Addresses, Reserved, Unit, demo, patiently};
use crate::print::{Printer, strong};

/// The first administrator, until the owner makes another one.
const ADMIN_NAME: &str = "Administrador";
const ADMIN_EMAIL: &str = "admin@lanchonete.example.com";
/// How long the services may take to know auth's keys.
const KEYS_WITHIN: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(5);

pub(crate) async fn run(common: &Common, args: Up, started: Instant, printer: Printer) -> Outcome {
    let config = Config::load(common, Purpose::Up, for_all(&args)?)?;
    if args.chaos.is_some() && !config.uses_sandbox() {
        return Err(Failure::usage("--chaos is for the sandbox, but mercadopago.access_token is set"));
    }
    let mut config = platform::told(config, printer);
    if args.demo && !config.uses_sandbox() {
        return Err(Failure::usage("--demo pays in the sandbox, but mercadopago.access_token is set"));
    }
    let data_dir = DataDir::open(&config.data_dir, Hold::Alone)?;
    same_stores_as_before(&config, args.fresh)?;
    if args.fresh {
        begin_anew(&data_dir, &config, args.yes, printer)?;
    }
    let _log = log::to_files(&config.log, "info", data_dir.path())?;
    let key = MasterKey::find_or_create(config.security.master_key.as_ref(), data_dir.path())?;
    let shutdown = platform::shutdown_signal()?;

    platform::make_room(&mut config, Service::ALL.len(), printer);
    platform::say_who_can_reach(&config, &Service::ALL, printer);
    let reserved = reserve(&config)?;
    let mut addresses = Addresses::of(&config);
    for (service, socket) in &reserved {
        addresses.set(*service, config.place(*service).named_url.clone().unwrap_or_else(|| socket.url()));
    }
    let opening = Box::pin(open_all(&config, &key, &addresses, !args.no_seed));
    let open = patiently(opening, &Service::ALL, &config, &shutdown, printer).await?;
    write_credentials(&config, &addresses, open.first_admin, &open.authority)?;

    // Auth comes first, because the others ask it for its keys. Each opens when it can be used.
    let mut serving = Vec::new();
    for ((service, socket), unit) in reserved.into_iter().zip(open.units) {
        let working = unit.start();
        if matches!(service, Service::Order | Service::Payment) {
            knows_keys(service, &working.router).await?;
        }
        let listener = socket.open()?;
        serving.push(tokio::spawn(working.serve(listener, shutdown.clone())));
    }
    tell(&config, &addresses, printer)?;
    printer.talk(format_args!("ready in {} ms", started.elapsed().as_millis()));
    if args.demo {
        // The customers are clients like any other: they find the services by what was just written down.
        let client = Config::load(common, Purpose::Client, Overrides::default())?;
        let session = Session::new(client, Credentials::read(&config.data_dir)?, None)?;
        tokio::spawn(demo::run(session, shutdown.clone(), printer));
    }
    let ended = try_join_all(serving).await.map_err(|error| Failure::internal(error.to_string()))?;
    ended.into_iter().collect()
}

/// The flags that mean every service.
fn for_all(args: &Up) -> Outcome<Overrides> {
    let mut overrides = Overrides::default().with("sandbox.chaos".to_owned(), "--chaos", args.chaos.as_deref());
    for service in [Service::Auth, Service::Order, Service::Payment] {
        overrides = overrides.with(format!("{}.database", service.name()), "--database", args.database.as_deref());
    }
    let Some(listen) = args.listen.as_deref() else { return Ok(overrides) };
    let Ok(first) = listen.parse::<SocketAddr>() else {
        // Auth's key says what is wrong with it, with all other faults.
        return Ok(overrides.with("auth.listen", "--listen", Some(listen)));
    };
    for (service, step) in Service::ALL.into_iter().zip(0..) {
        let address = in_a_row(first, service, step)
            .ok_or_else(|| Failure::usage("--listen: four ports in a row are needed, the last at most 65535"))?;
        overrides = overrides.with(format!("{}.listen", service.name()), "--listen", Some(&address.to_string()));
    }
    Ok(overrides)
}

/// Where a service listens when the first one listens there. The sandbox asks for no token and stays on this machine.
fn in_a_row(mut address: SocketAddr, service: Service, step: u16) -> Option<SocketAddr> {
    if address.port() != 0 {
        address.set_port(address.port().checked_add(step)?);
    }
    if service == Service::Sandbox && !address.ip().is_loopback() {
        address.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    Some(address)
}

/// Asks, where somebody can answer, and removes what earlier runs left.
fn begin_anew(data_dir: &DataDir, config: &Config, yes: bool, printer: Printer) -> Outcome {
    if !data_dir.is_used() {
        return Ok(());
    }
    let stays = on_servers(config);
    if !yes && std::io::stdin().is_terminal() && std::io::stderr().is_terminal() {
        let path = data_dir.path().display();
        let _ = write!(std::io::stderr().lock(), "Remove every order, payment and person in {path}? [y/N] ");
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer)?;
        if !matches!(answer.trim(), "y" | "Y" | "yes" | "s" | "S" | "sim") {
            return Err(Failure::refused("nothing was removed"));
        }
    }
    let admin = first_admin_elsewhere(config)?;
    data_dir.wipe()?;
    if let Some(admin) = admin {
        Credentials::update(data_dir.path(), |credentials| credentials.admin = Some(admin))?;
    }
    printer.talk(format_args!("emptied {}", data_dir.path().display()));
    if !stays.is_empty() {
        printer.talk(format_args!("what {} keep on MongoDB stays", stays.join(" and ")));
    }
    Ok(())
}

/// The services whose data is on a database server, which we never empty.
fn on_servers(config: &Config) -> Vec<&'static str> {
    let kept = |service: &Service| matches!(config.place(*service).database, StoreUrl::Mongo(_));
    Service::ALL.into_iter().filter(kept).map(Service::name).collect()
}

/// The login of the first administrator, where the person outlives the data directory: nobody else has the password.
fn first_admin_elsewhere(config: &Config) -> Outcome<Option<AdminLogin>> {
    let database = &config.auth.place.database;
    let Some(before) = Credentials::read(&config.data_dir)? else { return Ok(None) };
    let same = matches!(database, StoreUrl::Mongo(_)) && last_store(&before, Service::Auth).as_ref() == Some(database);
    Ok(before.admin.filter(|_| same))
}

fn last_store(before: &Credentials, service: Service) -> Option<StoreUrl> {
    before.databases.get(service.name()).and_then(|text| text.parse().ok())
}

/// A data directory whose orders are elsewhere is not silently opened with empty stores. Who begins anew gives up the
/// files, but no database server.
fn same_stores_as_before(config: &Config, fresh: bool) -> Outcome {
    let Some(before) = Credentials::read(&config.data_dir)? else { return Ok(()) };
    for service in [Service::Auth, Service::Order, Service::Payment] {
        let place = config.place(service);
        let last = last_store(&before, service).filter(|last| !fresh || matches!(last, StoreUrl::Mongo(_)));
        if let Some(last) = last.filter(|last| !place.named_database && *last != place.database) {
            let directory = config.data_dir.display();
            let message = format!("{directory} was last used with {last} for {}", service.name());
            return Err(Failure::usage(message).hint(format!(
                "name it again with --database or --{}-database, or choose another --data-dir",
                service.name()
            )));
        }
    }
    Ok(())
}

/// In the order in which they are opened.
fn reserve(config: &Config) -> Outcome<Vec<(Service, Reserved)>> {
    let wanted = Service::ALL.into_iter().filter(|service| *service != Service::Sandbox || config.uses_sandbox());
    wanted.map(|service| Ok((service, Reserved::take(service, config.place(service).listen)?))).collect()
}

/// Everything that is open, but neither works nor answers yet.
struct Open {
    /// In the order of [`Service::ALL`].
    units: Vec<Unit>,
    authority: Authority,
    first_admin: Option<FirstAdmin>,
}

async fn open_all(config: &Config, key: &MasterKey, at: &Addresses, seed: bool) -> Outcome<Open> {
    let auth = async {
        let opened = platform::auth(config, key, at).await?;
        let email: Email = ADMIN_EMAIL.parse().map_err(|_| Failure::internal("the first e-mail is none"))?;
        let first = opened.authority.ensure_admin(ADMIN_NAME, email).await;
        Ok((opened, first.map_err(authority::register_failure)?))
    };
    let order = async {
        let opened = platform::order(config, key, at, Some(platform::is_live(config))).await?;
        if seed {
            seed::empty_menu(&opened.service).await?;
        }
        Ok(opened)
    };
    let payment = platform::payment(config, key, at);
    let sandbox =
        async { if config.uses_sandbox() { platform::sandbox(config, key, at).await.map(Some) } else { Ok(None) } };
    let ((auth, first_admin), order, payment, sandbox) = tokio::try_join!(auth, order, payment, sandbox)?;
    let mut units = vec![auth.unit, order.unit, payment];
    units.extend(sandbox);
    Ok(Open { units, authority: auth.authority, first_admin })
}

fn write_credentials(config: &Config, at: &Addresses, first: Option<FirstAdmin>, authority: &Authority) -> Outcome {
    let tokens = serve::device_tokens(authority)?;
    Credentials::update(&config.data_dir, |credentials| {
        if last_store(credentials, Service::Auth).is_some_and(|last| last != config.auth.place.database) {
            // The login of a person in another store.
            credentials.admin = None;
        }
        for service in Service::ALL {
            let name = service.name().to_owned();
            if service == Service::Sandbox && !config.uses_sandbox() {
                credentials.urls.remove(&name);
                continue;
            }
            credentials.urls.insert(name.clone(), bare(at.get(service)));
            if service != Service::Sandbox {
                credentials.databases.insert(name, super::full(&config.place(service).database));
            }
        }
        if let Some(admin) = first {
            let password = admin.password.expose_secret().to_owned();
            credentials.admin = Some(AdminLogin { email: admin.email.as_str().to_owned(), password });
        }
        credentials.tokens = tokens.into_iter().collect();
    })
}

/// Waits until a service knows auth's keys: before that it could let nobody in.
async fn knows_keys(service: Service, router: &Router) -> Outcome {
    let deadline = Instant::now() + KEYS_WITHIN;
    while !has_keys(router).await {
        if Instant::now() >= deadline {
            return Err(Failure::new(Exit::Unreachable, format!("{} did not learn auth's keys", service.name()))
                .hint("the log in the data directory says why"));
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(())
}

async fn has_keys(router: &Router) -> bool {
    let Ok(request) = Request::get("/ready").body(Body::empty()) else { return false };
    let Ok(answer) = router.clone().oneshot(request).await;
    let Ok(body) = axum::body::to_bytes(answer.into_body(), 64 * 1024).await else { return false };
    let Ok(readiness) = serde_json::from_slice::<api::Readiness>(&body) else { return false };
    readiness.dependencies.iter().filter(|dependency| dependency.name == "keys").all(|keys| keys.ready)
}

/// Where everything is, and what to try next.
fn tell(config: &Config, at: &Addresses, printer: Printer) -> Outcome {
    let sandbox = config.uses_sandbox();
    let services = Service::ALL.into_iter().filter(|service| *service != Service::Sandbox || sandbox);
    let urls: Vec<(&str, String)> = services.map(|service| (service.name(), bare(at.get(service)))).collect();
    let credentials = config.data_dir.join(credentials::FILE);
    let next = next_command(config);
    let money = if sandbox { "sandbox" } else { "mercadopago" };
    let object: serde_json::Map<String, Value> =
        urls.iter().map(|(name, url)| ((*name).to_owned(), json!(url))).collect();
    let value = json!({
        "urls": object, "payments": money, "data_dir": config.data_dir, "credentials": credentials, "next": next,
    });
    printer.data(&value, || {
        let mut text = String::new();
        for (name, url) in &urls {
            text.push_str(&format!("{name:<13}{url}\n"));
        }
        let money = if sandbox { "the sandbox; no real money moves" } else { "MercadoPago" };
        text.push_str(&format!("payments     {money}\n"));
        text.push_str(&format!("credentials  {}\n", credentials.display()));
        text.push_str(&format!("try          {}\n", strong(&next)));
        text
    })?;
    Ok(())
}

/// As it can be typed here: the program by the name that was typed, and the data directory where it is not the usual.
fn next_command(config: &Config) -> String {
    let program = std::env::args().next().unwrap_or_else(|| "lanchonete".to_owned());
    let usual = std::path::absolute("lanchonete-data").is_ok_and(|usual| usual == config.data_dir);
    let data_dir = if usual { String::new() } else { format!(" --data-dir {}", config.data_dir.display()) };
    format!("{program}{data_dir} order create --item X-Burger:2:'sem cebola' --wait")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_ports_in_a_row() {
        let row = |first: &str| {
            let first = first.parse().expect("an address");
            let place = |(service, step)| in_a_row(first, service, step).map(|address| address.to_string());
            Service::ALL.into_iter().zip(0..).map(place).collect::<Option<Vec<_>>>()
        };
        let texts = |texts: [&str; 4]| Some(texts.map(str::to_owned).to_vec());
        let on_all = ["0.0.0.0:9000", "0.0.0.0:9001", "0.0.0.0:9002", "127.0.0.1:9003"];
        assert_eq!(row("0.0.0.0:9000"), texts(on_all));
        assert_eq!(row("[::1]:65532"), texts(["[::1]:65532", "[::1]:65533", "[::1]:65534", "[::1]:65535"]));
        assert_eq!(row("127.0.0.1:0"), texts(["127.0.0.1:0"; 4]));
        assert_eq!(row("127.0.0.1:65533"), None);
    }
}
