//! What no row or document may be, whatever the invariants say.

use std::collections::HashSet;

use order::audit::{Stored, Unreadable};
use order::order::Order;
use payment::payment::Facts;

use super::violation::{Kind, Violation};

/// The order, if it can be judged any further.
pub(super) fn of_order<'a>(stored: &'a Stored, found: &mut Vec<Violation>) -> Option<&'a Order> {
    let order = match &stored.order {
        Ok(order) => order,
        Err(why) => {
            let (kind, detail) = match why {
                Unreadable::Centavos(path) => (Kind::NotWholeCentavos, path),
                Unreadable::Shape(why) => (Kind::OrderUnreadable, why),
            };
            found.push(Violation::new(kind, detail.as_str()).order(&stored.id));
            return None;
        }
    };
    if let Some(what) = malformed(order) {
        found.push(Violation::of(Kind::OrderMalformed, order, what));
        return None;
    }
    let differing =
        [("id", stored.id == order.id.to_string()), ("version", u64::try_from(stored.version) == Ok(order.version))];
    let differing: Vec<&str> = differing.into_iter().filter(|(_, same)| !same).map(|(name, _)| name).collect();
    if !differing.is_empty() {
        found.push(Violation::of(Kind::OrderIndexDiffers, order, differing.join(", ")).order(&stored.id));
    }
    Some(order)
}

fn malformed(order: &Order) -> Option<&'static str> {
    let payments: Vec<_> = order.charges.iter().filter_map(|charge| charge.payment_id).collect();
    let twice = payments.iter().collect::<HashSet<_>>().len() < payments.len();
    let faults = [
        (order.lines.is_empty(), "no line"),
        (order.charges.get(order.current).is_none(), "no charge that speaks for it"),
        (twice, "two charges with the same payment"),
        (order.number == 0, "no pick-up number"),
    ];
    faults.into_iter().find(|(fault, _)| *fault).map(|(_, what)| what)
}

/// The payment, if it can be judged any further.
pub(super) fn of_payment<'a>(
    order: &Order,
    stored: &'a payment::audit::Stored,
    found: &mut Vec<Violation>,
) -> Option<&'a Facts> {
    use payment::audit::Unreadable;
    let named = |kind, detail: &str| {
        let violation = Violation::of(kind, order, detail);
        Violation { payment_id: Some(stored.id.clone()), ..violation }
    };
    let facts = match &stored.facts {
        Ok(facts) => facts,
        Err(Unreadable::Centavos(path)) => {
            found.push(named(Kind::NotWholeCentavos, path));
            return None;
        }
        Err(Unreadable::Shape(why)) => {
            found.push(named(Kind::PaymentUnreadable, why));
            return None;
        }
    };
    let provider = facts.provider_payment_id.as_deref();
    if !stored.differing.is_empty() {
        found.push(named(Kind::PaymentIndexDiffers, &stored.differing.join(", ")).provider(provider));
    }
    if stored.log_ends != Some(facts.status) {
        let last = stored.log_ends.map_or("nothing", |status| status.as_str());
        let detail = format!("{}, and its log ends with {last}", facts.status);
        found.push(named(Kind::LogDiffers, &detail).provider(provider));
    }
    for (id, owner) in &stored.strangers {
        let owner = owner.as_deref().unwrap_or("nobody");
        let detail = format!("the store has it for {owner}");
        found.push(named(Kind::ProviderPaymentShared, &detail).provider(Some(id)));
    }
    Some(facts)
}
