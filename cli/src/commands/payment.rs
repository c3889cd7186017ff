//! `payment show|events|refund|replay`.

use api::payment::{NewRefund, Payment as Found};
use domain::{DayRule, Role};
use uuid::Uuid;

use crate::args::{Common, Payment, PaymentOne, PaymentRefund, Replay};
use crate::clients::Session;
use crate::config::Service;
use crate::exit::Outcome;
use crate::local::local;
use crate::print::{Printer, Table};

pub(crate) async fn run(common: &Common, args: Payment, printer: Printer) -> Outcome {
    match args {
        Payment::Show(args) => show(common, args, printer).await,
        Payment::Events(args) => events(common, args, printer).await,
        Payment::Refund(args) => refund(common, args, printer).await,
        Payment::Replay(args) => replay(common, &args, printer).await,
    }
}

async fn show(common: &Common, args: PaymentOne, printer: Printer) -> Outcome {
    let session = Session::open(common, &args.target, Service::Payment)?;
    let payment = session.payment(Role::Admin).await?.payment(args.payment).await?;
    Ok(printer.data(&payment, || in_words(&payment, &session.config.order.day))?)
}

async fn events(common: &Common, args: PaymentOne, printer: Printer) -> Outcome {
    let session = Session::open(common, &args.target, Service::Payment)?;
    let events = session.payment(Role::Admin).await?.events(args.payment).await?;
    printer.data(&events, || {
        let mut table = Table::new(["AT", "WHAT", "STATUS", "BY", "DETAIL"]);
        for event in &events {
            let detail = event.detail.clone().unwrap_or_default();
            table.row([
                local(event.at, &session.config.order.day),
                event.kind.clone(),
                event.status.to_string(),
                event.actor.clone(),
                detail,
            ]);
        }
        table.to_string()
    })?;
    Ok(())
}

async fn refund(common: &Common, args: PaymentRefund, printer: Printer) -> Outcome {
    let session = Session::open(common, &args.target, Service::Payment)?;
    let key = args.idempotency_key.unwrap_or_else(|| Uuid::new_v4().to_string());
    let body = NewRefund { amount: args.amount, reason: args.reason };
    let done = session.payment(Role::Admin).await?.refund(args.payment, &body, &key).await?;
    printer.data(&done, || in_words(&done.payment, &session.config.order.day))?;
    if let Some(sum) = done.hand_back {
        printer.hint(format_args!("hand {} back to the customer in cash", sum.brl()));
    }
    Ok(())
}

async fn replay(common: &Common, args: &Replay, printer: Printer) -> Outcome {
    let session = Session::open(common, &args.target, Service::Payment)?;
    let client = session.payment(Role::Admin).await?;
    super::replay::run(client.http(), args, &session.config.order.day, printer).await
}

fn in_words(payment: &Found, day: &DayRule) -> String {
    let mut lines = vec![
        ("payment", payment.payment_id.to_string()),
        ("order", payment.order_id.to_string()),
        ("status", format!("{} ({})", payment.status, payment.status_detail)),
        ("method", payment.method.to_string()),
        ("amount", payment.amount.brl()),
        ("refunded", payment.refunded_amount.brl()),
    ];
    let more = [
        ("provider", payment.provider_payment_id.clone()),
        ("expires", payment.expires_at.map(|at| local(at, day))),
        ("link", payment.payment_link.clone()),
    ];
    lines.extend(more.into_iter().filter_map(|(label, value)| Some((label, value?))));
    lines.iter().map(|(label, value)| format!("{label:<10}{value}\n")).collect()
}
