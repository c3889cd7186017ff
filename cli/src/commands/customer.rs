//! `customer register|list`.

use api::auth::{Customer as Person, Register};
use domain::Role;
use secrecy::ExposeSecret;

use super::admin::password_from_stdin;
use crate::args::{Common, Customer, CustomerList, CustomerRegister, Identity};
use crate::clients::Session;
use crate::config::Service;
use crate::exit::Outcome;
use crate::print::{Printer, Table};

pub(crate) async fn run(common: &Common, args: Customer, printer: Printer) -> Outcome {
    match args {
        Customer::Register(args) => register(common, args, printer).await,
        Customer::List(args) => list(common, args, printer).await,
    }
}

async fn register(common: &Common, args: CustomerRegister, printer: Printer) -> Outcome {
    let session = Session::open(common, &args.target, Service::Auth)?;
    let password = args.password_stdin.then(password_from_stdin).transpose()?;
    let password = password.map(|password| password.expose_secret().to_owned());
    let Identity { name, email, cpf } = args.identity;
    let body = Register { name, email, cpf, password };
    let admitted = session.auth(Role::Kiosk).await?.register(&body).await?;
    printer
        .data(&admitted, || format!("id   {}\ncpf  {}\n", admitted.id, admitted.cpf.as_deref().unwrap_or_default()))?;
    Ok(())
}

async fn list(common: &Common, args: CustomerList, printer: Printer) -> Outcome {
    let session = Session::open(common, &args.target, Service::Auth)?;
    let query = [("skip", args.skip.to_string()), ("limit", args.limit.to_string())];
    let page = session.auth(Role::Admin).await?.http().list::<Person>("/customer", &query).await?;
    printer.data(&page.items, || {
        let mut table = Table::new(["ID", "ROLE", "NAME", "EMAIL", "CPF"]);
        let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
        for person in &page.items {
            let (id, role) = (person.id.to_string(), person.role.to_string());
            table.row([id, role, text(&person.name), text(&person.email), text(&person.cpf)]);
        }
        table.to_string()
    })?;
    super::tell_total(printer, page.items.len(), args.skip, page.total);
    Ok(())
}
