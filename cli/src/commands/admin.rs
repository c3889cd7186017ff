//! `admin create`: an administrator straight in the auth store, with or without the service running.

use std::io::BufRead;

use api::auth::NewAdmin;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::authority;
use crate::args::{Admin, AdminCreate, Common, Identity};
use crate::config::{Config, Overrides, Purpose};
use crate::exit::{Failure, Outcome};
use crate::print::Printer;

/// Longest line that is read as a password, in bytes.
const MAX_PASSWORD_LINE: u64 = 4096;

pub(crate) async fn run(common: &Common, args: Admin, printer: Printer) -> Outcome {
    match args {
        Admin::Create(args) => create(common, args, printer).await,
    }
}

async fn create(common: &Common, args: AdminCreate, printer: Printer) -> Outcome {
    let config = Config::load(common, Purpose::Client, Overrides::default())?;
    let made_up = !args.password_stdin;
    let password = if made_up { crate::master_key::random_text()? } else { password_from_stdin()? };
    let authority = authority::open(&config).await?;
    let Identity { name, email, cpf } = args.identity;
    let body = NewAdmin { name, email, cpf, password: password.expose_secret().to_owned() };
    let created = authority.create_admin(body).await;
    authority.close().await;
    let admin = created.map_err(authority::register_failure)?;
    let shown = made_up.then(|| password.expose_secret());
    let value =
        json!({ "id": admin.id, "name": admin.name, "email": admin.email, "cpf": admin.cpf, "password": shown });
    printer.data(&value, || {
        let password = shown.map(|password| format!("password  {password}\n")).unwrap_or_default();
        format!("id        {}\nemail     {}\n{password}", admin.id, admin.email.as_deref().unwrap_or_default())
    })?;
    if made_up {
        printer.talk("The password is shown this once; only its hash is kept.");
    }
    Ok(())
}

/// The first line of stdin, without its end.
pub(crate) fn password_from_stdin() -> Outcome<SecretString> {
    use std::io::Read;
    let mut line = String::new();
    std::io::stdin().lock().take(MAX_PASSWORD_LINE).read_line(&mut line)?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        return Err(Failure::usage("no password on stdin")
            .hint("pipe it in: printf '%s\\n' \"$PASSWORD\" | lanchonete admin create … --password-stdin"));
    }
    Ok(SecretString::from(password))
}
