//! `privacy export|erase`: what a person may ask of whoever holds their data (LGPD, art. 18), across the three services.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use api::auth::{Erased, ErasedIn, Identify};
use api::client::{AuthClient, Http};
use domain::{Cpf, CustomerId, Role};
use serde_json::{Map, Value, json};
use tokio::time::{Instant, sleep};

use crate::args::{Common, Privacy, PrivacyErase, PrivacyExport};
use crate::clients::Session;
use crate::config::Service;
use crate::duration;
use crate::exit::{Failure, Outcome};
use crate::local::local;
use crate::print::Printer;

/// Entries of one page of a list.
const PAGE: u32 = 100;
/// How often a receipt is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);

pub(crate) async fn run(common: &Common, args: Privacy, printer: Printer) -> Outcome {
    match args {
        Privacy::Export(args) => export(common, args, printer).await,
        Privacy::Erase(args) => erase(common, args, printer).await,
    }
}

async fn person(auth: &AuthClient, cpf: &Cpf) -> Outcome<CustomerId> {
    Ok(auth.identify(&Identify { cpf: cpf.clone() }).await?.id)
}

async fn export(common: &Common, args: PrivacyExport, printer: Printer) -> Outcome {
    let session = Session::open(common, &args.target, Service::Auth)?;
    let auth = session.auth(Role::Admin).await?;
    let id = person(&auth, &args.cpf).await?;
    let mut found: Value = auth.http().get(&format!("/customer/{id}")).await?;
    // Whoever asks has named it; the service shows it masked.
    found["cpf"] = json!(args.cpf.digits());
    let (order, payment) = (session.order(Role::Admin).await?, session.payment(Role::Admin).await?);
    let orders = with(order.http(), all(order.http(), "/orders", id).await?, "id", "/orders", "tracking").await?;
    let payments = all(payment.http(), "/payments", id).await?;
    let payments = with(payment.http(), payments, "payment_id", "/payments", "events").await?;
    let everything = json!({ "person": found, "orders": orders, "payments": payments });
    printer.data(&everything, || serde_json::to_string_pretty(&everything).unwrap_or_default())?;
    Ok(())
}

/// Everything of that list which is this person's.
async fn all(http: &Http, path: &str, id: CustomerId) -> Outcome<Vec<Map<String, Value>>> {
    let mut items = Vec::new();
    loop {
        let query = [("customer_id", id.to_string()), ("limit", PAGE.to_string()), ("skip", items.len().to_string())];
        let page = http.list::<Map<String, Value>>(path, &query).await?;
        let (last, total) = (page.items.len() < PAGE as usize, page.total);
        items.extend(page.items);
        if last || items.len() as u64 >= total {
            return Ok(items);
        }
    }
}

/// Each with its history.
async fn with(
    http: &Http,
    mut items: Vec<Map<String, Value>>,
    id: &str,
    path: &str,
    history: &str,
) -> Outcome<Vec<Map<String, Value>>> {
    for item in &mut items {
        let Some(id) = item.get(id).and_then(Value::as_str) else {
            return Err(Failure::unreachable("an answer without an id").hint("another program answers there"));
        };
        let rows = http.get::<Value>(&format!("{path}/{id}/{history}")).await?;
        item.insert(history.to_owned(), rows);
    }
    Ok(items)
}

async fn erase(common: &Common, args: PrivacyErase, printer: Printer) -> Outcome {
    let wait = duration::parse(&args.wait).map_err(|error| Failure::usage(format!("--wait {error}")))?;
    let session = Session::open(common, &args.target, Service::Auth)?;
    let auth = session.auth(Role::Admin).await?;
    let id = person(&auth, &args.cpf).await?;
    if !args.yes && !confirmed(&args.cpf)? {
        return Err(Failure::refused("nobody was erased"));
    }
    let receipt = auth.erase(id).await?;
    printer.talk("Gone from auth. The other services are asked now, and once more when no token is left that holds.");
    let deadline = Instant::now() + wait;
    let mut erased = auth.erasure(&receipt).await?;
    while erased.completed_at.is_none() {
        if Instant::now() >= deadline {
            return Err(Failure::unreachable(format!("not done yet: {}", missing(&erased)))
                .hint(format!("it goes on by itself; GET {receipt} of the auth service tells how far it is")));
        }
        sleep(LOOK_EVERY).await;
        erased = auth.erasure(&receipt).await?;
    }
    printer.data(&erased, || {
        let at = |time| local(time, &session.config.order.day);
        let place = |name: &str, place: &Option<ErasedIn>| match place {
            Some(place) => format!("{name:<10}{} records, {}\n", place.records, at(place.erased_at)),
            None => String::new(),
        };
        let done = erased.completed_at.map(at).unwrap_or_default();
        let head = format!("erasure   {}\nasked     {}\ndone      {done}\n", erased.id, at(erased.requested_at));
        let places = [("auth", &erased.auth), ("order", &erased.order), ("payment", &erased.payment)];
        head + &places.map(|(name, found)| place(name, found)).concat()
    })?;
    Ok(())
}

/// Asks, where somebody can answer.
fn confirmed(cpf: &Cpf) -> Outcome<bool> {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Ok(true);
    }
    let _ = write!(std::io::stderr().lock(), "Erase {} for good? [y/N] ", cpf.masked());
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes" | "s" | "S" | "sim"))
}

fn missing(erased: &Erased) -> String {
    let silent: Vec<_> = [("order", &erased.order), ("payment", &erased.payment)]
        .into_iter()
        .filter(|(_, found)| found.is_none())
        .collect();
    match silent.as_slice() {
        [] => "the last look is still to come".to_owned(),
        names => format!("no answer from {}", names.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(" and ")),
    }
}
