//! Payments of orders that are not there. An order is stored before anybody asks for its payment, and never goes away; but
//! who may ask for payments may name an order that never was, which is made right by ending the payment.

use std::collections::{HashMap, HashSet};

use domain::{OrderId, PaymentStatus};
use payment::payment::Facts;
use store::StoreResult;

use super::violation::{Kind, Violation};
use super::{Progress, Report, Stores};

/// Payments in one page.
const PAGE: u32 = 2_000;

pub(super) async fn check(stores: &Stores, progress: &mut Progress, report: &mut Report) -> StoreResult<()> {
    // Payments come in while we look; what is counted now bounds the walk.
    let total = stores.payments.count().await?;
    progress.begin("payments", total);
    let (mut after, mut seen) = (String::new(), 0);
    loop {
        let page = stores.payments.owners(&after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after.clone_from(&last.id);
        seen += page.len() as u64;
        let parsed: HashMap<OrderId, &str> =
            page.iter().filter_map(|owner| Some((owner.order_id.parse().ok()?, owner.order_id.as_str()))).collect();
        let missing = stores.orders.missing(parsed.keys().copied().collect()).await?;
        let missing: Vec<&str> = missing.iter().filter_map(|id| parsed.get(id).copied()).collect();
        let over = without_money(stores, &missing).await?;
        for owner in &page {
            let known = owner.order_id.parse::<OrderId>().is_ok() && !missing.contains(&owner.order_id.as_str());
            if !known && !over.contains(&owner.id) {
                let violation = Violation::new(Kind::PaymentWithoutOrder, "there is no such order");
                let violation = violation.order(&owner.order_id);
                report.add(Violation { payment_id: Some(owner.id.clone()), ..violation });
            }
        }
        progress.at(seen);
    }
    report.payments = seen;
    Ok(())
}

/// The payments of these orders that hold nobody's money and never will.
async fn without_money(stores: &Stores, orders: &[&str]) -> StoreResult<HashSet<String>> {
    let ids: Vec<OrderId> = orders.iter().filter_map(|id| id.parse().ok()).collect();
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let holds_none = |facts: &Facts| !facts.status.is_open() && facts.status != PaymentStatus::Approved;
    let found = stores.payments.payments_of(&ids).await?;
    Ok(found.into_iter().filter(|payment| payment.facts.as_ref().is_ok_and(holds_none)).map(|one| one.id).collect())
}
