//! The story of an order as everybody who has a part in it tells it.

use std::fmt::Write as _;
use std::time::Instant;

use api::client::PaymentFilter;
use api::order::TrackingRow;
use api::payment::{Payment, PaymentEvent};
use domain::order::StepKind;
use domain::{Money, OrderId, OrderStatus, PaymentMethod, PaymentStatus, Role};

use super::stage::{Stage, Trouble};
use crate::rush::PATIENCE;

/// Events that say what was done with the money; of the others, MercadoPago's reports may come once or often.
const DEEDS: [&str; 9] = [
    "cash",
    "closing",
    "manual",
    "mismatch",
    "refund",
    "refund_refused",
    "refund_requested",
    "retreat",
    "second_approval",
];

/// Looks until the story is the expected one. The last one told is in the failure.
pub(super) async fn until(stage: &Stage, order: OrderId, expected: &str) -> Result<(), String> {
    let begun = Instant::now();
    loop {
        let told = story(stage, order).await;
        match told {
            Ok(told) if told == expected => return Ok(()),
            Ok(told) if begun.elapsed() > PATIENCE / 3 => {
                return Err(format!("order {order}\nexpected:\n{expected}\nseen:\n{told}"));
            }
            Err(error) if begun.elapsed() > PATIENCE / 3 => return Err(format!("order {order}: {error}")),
            _ => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
        }
    }
}

/// One line for the order, one for its history, and for each payment one, then one for its log and one for each payment
/// at MercadoPago. Whatever contradicts itself is a line of its own.
async fn story(stage: &Stage, id: OrderId) -> Result<String, Trouble> {
    let admin = stage.shop.admin();
    let (order, rows) = (admin.order(id).await?, admin.tracking(id).await?);
    let mut told = format!("order {} {} {}\n", order.status, order.payment_method, order.payment_status);
    let steps: Vec<String> = rows.iter().map(step).collect();
    writeln!(told, "{}", steps.join(", "))?;
    let filter = PaymentFilter { order_id: Some(id), limit: Some(100), ..PaymentFilter::default() };
    let mut payments = stage.shop.payments().payments(&filter).await?.items;
    payments.reverse();
    let mut with_us = 0;
    for payment in &payments {
        let events = stage.shop.payments().events(payment.payment_id).await?;
        let back = of_payment(stage, payment, &events, &mut told).await?;
        if payment.status.was_paid() && payment.status != PaymentStatus::ChargedBack {
            with_us += payment.amount.centavos() - back.centavos();
        }
        if payment.amount != order.amount {
            writeln!(told, "a payment of {} for an order of {}", payment.amount, order.amount)?;
        }
    }
    for letter in
        admin.http().dead_letters(0, 100).await?.items.iter().filter(|letter| letter.aggregate == id.to_string())
    {
        writeln!(told, "the order service gave up on a {}", letter.kind)?;
    }
    if rows.last().map(|row| row.status) != Some(order.status) {
        writeln!(told, "the history ends elsewhere than the order")?;
    }
    let given_up = matches!(order.status, OrderStatus::Cancelled | OrderStatus::Rejected | OrderStatus::Refunded);
    if given_up && with_us > 0 {
        writeln!(told, "{with_us} centavos are kept for an order that was given up")?;
    }
    if order.status.is_paid_or_later() && with_us > order.amount.centavos() {
        writeln!(told, "{with_us} centavos are kept for an order of {}", order.amount)?;
    }
    Ok(told.trim_end().to_owned())
}

fn step(row: &TrackingRow) -> String {
    let who = match row.actor.role {
        // Which of our services; people have ids that nobody can foresee.
        Role::Service => row.actor.id.clone(),
        role => role.to_string(),
    };
    let back = if row.kind == StepKind::Recall { " again" } else { "" };
    let why = row.reason.as_deref().map(|why| format!(" ({why})")).unwrap_or_default();
    format!("{}{back} by {who}{why}", row.status)
}

/// What went back, as the payment has it.
async fn of_payment(
    stage: &Stage,
    payment: &Payment,
    events: &[PaymentEvent],
    told: &mut String,
) -> Result<Money, Trouble> {
    let Payment { method, status, refunded_amount: back, .. } = payment;
    writeln!(told, "payment {method} {status}, {back} back")?;
    let mut statuses: Vec<String> = events.iter().map(|event| event.status.to_string()).collect();
    statuses.dedup();
    let deeds: Vec<&str> = events.iter().map(|event| event.kind.as_str()).filter(|kind| DEEDS.contains(kind)).collect();
    let deeds = if deeds.is_empty() { String::new() } else { format!("; {}", deeds.join(", ")) };
    writeln!(told, "log {}{deeds}", statuses.join(" > "))?;
    if events.last().map(|event| event.status) != Some(*status) {
        writeln!(told, "the log ends elsewhere than the payment")?;
    }
    let mut at_provider = stage.at_provider(payment.payment_id).await?;
    at_provider.reverse();
    for charge in &at_provider {
        writeln!(told, "provider {}, {} back", charge.status, charge.refunded)?;
    }
    let gone: Money = at_provider.iter().map(|charge| charge.refunded).sum();
    if *method != PaymentMethod::Counter && gone < *back {
        writeln!(told, "the payment says {back} back, MercadoPago {gone}")?;
    }
    Ok(*back)
}
