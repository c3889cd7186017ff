//! Whether all came right: each order against its script, the payments of ours against the order, and MercadoPago's
//! against both.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use api::client::PaymentFilter;
use api::order::{Order, TrackingRow};
use api::payment::Payment;
use domain::order::StepKind;
use domain::{OrderStatus, PaymentMethod, PaymentStatus};
use futures_util::{StreamExt, stream};
use mercadopago::control::{SandboxPayment, SandboxPreference};

use super::book::Entry;
use super::meter::Stretch;
use super::plan::Fate;
use super::stage::Stage;

/// Orders that are looked at at the same time.
const AT_ONCE: usize = 16;
/// Between two looks at what is not right yet.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// More attempts to pay one order than any customer makes.
const MOST_PAYMENTS: u32 = 100;

/// How many orders ended how.
pub(crate) type Fates = BTreeMap<&'static str, u32>;

/// Looks at every order until all is right or nobody waits any longer; what is wrong then is noted.
pub(crate) async fn settle(stage: &Arc<Stage>, right: impl Fn(u64)) -> Fates {
    let until = Instant::now() + stage.patience;
    let (mut fates, mut left) = (Fates::new(), stage.book.entries());
    loop {
        let looks = left.iter().map(|entry| async move { (*entry, examine(stage, entry).await) });
        let mut looks = stream::iter(looks).buffer_unordered(AT_ONCE);
        let (mut not_yet, mut why) = (Vec::new(), Vec::new());
        while let Some((entry, look)) = looks.next().await {
            match look {
                Ok(order) => {
                    *fates.entry(order.status.as_str()).or_default() += 1;
                    if let (Some(paid), Some(known)) = (entry.paid, order.paid_at) {
                        stage.meter.took(Stretch::Paid, known.since(paid));
                    }
                    right(1);
                }
                Err(what) => {
                    not_yet.push(entry);
                    why.push(what);
                }
            }
        }
        drop(looks);
        if not_yet.is_empty() || Instant::now() >= until {
            for (entry, what) in not_yet.iter().zip(why) {
                stage.found(Some(entry.id), Some(entry.n), what);
            }
            return fates;
        }
        left = not_yet;
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Everything that anybody knows of an order.
struct Known {
    order: Order,
    rows: Vec<TrackingRow>,
    payments: Vec<(Payment, AtProvider)>,
}

/// What MercadoPago knows of a payment of ours.
#[derive(Default)]
struct AtProvider {
    payments: Vec<SandboxPayment>,
    checkouts: Vec<SandboxPreference>,
}

async fn examine(stage: &Stage, entry: &Entry) -> Result<Order, String> {
    let script = stage.plan.script(entry.n);
    let known = look(stage, entry).await?;
    let fate = script.fate();
    let checked = known.ended(fate).and_then(|()| known.cooked(script.is_cooked())).and_then(|()| known.money(fate));
    match checked {
        Ok(()) => Ok(known.order),
        Err(what) => Err(format!("{:?}, {:?}: {what}", script.course, script.kitchen)),
    }
}

async fn look(stage: &Stage, entry: &Entry) -> Result<Known, String> {
    let id = entry.id;
    let order = stage.insist(|| stage.admin.order(id)).await.map_err(|error| match error.status() {
        Some(404) => "it was answered with 201 and is lost".to_owned(),
        _ => format!("it can't be read: {error}"),
    })?;
    let rows = stage.insist(|| stage.admin.tracking(id)).await;
    let rows = rows.map_err(|error| format!("its history can't be read: {error}"))?;
    let filter = PaymentFilter { order_id: Some(id), limit: Some(MOST_PAYMENTS), ..PaymentFilter::default() };
    let found = stage.insist(|| stage.payments.payments(&filter)).await;
    let found = found.map_err(|error| format!("its payments can't be read: {error}"))?;
    let mut payments = Vec::new();
    for payment in found.items {
        let at_provider = look_at_provider(stage, &payment).await;
        payments.push((payment, at_provider.map_err(|error| format!("MercadoPago's double: {error}"))?));
    }
    Ok(Known { order, rows, payments })
}

async fn look_at_provider(stage: &Stage, payment: &Payment) -> Result<AtProvider, mercadopago::Error> {
    let reference = payment.payment_id.to_string();
    if payment.method == PaymentMethod::Counter {
        return Ok(AtProvider::default());
    }
    let payments = stage.insist(|| stage.panel.payments(&reference)).await?;
    let checkouts = match payment.method {
        PaymentMethod::Checkout => stage.insist(|| stage.panel.preferences(&reference)).await?,
        _ => Vec::new(),
    };
    Ok(AtProvider { payments, checkouts })
}

impl Known {
    fn ended(&self, fate: Fate) -> Result<(), String> {
        let status = self.order.status;
        let right = match fate {
            Fate::Delivered => status == OrderStatus::Delivered && self.order.payment_status == PaymentStatus::Approved,
            Fate::Refunded => status == OrderStatus::Refunded,
            Fate::Cancelled => status == OrderStatus::Cancelled,
            Fate::Unpaid => matches!(status, OrderStatus::Requested | OrderStatus::Cancelled),
        };
        demand(right, || format!("it is {status} with its payment {}, not {fate:?}", self.order.payment_status))
    }

    /// Once in the kitchen, or never.
    fn cooked(&self, cooked: bool) -> Result<(), String> {
        let tickets = self.rows.iter().filter(|row| row.status == OrderStatus::Paid && row.kind == StepKind::Step);
        let tickets = tickets.count();
        demand(tickets == usize::from(cooked), || format!("it came to the kitchen {tickets} times"))
    }

    fn money(&self, fate: Fate) -> Result<(), String> {
        let amount = self.order.amount.centavos();
        let lines: i64 = self.order.items.iter().map(|item| item.total.centavos()).sum();
        demand(lines == amount, || format!("its lines are {lines} centavos, the order is {amount}"))?;
        let mut kept = 0;
        for (payment, provider) in &self.payments {
            kept += payment_kept(payment, provider, amount)?;
        }
        let due = if fate == Fate::Delivered { amount } else { 0 };
        demand(kept == due, || format!("{kept} centavos were kept, not {due}"))?;
        let live: Vec<&str> = self.payments.iter().flat_map(|(_, provider)| provider.live()).collect();
        let due = usize::from(self.order.status == OrderStatus::Requested);
        demand(live.len() == due, || format!("charges at MercadoPago that can be paid: {live:?}, not {due}"))
    }
}

/// What of a payment stays with the house, in centavos.
fn payment_kept(payment: &Payment, provider: &AtProvider, amount: i64) -> Result<i64, String> {
    let (id, back) = (payment.payment_id, payment.refunded_amount.centavos());
    let agrees = payment.amount.centavos() == amount
        && provider.payments.iter().all(|one| one.amount.centavos() == amount)
        && provider.checkouts.iter().all(|one| one.amount.centavos() == amount);
    demand(agrees, || format!("payment {id} is about another amount than the order"))?;
    if payment.method == PaymentMethod::Counter {
        let came = matches!(payment.status, PaymentStatus::Approved | PaymentStatus::Refunded);
        return Ok(if came { amount - back } else { 0 });
    }
    let came: Vec<_> = provider.payments.iter().filter(|one| has_come(&one.status)).collect();
    let kept: i64 = came.iter().map(|one| one.amount.centavos() - one.refunded.centavos()).sum();
    let returned: i64 = came.iter().map(|one| one.refunded.centavos()).sum();
    // What came twice went back once without having been paid for the order.
    let twice = (came.len().saturating_sub(1)) as i64 * amount;
    demand(back == returned || back == returned - twice, || {
        format!("payment {id} gave back {back} centavos, MercadoPago {returned}")
    })?;
    demand(kept == 0 || payment.status == PaymentStatus::Approved, || {
        format!("payment {id} is {} and MercadoPago holds {kept} centavos for it", payment.status)
    })?;
    Ok(kept)
}

fn has_come(status: &str) -> bool {
    matches!(status, "approved" | "refunded" | "charged_back" | "in_mediation")
}

impl AtProvider {
    /// The charges that somebody could pay now.
    fn live(&self) -> impl Iterator<Item = &str> {
        let open = |one: &&SandboxPayment| matches!(one.status.as_str(), "pending" | "in_process" | "authorized");
        let payments = self.payments.iter().filter(open).map(|one| one.id.as_str());
        payments.chain(self.checkouts.iter().filter(|one| one.open).map(|one| one.id.as_str()))
    }
}

fn demand(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}
