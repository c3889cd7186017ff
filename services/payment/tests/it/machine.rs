//! Whatever MercadoPago reports, in any order and any number of times, a payment keeps its promises.

use std::time::Duration;

use domain::{Money, OrderId, PaymentMethod, Timestamp};
use payment::payment::{Actor, Charge, Expected, Payment, Step, Why};
use proptest::prelude::*;

const WORDS: [&str; 9] = [
    "pending",
    "in_process",
    "authorized",
    "approved",
    "in_mediation",
    "rejected",
    "cancelled",
    "refunded",
    "charged_back",
];

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000 + seconds * 1000)
}

fn new(method: PaymentMethod) -> Payment {
    let charge = Charge {
        order_id: OrderId::new(),
        attempt: 1,
        customer_id: None,
        amount: Money::from_centavos(3500),
        method,
        description: "Pedido 7".to_owned(),
        email: None,
        expires_at: at(1800),
        key: None,
    };
    Payment::create(charge, &Actor::System, Duration::from_secs(60), at(0)).0
}

/// One thing that happens: a report (which payment of MercadoPago's, word, moment, right amount), or giving up.
#[derive(Debug, Clone)]
enum Happens {
    Report(i64, usize, i64, bool),
    Close,
    Closed,
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        8 => (1i64..4, 0..WORDS.len(), 0i64..20, prop::bool::weighted(0.9)).prop_map(|(id, w, t, r)| Happens::Report(id, w, t, r)),
        1 => Just(Happens::Close),
        1 => Just(Happens::Closed),
    ]
}

fn apply(before: &Payment, what: &Happens) -> (Payment, Option<Step>) {
    let mut after = before.clone();
    let step = match what {
        Happens::Report(id, word, moment, right) => {
            let amount = if *right { 35.0 } else { 0.01 };
            let report = serde_json::json!({
                "id": id, "status": WORDS[*word], "status_detail": "x", "transaction_amount": amount, "currency_id": "BRL",
                "external_reference": before.id.to_string(), "live_mode": false,
                "date_last_updated": at(*moment).to_string(),
            });
            after.report(&serde_json::from_value(report).unwrap(), Expected { live: false }, at(30))
        }
        Happens::Close => after.close(Why::Order, &Actor::System, None, at(30)),
        Happens::Closed => after.closed(at(30)),
    };
    let step = after.finish(before, step, &Actor::Provider, at(30));
    (after, step)
}

proptest! {
    #[test]
    fn what_is_closed_never_opens_again_and_what_happened_twice_changes_nothing(
        checkout in any::<bool>(),
        all in prop::collection::vec(happens(), 1..20),
    ) {
        let mut payment = new(if checkout { PaymentMethod::Checkout } else { PaymentMethod::Pix });
        for what in all {
            let (after, step) = apply(&payment, &what);
            prop_assert!(payment.is_open() || !after.is_open(), "{what:?}: {} -> {}", payment.status(), after.status());
            prop_assert_eq!(after.version, payment.version + u64::from(step.is_some()));
            prop_assert!(after.refunded() <= after.amount && after.left() <= after.amount);
            let seen = |p: &Payment| api::order::PaymentNotice { version: 0, ..p.notice() };
            prop_assert_eq!(step.is_some_and(|step| step.notify), seen(&after) != seen(&payment));
            let (again, step) = apply(&after, &what);
            prop_assert!(step.is_none(), "{what:?} again: {step:#?}");
            prop_assert_eq!(&again, &after);
            let kept: Payment = serde_json::from_str(&serde_json::to_string(&after).unwrap()).unwrap();
            prop_assert_eq!(&kept, &after);
            payment = after;
        }
    }
}
