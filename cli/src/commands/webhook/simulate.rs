use std::time::Duration;

use api::client::{CallError, PaymentFilter};
use api::order::Order;
use api::payment::Payment;
use domain::{OrderStatus, PaymentMethod, PaymentStatus, Role};
use mercadopago::control::{Control, Delivered, Delivery, Move, Moved, SandboxPayment, Signing};

use crate::args::{Common, Simulate};
use crate::clients::Session;
use crate::commands::order;
use crate::config::Service;
use crate::duration;
use crate::exit::{Failure, Outcome};
use crate::print::{Printer, Table};

/// The longest that the service may take to answer all notifications, beyond the delay asked for.
const PATIENCE: Duration = Duration::from_secs(60);
/// The longest that the sandbox lets a notification wait.
const LONGEST_DELAY: Duration = Duration::from_secs(600);
/// The state of a notification that the sandbox's chaos lost.
const DROPPED: &str = "dropped";

pub(super) async fn run(common: &Common, args: Simulate, printer: Printer) -> Outcome {
    let delay = duration::parse(&args.delay).map_err(|error| Failure::usage(format!("--delay {error}")))?;
    if delay > LONGEST_DELAY {
        return Err(Failure::usage("--delay must be at most 10m"));
    }
    let session = Session::open(common, &args.target, Service::Payment)?;
    if !session.config.uses_sandbox() {
        return Err(Failure::refused("payments go to MercadoPago, not to the sandbox")
            .hint("unset mercadopago.access_token to use the sandbox"));
    }
    let payment = payment(&session, &args).await?;
    let control = Control::new(session.url(Service::Sandbox), delay + PATIENCE)?;
    let wanted = Move {
        delivery: Delivery {
            notify: !args.drop,
            duplicate: args.duplicate,
            delay_ms: delay.as_millis() as u64,
            reorder: args.reorder,
            forge: args.forge,
            wrong_secret: args.wrong_secret,
            stale_ts: args.stale_ts,
        },
        ..Move::to(args.status.as_str())
    };
    let moved = play(&control, &payment, &wanted, args.status).await?;
    printer.data(&moved, || in_words(&moved))?;
    judge(&moved)
}

/// The payment meant: the newest of the order that was ever sent to the provider.
async fn payment(session: &Session, args: &Simulate) -> Outcome<Payment> {
    let client = session.payment(Role::Admin).await?;
    if let Some(id) = args.payment {
        let payment = client.payment(id).await?;
        return if payment.method == PaymentMethod::Counter {
            Err(Failure::refused("this payment is cash: MercadoPago knows nothing of it"))
        } else {
            Ok(payment)
        };
    }
    let Some(wanted) = args.order else { return Err(Failure::usage("name --payment or --order")) };
    let orders = session.order(Role::Admin).await?;
    let order_id = order::find(&orders, wanted).await?;
    let order = match orders.order(order_id).await {
        Err(CallError::Refused(problem, _)) if problem.code == "not_found" => {
            return Err(Failure::refused(format!("no such order: {order_id}"))
                .hint("`lanchonete order list` shows the latest orders"));
        }
        found => found?,
    };
    let filter = PaymentFilter { order_id: Some(order_id), ..PaymentFilter::default() };
    let found = client.payments(&filter).await?.items;
    let at_provider = found.into_iter().find(|payment| payment.method != PaymentMethod::Counter);
    at_provider.ok_or_else(|| if order.payment_method == PaymentMethod::Counter { cash(&order) } else { no_charge() })
}

/// MercadoPago never hears of an order that is paid at the counter.
fn cash(order: &Order) -> Failure {
    let failure = Failure::refused(format!("order #{} is paid in cash, not through MercadoPago", order.number));
    if order.status == OrderStatus::Requested {
        failure.hint(format!("take the money with `lanchonete order pay {}`", order.number))
    } else {
        failure
    }
}

fn no_charge() -> Failure {
    Failure::refused("there is no charge at the sandbox yet")
        .hint("the payment service goes on asking for one; try again in a moment, or see its log")
}

/// Moves the newest payment at the sandbox. On a checkout nobody paid before, or whose last try failed, this is the
/// customer's (next) try.
async fn play(control: &Control, payment: &Payment, wanted: &Move, status: PaymentStatus) -> Outcome<Moved> {
    let reference = payment.payment_id.to_string();
    let tries = control.payments(&reference).await?;
    let failed = |tried: &SandboxPayment| matches!(tried.status.as_str(), "rejected" | "cancelled");
    let may_try = matches!(status, PaymentStatus::Approved | PaymentStatus::Rejected | PaymentStatus::InProcess);
    if let Some(last) = tries.first().filter(|last| !(may_try && failed(last))) {
        return Ok(control.move_payment(&last.id, wanted).await?);
    }
    let checkouts = control.preferences(&reference).await?;
    match (checkouts.iter().find(|checkout| checkout.open), tries.first()) {
        (Some(checkout), _) => Ok(control.pay_preference(&checkout.id, wanted).await?),
        (None, Some(last)) => Ok(control.move_payment(&last.id, wanted).await?),
        (None, None) => Err(no_charge()),
    }
}

fn in_words(moved: &Moved) -> String {
    let payment = &moved.payment;
    let note = if moved.moved { "" } else { " (not moved)" };
    let mut text = format!("{}  {}  {}{note}\n", payment.id, payment.status, payment.amount.brl());
    if !moved.deliveries.is_empty() {
        let mut table = Table::new(["NOTIFICATION", "SIGNED", "TRIES", "ANSWER"]);
        for delivered in &moved.deliveries {
            let signed = serde_json::to_value(delivered.signing).unwrap_or_default();
            let signed = signed.as_str().unwrap_or_default().to_owned();
            table.row([delivered.action.clone(), signed, delivered.attempts.to_string(), answer(delivered)]);
        }
        text.push_str(&table.to_string());
    }
    text
}

fn answer(delivered: &Delivered) -> String {
    match (delivered.http_status, &delivered.error) {
        (Some(status), _) => status.to_string(),
        (None, Some(error)) => error.clone(),
        (None, None) if delivered.state == DROPPED => "dropped by chaos".to_owned(),
        (None, None) => "none yet".to_owned(),
    }
}

/// A genuine notification must be taken, unless the sandbox's chaos lost it; any other one must be refused.
fn judge(moved: &Moved) -> Outcome {
    moved.deliveries.iter().filter(|delivered| delivered.state != DROPPED).try_for_each(judge_one)
}

fn judge_one(delivered: &Delivered) -> Outcome {
    let Some(status) = delivered.http_status else {
        return Err(Failure::unreachable(format!("no answer from the payment service: {}", answer(delivered))));
    };
    match (delivered.signing == Signing::Genuine, (200..300).contains(&status)) {
        (true, true) | (false, false) => Ok(()),
        (true, false) => Err(Failure::refused(format!("the payment service answered {status}"))
            .hint("do both use the same webhook secret, and is payment.public_url right?")),
        (false, true) => Err(Failure::refused("the payment service took a notification that is not genuine")
            .hint("its webhook secret or time window is wrong")),
    }
}
