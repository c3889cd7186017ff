//! A rehearsal against the platform in one process, and when there is none.

use mercadopago::control::Control;
use tokio::runtime::Runtime;

use crate::support::{DEADLINE, Home, Running, at};

/// The storm is over.
fn is_calm(home: &Home) -> bool {
    let url = at(&home.credentials(), "/urls/sandbox").parse().expect("a URL");
    let control = Control::new(url, DEADLINE).expect("a client");
    Runtime::new().expect("a runtime").block_on(control.chaos()).expect("it answers").chaos.is_calm()
}

#[test]
fn a_rush_comes_right() {
    let home = Home::new();
    let running = home.up();
    let done = home.run(&["rehearse", "--orders", "150", "--minutes", "0.2", "--seed", "42", "-o", "json"]);
    assert_eq!(done.code, 0, "{}{}", done.err, done.out);
    assert!(done.err.contains("150 customers") && done.err.contains("seed 42"), "{}", done.err);
    let report: serde_json::Value = serde_json::from_str(&done.out).expect("one JSON object");
    assert_eq!(
        (at(&report, "/seed"), at(&report, "/orders"), at(&report, "/findings")),
        ("42".into(), "150".into(), "[]".into())
    );
    assert_eq!((at(&report, "/verify/violations_found"), at(&report, "/verify/orders")), ("0".into(), "150".into()));
    let fates = report["fates"].as_object().expect("fates");
    assert_eq!(fates.values().filter_map(serde_json::Value::as_u64).sum::<u64>(), 150);
    for fate in ["delivered", "refunded", "cancelled", "requested"] {
        assert!(fates.contains_key(fate), "nothing was {fate}: {fates:?}");
    }
    let rows: Vec<String> = report["latency"].as_array().expect("rows").iter().map(|row| at(row, "/what")).collect();
    assert_eq!(rows, ["order placed", "QR or link", "money to paid", "money to queue", "kitchen's step"]);
    for wrong in ["dropped", "duplicated", "reordered", "forged"] {
        assert_ne!(at(&report["storm"], &format!("/{wrong}")), "0", "{wrong}: {report}");
    }
    assert!(is_calm(&home));
    assert_eq!(home.run(&["verify"]).code, 0);
    assert!(running.stop().0.success());
}

#[test]
fn who_interrupts_it_ends_the_storm() {
    let home = Home::new();
    let running = home.up();
    let rush = ["rehearse", "--orders", "500", "--minutes", "60"];
    let rehearsal = Running::start(home.command(&rush), "500 customers");
    crate::support::eventually("the storm", || (!is_calm(&home)).then_some(()));
    let (ended, _) = rehearsal.stop();
    assert_eq!(ended.code(), Some(1));
    assert!(is_calm(&home));
    assert!(running.stop().0.success());
}

#[test]
fn it_plays_with_no_real_money_and_not_alone() {
    let home = Home::new();
    let mut real = home.command(&["rehearse"]);
    real.env("LANCHONETE_MERCADOPAGO_ACCESS_TOKEN", "APP_USR-1").env("LANCHONETE_MERCADOPAGO_WEBHOOK_SECRET", "x");
    let done = crate::support::finish(&mut real);
    assert_eq!(done.code, 2, "{}", done.err);
    assert!(done.err.contains("sandbox's money only") && done.err.contains("hint:"), "{}", done.err);
    assert!(home.fails(2, &["rehearse", "--drop", "1.5"]).contains("from 0 to 1"));
    assert!(home.fails(2, &["rehearse", "--patience", "soon"]).contains("--patience"));
    home.fails(3, &["rehearse", "--url", "http://127.0.0.1:9", "--token", "x"]);
}
