//! Whether what must always hold does hold in the stores: every order with its payments, every entry of the outboxes and
//! the inbox, every pick-up number. Only reads; what the services do meanwhile is no violation.
//!
//! Pages of orders go by in the order of their ids, each with its payments. What is wrong within one row is told at once.
//! What is wrong between an order and its payments may be a change on its way, so it is looked at again later, and only
//! told if it is still wrong, held still, and nobody is at work on it.

mod case;
mod charges;
mod entries;
mod money;
mod numbers;
mod orphans;
mod progress;
mod report;
mod second_look;
mod stores;
mod sums;
mod tracking;
mod violation;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use domain::{Clock, OrderId, SystemClock, Timestamp};
use store::StoreResult;

use crate::config::{Config, Service};
use crate::exit::{Failure, Outcome, store_not_opened};
use case::Case;
use second_look::SecondLook;

pub(crate) use progress::Progress;
pub(crate) use report::Report;

/// Orders in one page.
const PAGE: u32 = 500;

/// How it is checked.
pub(crate) struct Options {
    /// How long a difference between two stores may last before it is looked at again.
    pub(crate) patience: Duration,
    /// How old an entry of an outbox or inbox may be.
    pub(crate) entry_limit: Duration,
    /// Who is told how far it is.
    pub(crate) progress: Progress,
}

impl Options {
    /// As configured.
    pub(crate) fn new(config: &Config, progress: Progress) -> Self {
        Options { patience: config.verify.patience, entry_limit: config.verify.entry_limit, progress }
    }
}

/// Both stores, to be read.
struct Stores {
    orders: Arc<dyn order::audit::Audit>,
    payments: Arc<dyn payment::audit::Audit>,
}

/// Checks the stores of this configuration.
///
/// # Errors
/// A [`Failure`] with the exit code of a store that cannot be opened or read. Violations are no failure.
pub(crate) async fn run(config: &Config, options: Options) -> Outcome<Report> {
    let stores = Stores::open(config).await?;
    let checked = check(&stores, options).await;
    stores.orders.close().await;
    stores.payments.close().await;
    Ok(checked?)
}

impl Stores {
    async fn open(config: &Config) -> Outcome<Self> {
        let (order, payment) = (&config.order.place.database, &config.payment.place.database);
        let named = |service: Service| {
            move |error| {
                let failure: Failure = store_not_opened(error);
                Failure { message: format!("{}: {}", service.name(), failure.message), ..failure }
            }
        };
        let orders = order::audit::open(order, &config.mongodb(Service::Order)).await;
        let payments = payment::audit::open(payment, &config.mongodb(Service::Payment)).await;
        Ok(Stores {
            orders: orders.map_err(named(Service::Order))?,
            payments: payments.map_err(named(Service::Payment))?,
        })
    }

    /// These orders with what is theirs: orders first, so that what a payment service says of them is no older.
    async fn cases(&self, orders: Vec<order::audit::Stored>) -> StoreResult<Vec<Case>> {
        let ids: Vec<OrderId> = orders.iter().filter_map(|stored| stored.id.parse().ok()).collect();
        let mut of: HashMap<String, Vec<payment::audit::Stored>> = HashMap::new();
        for payment in self.payments.payments_of(&ids).await? {
            of.entry(payment.of.clone()).or_default().push(payment);
        }
        let case = |order: order::audit::Stored| Case { payments: of.remove(&order.id).unwrap_or_default(), order };
        Ok(orders.into_iter().map(case).collect())
    }
}

async fn check(stores: &Stores, mut options: Options) -> StoreResult<Report> {
    let mut report = Report::default();
    walk(stores, &mut options, &mut report).await?;
    orphans::check(stores, &mut options.progress, &mut report).await?;
    numbers::check(stores, &mut options.progress, &mut report).await?;
    entries::check(stores, options.entry_limit, &mut report).await?;
    options.progress.end();
    Ok(report)
}

/// Goes through the orders that were there at the beginning.
async fn walk(stores: &Stores, options: &mut Options, report: &mut Report) -> StoreResult<()> {
    options.progress.begin("orders", stores.orders.count().await?);
    let Some(until) = stores.orders.last_id().await? else { return Ok(()) };
    let mut again = SecondLook::new(options.patience, options.entry_limit);
    let mut after = String::new();
    loop {
        let page = stores.orders.orders(&after, &until, PAGE).await?;
        let Some(last) = page.last() else { break };
        after.clone_from(&last.id);
        for (case, judged) in judge(stores, page).await? {
            report.orders += 1;
            report.extend(judged.certain);
            if !judged.doubtful.is_empty() {
                again.add(&case, judged.doubtful);
            }
        }
        options.progress.at(report.orders);
        if again.is_full() {
            again.look(stores, &mut options.progress, report).await?;
        }
    }
    again.look(stores, &mut options.progress, report).await
}

/// Judges orders by what their payments say now.
async fn judge(stores: &Stores, orders: Vec<order::audit::Stored>) -> StoreResult<Vec<(Case, case::Judged)>> {
    let cases = stores.cases(orders).await?;
    let strays: Vec<String> = cases.iter().flat_map(Case::strays).collect();
    let found = if strays.is_empty() { Vec::new() } else { stores.payments.owners_of(strays).await? };
    let elsewhere: HashMap<String, String> = found.into_iter().map(|owner| (owner.id, owner.order_id)).collect();
    let now = now();
    let judged = cases.into_iter().map(|case| {
        let mut judged = case.judge(now);
        for stray in case.strays() {
            let other = elsewhere.get(&stray).map(String::as_str);
            judged.doubtful.extend(case.stray(&stray, other));
        }
        (case, judged)
    });
    Ok(judged.collect())
}

fn now() -> Timestamp {
    SystemClock.now()
}
