use std::str::FromStr;

use clap::{Args, Subcommand};
use domain::{Cpf, CustomerId, Email, Money, OrderId, OrderStatus, PaymentId, PaymentMethod};

use super::{Replay, Target};

/// Orders.
#[derive(Subcommand)]
pub(crate) enum Order {
    /// Place an order; shows the total, the pick-up number and the QR code
    #[command(after_help = "\
Example:
  lanchonete order create --item X-Burger:2:'sem cebola' --item 'Suco de laranja' --wait")]
    Create(OrderCreate),
    /// List orders, newest first
    #[command(after_help = "Example:\n  lanchonete order list --status paid")]
    List(OrderList),
    /// Show one order
    #[command(after_help = "Example:\n  lanchonete order show 12")]
    Show(OrderOne),
    /// Move an order to its next status
    #[command(after_help = "Example:\n  lanchonete order advance 12 --to ready_for_pickup")]
    Advance(OrderAdvance),
    /// Cancel an order; what was paid goes back
    #[command(after_help = "Example:\n  lanchonete order cancel 12 --reason 'acabou o pão'")]
    Cancel(OrderCancel),
    /// Show an order's history
    #[command(after_help = "Example:\n  lanchonete order track 12")]
    Track(OrderOne),
    /// Take cash for an order at the counter
    #[command(after_help = "Example:\n  lanchonete order pay 12")]
    Pay(OrderOne),
    /// Try again what the order service has given up at the payment service
    #[command(after_help = "Example:\n  lanchonete order replay --list\n  lanchonete order replay")]
    Replay(Replay),
}

/// An order by its id, or by its pick-up number of the last day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OrderRef {
    Id(OrderId),
    Number(u32),
}

impl FromStr for OrderRef {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.strip_prefix('#').unwrap_or(text);
        match (text.parse(), number.parse()) {
            (Ok(id), _) => Ok(OrderRef::Id(id)),
            (_, Ok(number)) => Ok(OrderRef::Number(number)),
            _ => Err("expected an order's id, or its pick-up number such as 12 or '#12'"),
        }
    }
}

/// What is ordered: `PRODUCT[:QUANTITY[:COMMENT]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WantedItem {
    pub(crate) product: String,
    pub(crate) quantity: u32,
    pub(crate) comment: Option<String>,
}

impl FromStr for WantedItem {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.splitn(3, ':');
        let product = parts.next().unwrap_or_default().trim();
        if product.is_empty() {
            return Err("expected PRODUCT[:QUANTITY[:COMMENT]], such as X-Burger:2:'sem cebola'");
        }
        let quantity = match parts.next().map(str::trim) {
            None | Some("") => 1,
            Some(number) => number.parse().map_err(|_| "the quantity after the first colon must be a whole number")?,
        };
        let comment = parts.next().map(str::trim).filter(|comment| !comment.is_empty()).map(str::to_owned);
        Ok(WantedItem { product: product.to_owned(), quantity, comment })
    }
}

/// A new order.
#[derive(Args)]
pub(crate) struct OrderCreate {
    /// What: id or name of a product, how many, and how; may be repeated
    #[arg(long = "item", short = 'i', value_name = "PRODUCT[:QTY[:COMMENT]]", required = true)]
    pub(crate) items: Vec<WantedItem>,
    /// For the customer with this CPF; without it nobody is named
    #[arg(long)]
    pub(crate) cpf: Option<Cpf>,
    /// How it will be paid: pix, checkout or counter
    #[arg(long, value_name = "METHOD", default_value = "pix")]
    pub(crate) pay: PaymentMethod,
    /// What the board calls at pick-up
    #[arg(long, value_name = "NAME")]
    pub(crate) pickup_name: Option<String>,
    /// Where MercadoPago sends its receipt
    #[arg(long)]
    pub(crate) email: Option<Email>,
    /// Follow the order until it is paid, cancelled or expired
    #[arg(long)]
    pub(crate) wait: bool,
    /// With the same key the same order is answered, so that a repeat makes no second one
    #[arg(long, value_name = "KEY")]
    pub(crate) idempotency_key: Option<String>,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// Which orders to list.
#[derive(Args)]
pub(crate) struct OrderList {
    /// Only in this status
    #[arg(long)]
    pub(crate) status: Option<OrderStatus>,
    /// Only this customer's
    #[arg(long, value_name = "ID")]
    pub(crate) customer: Option<CustomerId>,
    /// How many to pass over
    #[arg(long, default_value_t = 0)]
    pub(crate) skip: u32,
    /// How many to list, at most 100
    #[arg(long, default_value_t = 10)]
    pub(crate) limit: u32,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// One order.
#[derive(Args)]
pub(crate) struct OrderOne {
    /// Id, or pick-up number of the last day
    #[arg(value_name = "ORDER")]
    pub(crate) order: OrderRef,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// A step of an order.
#[derive(Args)]
pub(crate) struct OrderAdvance {
    /// Id, or pick-up number of the last day
    #[arg(value_name = "ORDER")]
    pub(crate) order: OrderRef,
    /// Where to [default: the next status forward]
    #[arg(long, value_name = "STATUS")]
    pub(crate) to: Option<OrderStatus>,
    /// Why; needed to reject what is paid
    #[arg(long)]
    pub(crate) reason: Option<String>,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// The end of an order.
#[derive(Args)]
pub(crate) struct OrderCancel {
    /// Id, or pick-up number of the last day
    #[arg(value_name = "ORDER")]
    pub(crate) order: OrderRef,
    /// Why
    #[arg(long)]
    pub(crate) reason: String,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// Payments.
#[derive(Subcommand)]
pub(crate) enum Payment {
    /// Show one payment
    #[command(after_help = "Example:\n  lanchonete payment show 0198c0de-0000-7000-8000-000000000001")]
    Show(PaymentOne),
    /// Show everything that happened to a payment
    #[command(after_help = "Example:\n  lanchonete payment events 0198c0de-0000-7000-8000-000000000001")]
    Events(PaymentOne),
    /// Give money back
    #[command(after_help = "\
Example:
  lanchonete payment refund 0198c0de-0000-7000-8000-000000000001 --amount 12.50 --reason 'item em falta'")]
    Refund(PaymentRefund),
    /// Try again what the payment service has given up: at MercadoPago, and at the order service
    #[command(after_help = "Example:\n  lanchonete payment replay --list\n  lanchonete payment replay")]
    Replay(Replay),
}

/// One payment.
#[derive(Args)]
pub(crate) struct PaymentOne {
    /// Its id
    #[arg(value_name = "ID")]
    pub(crate) payment: PaymentId,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// Money that goes back.
#[derive(Args)]
pub(crate) struct PaymentRefund {
    /// The payment's id
    #[arg(value_name = "ID")]
    pub(crate) payment: PaymentId,
    /// How much in reais [default: all that is left]
    #[arg(long, value_name = "REAIS")]
    pub(crate) amount: Option<Money>,
    /// Why
    #[arg(long)]
    pub(crate) reason: String,
    /// With the same key money goes back once
    #[arg(long, value_name = "KEY")]
    pub(crate) idempotency_key: Option<String>,
    #[command(flatten)]
    pub(crate) target: Target,
}
