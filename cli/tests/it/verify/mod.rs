//! `verify`: it finds every damage and names it, and nothing where nothing is wrong.

mod damage;
mod healthy;
mod mongo;
mod traffic;

use std::collections::BTreeSet;
use std::path::Path;

use insta::{assert_json_snapshot, assert_snapshot};
use serde_json::{Value, json};
use testkit::Caller;

use crate::support::{Home, at, eventually, finish};
use damage::{ALL, Damage};
use healthy::Shop;

/// The ids that a violation may name, in the order of [`violations`].
type Said = (String, String, String);

/// Every violation of a report: the kind, the order and the payment.
fn violations(report: &Value) -> Vec<Said> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let listed = report["violations"].as_array().expect("a list").iter();
    let mut said: Vec<Said> =
        listed.map(|v| (text(&v["kind"]), text(&v["order_id"]), text(&v["payment_id"]))).collect();
    said.sort();
    said
}

/// Checks the stores in a directory: the exit code and the report.
fn verify(home: &Home, dir: &Path) -> (i32, Value) {
    let stores = ["order", "payment"].map(|name| format!("--{name}-database=sqlite:{}/{name}.db", dir.display()));
    let [order, payment] = &stores;
    let done = home.run(&["verify", "-q", "--patience", "20ms", "-o", "json", order, payment]);
    let report = serde_json::from_str(&done.out).unwrap_or_else(|error| panic!("{error}: {}{}", done.out, done.err));
    (done.code, report)
}

/// A copy of the stores that no service has open.
fn copy(home: &Home, name: &str) -> std::path::PathBuf {
    let dir = home.path().join(name);
    std::fs::create_dir(&dir).expect("a directory");
    for file in ["order.db", "payment.db"] {
        std::fs::copy(home.data_dir().join(file), dir.join(file)).expect("a copy");
    }
    dir
}

fn expected(damage: &Damage, shop: &Shop) -> Vec<Said> {
    let said =
        damage.said.iter().map(|(kind, order, payment)| ((*kind).to_owned(), shop.named(order), shop.named(payment)));
    let mut said: Vec<Said> = said.collect();
    said.sort();
    said
}

#[test]
fn every_damage_is_found_and_named_and_nothing_else() {
    let home = Home::new();
    let running = home.up();
    let shop = Shop::play(&home);
    // Beside the services that have just worked.
    let report = home.json(&["verify"]);
    assert_eq!((violations(&report), at(&report, "/orders")), (Vec::new(), "6".to_owned()), "{report}");
    // Until nothing is left to be done.
    eventually("quiet", || {
        let report = home.json(&["verify"]);
        (report["looked_again"] == 0 && report["under_way"] == 0).then_some(())
    });
    assert!(running.stop().0.success());
    assert_json_snapshot!("verify_clean", verify(&home, &home.data_dir()).1);
    for (n, damage) in ALL.iter().enumerate() {
        let dir = copy(&home, &format!("damage-{n}"));
        damage.cause(&shop, &dir);
        let (code, report) = verify(&home, &dir);
        assert_eq!(violations(&report), expected(damage, &shop), "damage {n}: {report}");
        assert_eq!(code, 1, "damage {n}");
        let entries = report["violations"].as_array().expect("a list").iter().filter(|v| v["invariant"] == 5);
        entries.for_each(|v| assert_eq!(at(v, "/entry_id"), shop.named("other"), "{report}"));
        for v in report["violations"].as_array().expect("a list") {
            let number = v["number"].as_i64();
            assert!(number.is_none_or(|number| (1..=6).contains(&number)), "{report}");
        }
        std::fs::remove_dir_all(dir).expect("it goes");
    }
    let kinds: BTreeSet<&str> = ALL.iter().flat_map(|damage| damage.said.iter().map(|(kind, ..)| *kind)).collect();
    let kinds: Vec<&str> = kinds.into_iter().collect();
    assert_snapshot!("verify_kinds", kinds.join("\n"));
}

#[test]
fn one_violation_as_json_and_in_words() {
    let home = Home::new();
    let running = home.up();
    let shop = Shop::play(&home);
    assert!(running.stop().0.success());
    let store = rusqlite::Connection::open(home.data_dir().join("order.db")).expect("a store");
    let sql = "UPDATE orders SET body = json_set(body, '$.lines[0].quantity', 7) WHERE id = '{cooking}'";
    assert_eq!(store.execute(&shop.filled(sql), []).expect("it can be done"), 1);
    drop(store);
    let (code, report) = verify(&home, &home.data_dir());
    assert_eq!((code, report["violations"][0]["order_id"].as_str()), (1, Some(&*shop.named("cooking"))));
    assert_json_snapshot!("verify_violation", report, { ".violations[].order_id" => "[id]", ".violations[].day" => "[day]" });
    let done = home.run(&["verify"]);
    assert_eq!(done.code, 1);
    assert!(done.out.starts_with("lines_do_not_add_up  order #1 of 20"), "{}", done.out);
    assert!(
        done.out.contains(&shop.named("cooking")) && done.out.contains("not everything holds: 6 orders"),
        "{}",
        done.out
    );
    assert!(done.err.contains("1 violations") && done.err.contains("hint:"), "{}", done.err);
}

#[test]
fn stores_that_cannot_be_opened_are_exit_code_4() {
    let home = Home::new();
    let said = home.fails(4, &["verify"]);
    assert!(said.contains("order: ") && said.contains("order.db"), "{said}");
    assert!(!home.data_dir().exists(), "nothing is made");
    assert!(home.start(&[&["up"], &crate::support::ANYWHERE[..]].concat()).stop().0.success());
    assert_eq!(home.run(&["verify"]).code, 0);
    let newer = rusqlite::Connection::open(home.data_dir().join("payment.db")).expect("a store");
    newer.pragma_update(None, "user_version", 99).expect("it can be done");
    drop(newer);
    assert!(home.fails(4, &["verify"]).contains("payment: the store has schema version 99"));
    let foreign = home.data_dir().join("sandbox.db");
    std::fs::copy(foreign, home.path().join("foreign.db")).expect("a copy");
    home.fails(4, &["verify", "--order-database", "sqlite:foreign.db"]);
    std::fs::write(home.path().join("text.db"), "this is no database, and longer than its head would be")
        .expect("written");
    home.fails(4, &["verify", "--order-database", "sqlite:text.db"]);
    let mut command = home.command(&["verify", "--order-database", "mongodb://127.0.0.1:1/x"]);
    assert_eq!(finish(command.env("LANCHONETE_MONGODB_WAIT", "1s")).code, 4);
}

/// Whoever may ask for payments may name an order that never was: that is told until the payment is over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_of_an_order_that_never_was() {
    let home = Home::new();
    let running = home.up();
    let kept = home.credentials();
    let admin = Caller::new(at(&kept, "/urls/payment")).with_token(at(&kept, "/tokens/admin"));
    let body = json!({"order_id": domain::OrderId::new(), "amount": 10.5, "description": "avulso", "method": "pix"});
    let payment = at(&admin.post("/payments", &body).await.expect(201).json, "/payment_id");
    let at_rest = || {
        let events = home.json(&["payment", "show", &payment]);
        events["qr_code"].is_string().then_some(())
    };
    eventually("charged", at_rest);
    let found = |wanted: &[&str]| {
        let done = home.run(&["verify", "-o", "json", "-q"]);
        let report: Value = serde_json::from_str(&done.out).expect("JSON");
        let kinds: Vec<String> = violations(&report).into_iter().map(|(kind, ..)| kind).collect();
        assert_eq!((&report["orders"], &report["payments"]), (&json!(0), &json!(1)), "{report}");
        (kinds == wanted).then_some(())
    };
    eventually("open", || found(&["payment_without_order"]));
    home.json(&["webhook", "simulate", "--payment", &payment, "--status", "approved"]);
    eventually("paid", || found(&["dead_letter", "payment_without_order"]));
    home.json(&["payment", "refund", &payment, "--reason", "ninguém pediu"]);
    eventually("refunded", || (at(&home.json(&["payment", "show", &payment]), "/status") == "refunded").then_some(()));
    home.json(&["payment", "replay"]);
    eventually("nothing is wrong any more", || (home.run(&["verify", "-q"]).code == 0).then_some(()));
    drop(running);
}
