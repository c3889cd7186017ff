//! What lies on this machine: the data directory, the root secret, the stores and their keys.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use auth::KeyState;
use store::StoreUrl;

use super::Findings;
use crate::commands::authority;
use crate::config::{Config, Service};
use crate::credentials::{self, Credentials};
use crate::exit::{Exit, Failure, Outcome, store_not_opened};
use crate::master_key::MasterKey;
use crate::private;

pub(super) async fn look(config: &Config, findings: &mut Findings) {
    findings.add("configuration file", own_file(config));
    findings.add("data directory", directory(&config.data_dir));
    let key = MasterKey::find(config.security.master_key.as_ref(), &config.data_dir);
    let key = findings.keep("master key", key, |_| "there, and nobody else's".to_owned());
    findings.add("credentials", kept(config));
    if key.is_some() {
        findings.add("auth store", signing_keys(config).await);
    }
    findings.add("order store", orders(config).await);
    findings.add("payment store", payments(config).await);
}

/// For its owner only, if it holds a secret.
fn own_file(config: &Config) -> Outcome<String> {
    let Some(file) = &config.exposed else { return Ok("nothing in it for others".to_owned()) };
    let file = file.display();
    Err(Failure::usage(format!("{file} holds secrets and others may read it")).hint(format!("chmod 600 {file}")))
}

/// For its owner only, with everything in it.
fn directory(path: &Path) -> Outcome<String> {
    let shown = path.display();
    let entries = std::fs::read_dir(path).map_err(|error| {
        Failure::usage(format!("can't read {shown}: {error}"))
            .hint("`lanchonete up` makes one; or name yours with --data-dir")
    })?;
    let inside = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    let open: Vec<PathBuf> = inside.chain([path.to_owned()]).filter(|path| others_may_read(path)).collect();
    if open.is_empty() {
        return Ok(format!("{shown}, for its owner only"));
    }
    let names: Vec<String> = open.iter().map(|path| path.display().to_string()).collect();
    Err(Failure::usage(format!("others on this machine may read {}", names.join(", ")))
        .hint(format!("chmod -R go= {shown}")))
}

fn others_may_read(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| found.permissions().mode() & private::OTHERS != 0)
}

fn kept(config: &Config) -> Outcome<String> {
    let kept = Credentials::read(&config.data_dir)?.ok_or_else(|| {
        Failure::usage(format!("no {} in {}", credentials::FILE, config.data_dir.display()))
            .hint("`lanchonete up` writes it; elsewhere give --url and --token")
    })?;
    let roles: Vec<&str> = kept.tokens.keys().map(String::as_str).collect();
    Ok(format!("tokens for {}", if roles.is_empty() { "nobody".to_owned() } else { roles.join(", ") }))
}

async fn signing_keys(config: &Config) -> Outcome<String> {
    let authority = authority::open(config).await?;
    let keys = authority.keys();
    authority.close().await;
    let signing = keys.iter().filter(|key| key.state == KeyState::Signing).count();
    match signing {
        0 => Err(Failure::new(Exit::Store, "no key signs tokens").hint("lanchonete keys rotate")),
        _ => Ok(format!("{}, {} of {} keys signs", place(config, Service::Auth), signing, keys.len())),
    }
}

async fn orders(config: &Config) -> Outcome<String> {
    let url = &config.order.place.database;
    let audit = order::audit::open(url, &config.mongodb(Service::Order)).await.map_err(store_not_opened)?;
    let count = audit.count().await;
    audit.close().await;
    Ok(format!("{}, {} orders", place(config, Service::Order), count?))
}

async fn payments(config: &Config) -> Outcome<String> {
    let url = &config.payment.place.database;
    let audit = payment::audit::open(url, &config.mongodb(Service::Payment)).await.map_err(store_not_opened)?;
    let count = audit.count().await;
    audit.close().await;
    Ok(format!("{}, {} payments", place(config, Service::Payment), count?))
}

/// Without a password.
fn place(config: &Config, service: Service) -> String {
    let database: &StoreUrl = &config.place(service).database;
    database.to_string()
}
