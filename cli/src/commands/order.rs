//! `order create|list|show|advance|cancel|track|pay|replay`.

mod create;
mod find;
mod show;

use api::client::{CallError, OrderClient};
use api::order::{Order as Placed, PatchOrder};
use domain::order::{Actor, StepKind, TABLE};
use domain::{OrderId, OrderStatus, PaymentMethod, Role};

use crate::args::{Common, Order, OrderAdvance, OrderCancel, OrderList, OrderOne, Replay};
use crate::clients::Session;
use crate::config::Service;
use crate::exit::{Failure, Outcome};
use crate::local::local;
use crate::print::{Printer, Table};

pub(crate) use find::find;

pub(crate) async fn run(common: &Common, args: Order, printer: Printer) -> Outcome {
    match args {
        Order::Create(args) => create::run(common, args, printer).await,
        Order::List(args) => list(common, args, printer).await,
        Order::Show(args) => show_one(common, args, printer).await,
        Order::Advance(args) => advance(common, args, printer).await,
        Order::Cancel(args) => cancel(common, args, printer).await,
        Order::Track(args) => track(common, args, printer).await,
        Order::Pay(args) => pay(common, args, printer).await,
        Order::Replay(args) => replay(common, &args, printer).await,
    }
}

async fn list(common: &Common, args: OrderList, printer: Printer) -> Outcome {
    let session = Session::open(common, &args.target, Service::Order)?;
    let filter = api::client::OrderFilter {
        customer_id: args.customer,
        status: args.status,
        skip: args.skip,
        limit: Some(args.limit),
    };
    let page = session.order(Role::Admin).await?.orders(&filter).await?;
    printer.data(&page.items, || {
        let mut table = Table::new(["NUMBER", "STATUS", "PAYMENT", "TOTAL", "PLACED", "ID"]);
        for order in &page.items {
            table.row([
                order.number.to_string(),
                order.status.to_string(),
                order.payment_status.to_string(),
                order.amount.brl(),
                local(order.created_at, &session.config.order.day),
                order.id.to_string(),
            ]);
        }
        table.to_string()
    })?;
    super::tell_total(printer, page.items.len(), args.skip, page.total);
    Ok(())
}

async fn show_one(common: &Common, args: OrderOne, printer: Printer) -> Outcome {
    let session = Session::open(common, &args.target, Service::Order)?;
    let client = session.order(Role::Admin).await?;
    let order = client.order(find(&client, args.order).await?).await?;
    Ok(printer.data(&order, || show::in_full(&order, &session.config.order.day))?)
}

async fn track(common: &Common, args: OrderOne, printer: Printer) -> Outcome {
    let session = Session::open(common, &args.target, Service::Order)?;
    let client = session.order(Role::Admin).await?;
    let rows = client.tracking(find(&client, args.order).await?).await?;
    printer.data(&rows, || {
        let mut table = Table::new(["AT", "STATUS", "BY", "REASON"]);
        for row in &rows {
            let back = if row.kind == StepKind::Recall { " (recalled)" } else { "" };
            table.row([
                local(row.at, &session.config.order.day),
                format!("{}{back}", row.status),
                format!("{} {}", row.actor.role, row.actor.label()),
                row.reason.clone().unwrap_or_default(),
            ]);
        }
        table.to_string()
    })?;
    Ok(())
}

async fn advance(common: &Common, args: OrderAdvance, printer: Printer) -> Outcome {
    let session = Session::open(common, &args.target, Service::Order)?;
    let role = match args.to {
        Some(OrderStatus::Paid | OrderStatus::Cancelled) => Role::Admin,
        _ => Role::Kitchen,
    };
    let client = session.order(role).await?;
    let id = find(&client, args.order).await?;
    let step = |to| PatchOrder { status: Some(to), reason: args.reason.clone(), prioritized: None };
    let order = match args.to {
        Some(to) => client.patch_order(id, &step(to), None).await?,
        None => advance_once(&client, id, step).await?,
    };
    Ok(printer.data(&order, || show::in_short(&order))?)
}

/// A step that nobody named goes from the version that was looked at, so that it is never taken twice; and once more
/// where only the version is another: the record of a cash payment follows its order a moment later.
async fn advance_once(client: &OrderClient, id: OrderId, step: impl Fn(OrderStatus) -> PatchOrder) -> Outcome<Placed> {
    let seen = client.order(id).await?;
    let body = step(next(seen.status)?);
    match client.patch_order(id, &body, Some(seen.version)).await {
        Err(CallError::Refused(problem, after)) => match problem.order.as_deref() {
            Some(now) if now.status == seen.status && now.version > seen.version => {
                Ok(client.patch_order(id, &body, Some(now.version)).await?)
            }
            _ => Err(CallError::Refused(problem, after).into()),
        },
        done => Ok(done?),
    }
}

/// The kitchen's next step from here.
fn next(from: OrderStatus) -> Outcome<OrderStatus> {
    let kitchen = Actor::Person(Role::Kitchen);
    let forward = |rule: &&domain::order::Rule| {
        rule.from == from && rule.kind == StepKind::Step && !rule.reason && rule.by.contains(&kitchen)
    };
    TABLE.iter().find(forward).map(|rule| rule.to).ok_or_else(|| {
        let failure = Failure::refused(format!("an order that is {from} has no next step in the kitchen"));
        match from {
            OrderStatus::Requested => failure.hint("it is not paid yet; take cash with `lanchonete order pay`"),
            _ => failure.hint("see `lanchonete order track`"),
        }
    })
}

async fn cancel(common: &Common, args: OrderCancel, printer: Printer) -> Outcome {
    let body = PatchOrder { status: Some(OrderStatus::Cancelled), reason: Some(args.reason), prioritized: None };
    let order = change(common, OrderOne { order: args.order, target: args.target }, &body, printer).await?;
    if order.payment_method == PaymentMethod::Counter && order.paid_at.is_some() {
        printer.hint(format_args!("hand {} back to the customer in cash", order.amount.brl()));
    }
    Ok(())
}

async fn pay(common: &Common, args: OrderOne, printer: Printer) -> Outcome {
    let body = PatchOrder { status: Some(OrderStatus::Paid), reason: None, prioritized: None };
    change(common, args, &body, printer).await.map(drop)
}

async fn replay(common: &Common, args: &Replay, printer: Printer) -> Outcome {
    let session = Session::open(common, &args.target, Service::Order)?;
    let client = session.order(Role::Admin).await?;
    super::replay::run(client.http(), args, &session.config.order.day, printer).await
}

async fn change(common: &Common, args: OrderOne, body: &PatchOrder, printer: Printer) -> Outcome<Placed> {
    let session = Session::open(common, &args.target, Service::Order)?;
    let client = session.order(Role::Admin).await?;
    let order = client.patch_order(find(&client, args.order).await?, body, None).await?;
    printer.data(&order, || show::in_short(&order))?;
    Ok(order)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kitchen_goes_forward_only() {
        use OrderStatus::*;
        let steps: Vec<_> = OrderStatus::ALL.into_iter().map(|from| next(from).ok()).collect();
        let forward = [None, Some(Preparing), Some(ReadyForPickup), Some(Delivered), Some(Delivered)];
        assert_eq!(steps[..5], forward);
        assert!(steps[5..].iter().all(Option::is_none), "{steps:?}");
    }
}
