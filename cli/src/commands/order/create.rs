use std::time::Duration;

use api::auth::Identify;
use api::client::{CallError, OrderClient};
use api::order::{NewLine, NewOrder, Order};
use domain::{CustomerId, DayRule, OrderStatus, PaymentMethod, PaymentStatus, Role};
use indicatif::ProgressBar;
use uuid::Uuid;

use super::show;
use crate::args::{Common, OrderCreate, WantedItem};
use crate::clients::Session;
use crate::commands::menu::{all_products, by_name};
use crate::config::Service;
use crate::exit::{Failure, Outcome};
use crate::print::Printer;

/// How often `--wait` asks.
const ASK_EVERY: Duration = Duration::from_millis(500);

pub(super) async fn run(common: &Common, args: OrderCreate, printer: Printer) -> Outcome {
    let session = Session::open(common, &args.target, Service::Order)?;
    let client = session.order(Role::Kiosk).await?;
    let customer_id = customer(&session, &args).await?;
    let order_items = lines(&client, args.items).await?;
    let key = args.idempotency_key.unwrap_or_else(|| Uuid::new_v4().to_string());
    let body = NewOrder {
        customer_id,
        order_items,
        payment_method: Some(args.pay),
        email: args.email,
        pickup_name: args.pickup_name,
    };
    let order = client.place(&body, Some(&key)).await?;
    if !args.wait {
        printer.data(&order, || show::in_full(&order, &session.config.order.day))?;
        tell_how_to_pay(&order, printer);
        return Ok(());
    }
    if printer.is_json() {
        announce(&order, printer);
    } else {
        printer.text(&show::in_full(&order, &session.config.order.day))?;
    }
    let paid = wait(&client, order, &session.config.order.day, printer).await?;
    printer.data(&paid, || show::in_short(&paid))?;
    match paid.status {
        OrderStatus::Requested if paid.payment_status == PaymentStatus::Rejected => {
            Err(Failure::refused(format!("the payment of #{} was rejected: {}", paid.number, paid.id))
                .hint(format!("take the cash: lanchonete order pay {}", paid.number)))
        }
        OrderStatus::Requested => Ok(()),
        status if status.is_paid_or_later() => Ok(()),
        status => Err(Failure::refused(format!("order #{} is {status}", paid.number))),
    }
}

async fn customer(session: &Session, args: &OrderCreate) -> Outcome<Option<CustomerId>> {
    let Some(cpf) = args.cpf.clone() else { return Ok(None) };
    match session.auth(Role::Kiosk).await?.identify(&Identify { cpf }).await {
        Ok(admitted) => Ok(Some(admitted.id)),
        Err(CallError::Refused(problem, _)) if problem.code == "not_found" => {
            Err(Failure::refused("no customer has this CPF").hint("`lanchonete customer register`, or leave --cpf out"))
        }
        Err(error) => Err(error.into()),
    }
}

/// Names become ids; the menu is asked for only where there is a name.
async fn lines(client: &OrderClient, items: Vec<WantedItem>) -> Outcome<Vec<NewLine>> {
    let named = items.iter().any(|item| item.product.parse::<domain::ProductId>().is_err());
    let menu = if named { all_products(client).await? } else { Vec::new() };
    items
        .into_iter()
        .map(|WantedItem { product, quantity, comment }| {
            let product_id = product.parse().or_else(|_| by_name(&menu, &product))?;
            Ok(NewLine { product_id, quantity, comment })
        })
        .collect()
}

/// What a script that waits for one JSON value needs meanwhile, so that somebody can pay.
fn announce(order: &Order, printer: Printer) {
    printer.talk(format_args!("#{}  {}  {}", order.number, order.id, order.amount.brl()));
    for (label, text) in [("pix", &order.qr_code), ("link", &order.payment_link)] {
        if let Some(text) = text {
            printer.talk(format_args!("{label}  {text}"));
        }
    }
}

fn tell_how_to_pay(order: &Order, printer: Printer) {
    match order.payment_method {
        PaymentMethod::Counter => printer.hint(format_args!("take the cash: lanchonete order pay {}", order.number)),
        _ if order.qr_code.is_none() && order.payment_link.is_none() => {
            printer.hint(format_args!("the QR code comes later: lanchonete order show {}", order.number));
        }
        _ => printer.hint(format_args!(
            "pay in the sandbox: lanchonete webhook simulate --order {} --status approved",
            order.number
        )),
    }
}

/// Follows an order until its money came or can't come any more. Ctrl-C ends the following, not the order.
async fn wait(client: &OrderClient, mut order: Order, day: &DayRule, printer: Printer) -> Outcome<Order> {
    let spinner = if printer.may_animate() { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
    spinner.set_message(format!("waiting for the payment of #{}", order.number));
    spinner.enable_steady_tick(Duration::from_millis(100));
    if !printer.may_animate() {
        printer.talk(format_args!("waiting for the payment of #{}", order.number));
    }
    let mut qr_shown = order.qr_code.is_some() || order.payment_link.is_some();
    while order.status == OrderStatus::Requested && order.payment_status != PaymentStatus::Rejected {
        tokio::select! {
            () = tokio::time::sleep(ASK_EVERY) => {}
            _ = tokio::signal::ctrl_c() => {
                printer.talk(format_args!("no longer following #{}; the order stays", order.number));
                break;
            }
        }
        match client.order(order.id).await {
            Ok(now) => order = now,
            Err(error) if error.is_passing() && error.status() != Some(401) => continue,
            Err(error) => return Err(error.into()),
        }
        if !qr_shown && (order.qr_code.is_some() || order.payment_link.is_some()) {
            qr_shown = true;
            if printer.is_json() {
                announce(&order, printer);
            } else {
                spinner.suspend(|| printer.text(&show::in_full(&order, day)))?;
            }
        }
    }
    spinner.finish_and_clear();
    Ok(order)
}
