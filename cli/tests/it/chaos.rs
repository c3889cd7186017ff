//! A hostile network: asked for one notification at a time, or by rate from the start.

use crate::support::{ANYWHERE, Home, at, eventually};

fn paid(home: &Home, order: &str) {
    eventually("paid", || (at(&home.json(&["order", "show", order]), "/status") == "paid").then_some(()));
}

#[test]
fn one_notification_is_repeated_delayed_reordered_or_dropped() {
    let home = Home::new();
    let _running = home.up();
    let simulate = |order: &str, flags: &[&str]| {
        home.json(&[&["webhook", "simulate", "--status", "approved", "--order", order], flags].concat())
    };
    let order = || {
        let created = home.json(&["order", "create", "--item", "X-Burger", "-q"]);
        let id = at(&created, "/id");
        // The charge may come a moment after the order.
        eventually("the QR", || (at(&home.json(&["order", "show", &id]), "/qr_code") != "null").then_some(()));
        (at(&created, "/number"), id)
    };
    let answers = |moved: &serde_json::Value| {
        let all = moved["deliveries"].as_array().expect("deliveries").clone();
        all.iter().map(|one| (at(one, "/action"), at(one, "/http_status"))).collect::<Vec<_>>()
    };
    let taken = |action: &str| (format!("payment.{action}"), "200".to_owned());

    let (number, _) = order();
    let moved = simulate(&number, &["--reorder", "--duplicate", "1", "--delay", "50ms"]);
    assert_eq!(answers(&moved), [taken("updated"), taken("updated"), taken("created")]);
    paid(&home, &number);

    let (_, id) = order();
    let moved = simulate(&id, &["--drop"]);
    assert_eq!((answers(&moved).len(), at(&moved, "/payment/status")), (0, "approved".to_owned()));
    paid(&home, &id);

    let (number, id) = order();
    let payment = at(&home.json(&["order", "show", &id]), "/payment_id");
    let hostile = ["webhook", "simulate", "--status", "approved", "--payment", &payment, "--stale-ts", "--duplicate=2"];
    let moved = home.json(&hostile);
    assert_eq!((at(&moved, "/moved"), answers(&moved).len()), ("false".to_owned(), 3));
    assert!(answers(&moved).iter().all(|(_, status)| status == "401"), "{moved}");
    assert_eq!(at(&home.json(&["order", "show", &number]), "/status"), "requested");

    let refused = |code, flags: &[&str]| {
        home.fails(code, &[&["webhook", "simulate", "--order", &id, "--status", "approved"], flags].concat())
    };
    assert!(refused(2, &["--duplicate", "101"]).contains("--duplicate"));
    assert!(refused(2, &["--delay", "11m"]).contains("at most 10m"));
    assert!(refused(2, &["--delay", "soon"]).contains("--delay"));
    refused(2, &["--forge", "--drop"]);
    home.fails(2, &["webhook", "simulate", "--order", &id, "--status", "pending"]);
}

#[test]
fn chaos_from_the_start_is_said_loudly_and_costs_seconds() {
    let home = Home::new();
    let running = home.start(&[&["up", "--chaos", "drop=1,server_error=0.2,seed=42"], &ANYWHERE[..]].concat());
    let loud = |line: &String| line.contains("CHAOS") && line.contains("drop=1,server_error=0.2,seed=42");
    assert!(running.heard.iter().any(loud), "{:?}", running.heard);
    let order = at(&home.json(&["order", "create", "--item", "X-Burger", "-q"]), "/id");
    eventually("the QR", || (at(&home.json(&["order", "show", &order]), "/qr_code") != "null").then_some(()));
    let done = home.run(&["webhook", "simulate", "--order", &order, "--status", "approved"]);
    assert!(done.code == 0 && done.out.contains("dropped by chaos"), "{}{}", done.out, done.err);
    paid(&home, &order);
}

#[test]
fn chaos_that_cannot_be_says_everything_that_is_wrong() {
    let home = Home::new();
    let said = home.fails(2, &["serve", "sandbox", "--chaos", "drop=2,fogre=1,copies=9"]);
    for part in ["--chaos: sandbox.chaos", "drop must be a share from 0 to 1", "\"fogre\" is unknown", "from 1 to 5"] {
        assert!(said.contains(part), "{part:?} is missing in {said}");
    }
    assert!(home.fails(2, &["serve", "order", "--chaos", "drop=1"]).contains("for the sandbox"));
    let mut real = home.command(&["up", "--chaos", "drop=1"]);
    real.env("LANCHONETE_MERCADOPAGO_ACCESS_TOKEN", "TEST-1").env("LANCHONETE_MERCADOPAGO_WEBHOOK_SECRET", "x");
    let done = crate::support::finish(&mut real);
    assert!(done.code == 2 && done.err.contains("--chaos is for the sandbox"), "{}", done.err);
    let mut bad = home.command(&["config", "check"]);
    let done = crate::support::finish(bad.env("LANCHONETE_SANDBOX_CHAOS", "locked=0.6,server_error=0.6"));
    assert!(
        done.code == 2 && done.err.contains("LANCHONETE_SANDBOX_CHAOS") && done.err.contains("add up"),
        "{}",
        done.err
    );
}
