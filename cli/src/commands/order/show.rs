use api::order::Order;
use domain::{DayRule, OrderStatus};

use crate::local::local;
use crate::print::{Table, strong};

/// One line.
pub(super) fn in_short(order: &Order) -> String {
    format!("{}  {}  {}  {}\n", strong(format_args!("#{}", order.number)), order.status, order.amount.brl(), order.id)
}

/// Everything a person at the counter needs, and the QR code while there is something to pay.
pub(super) fn in_full(order: &Order, day: &DayRule) -> String {
    let mut text = format!("{}  {}\n", strong(format_args!("#{}", order.number)), order.id);
    let fields = [
        ("status", Some(order.status.to_string())),
        ("payment", Some(format!("{} by {}", order.payment_status, order.payment_method))),
        ("pickup", order.pickup_name.clone()),
        ("placed", Some(local(order.created_at, day))),
        ("paid", order.paid_at.map(|at| local(at, day))),
        ("ready", order.ready_at.map(|at| local(at, day))),
        ("delivered", order.delivered_at.map(|at| local(at, day))),
        ("charge", order.payment_id.map(|id| id.to_string())),
    ];
    for (label, value) in fields.into_iter().filter_map(|(label, value)| Some((label, value?))) {
        text.push_str(&format!("{label:<11}{value}\n"));
    }
    text.push('\n');
    let mut items = Table::new(["QTY", "ITEM", "EACH", "TOTAL", "COMMENT"]);
    for item in &order.items {
        let comment = item.comment.clone().unwrap_or_default();
        let done = if item.struck_at.is_some() { " (done)" } else { "" };
        let name = format!("{}{done}", item.name);
        items.row([item.quantity.to_string(), name, item.price.brl(), item.total.brl(), comment]);
    }
    text.push_str(&items.to_string());
    text.push_str(&format!("{}\n", strong(format_args!("Total {}", order.amount.brl()))));
    if order.status == OrderStatus::Requested {
        text.push_str(&to_pay(order, day));
    }
    text
}

/// The QR code and what is in it.
fn to_pay(order: &Order, day: &DayRule) -> String {
    let Some(content) = order.qr_code.as_deref().or(order.payment_link.as_deref()) else {
        return String::new();
    };
    // A text too long to draw can still be copied.
    let drawn = mercadopago::qr::terminal(content).unwrap_or_default();
    let until = order.expires_at.map(|at| format!("pay until {}\n", local(at, day))).unwrap_or_default();
    format!("\n{drawn}\n{content}\n{until}")
}
