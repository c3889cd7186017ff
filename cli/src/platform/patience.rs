use std::future::Future;
use std::time::Duration;

use store::StoreUrl;
use tokio_util::sync::CancellationToken;

use crate::config::{Config, Service};
use crate::exit::{Exit, Failure, Outcome};
use crate::print::Printer;

/// A database server that is there answers well before this.
const AT_ONCE: Duration = Duration::from_secs(1);

/// Opens the services, and says what for when that takes long. Whoever asks for the end meanwhile gets it.
pub(crate) async fn patiently<T>(
    opening: impl Future<Output = Outcome<T>>,
    services: &[Service],
    config: &Config,
    shutdown: &CancellationToken,
    printer: Printer,
) -> Outcome<T> {
    let awaited = awaited(services, config);
    let say = async {
        tokio::time::sleep(AT_ONCE).await;
        if !awaited.is_empty() {
            let most = config.mongodb.wait_for.as_secs_f64();
            printer.talk(format_args!("waiting for {}, at most {most} s (mongodb.wait)", awaited.join(" and ")));
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        opened = opening => opened,
        () = shutdown.cancelled() => Err(Failure::new(Exit::Done, String::new())),
        () = say => unreachable!("it only says"),
    }
}

/// The database servers, each once and without its password.
fn awaited(services: &[Service], config: &Config) -> Vec<String> {
    let mut servers = Vec::new();
    for service in services {
        let database = &config.place(*service).database;
        let shown = database.to_string();
        if matches!(database, StoreUrl::Mongo(_)) && !servers.contains(&shown) {
            servers.push(shown);
        }
    }
    servers
}
