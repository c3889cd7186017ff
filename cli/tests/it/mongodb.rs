//! Everything, or one service, on a genuine MongoDB server.

use testkit::mongo::{Kind, database};

use crate::support::{ANYWHERE, Home, Running, at, deaf, eventually, finish};

/// An order from the menu to the kitchen's board.
fn journey(home: &Home) -> String {
    let id = at(&home.json(&["order", "create", "--item", "X-Burger:2:sem cebola"]), "/id");
    eventually("paid", || {
        let moved = home.run(&["webhook", "simulate", "--order", &id, "--status", "approved"]);
        (moved.code == 0 && status(home, &id) == "paid").then_some(())
    });
    let board = home.run(&["board", "--once"]).out;
    assert!(board.contains("X-Burger") && board.contains("sem cebola"), "{board}");
    id
}

fn status(home: &Home, order: &str) -> String {
    at(&home.json(&["order", "show", order]), "/status")
}

fn up<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["up"], &ANYWHERE[..], more].concat()
}

#[test]
fn everything() {
    let Some(url) = database(Kind::ReplicaSet) else { return };
    let home = Home::new();
    let running = home.start(&up(&["--database", &url]));
    let id = journey(&home);
    let admin = home.credentials()["admin"].clone();
    assert!(admin["password"].is_string(), "{admin}");
    assert!(running.stop().0.success());
    for service in ["auth", "order", "payment"] {
        assert!(!home.data_dir().join(format!("{service}.db")).exists(), "{service} made no file");
        assert_eq!(at(&home.credentials(), &format!("/databases/{service}")), url);
    }

    // With auth stopped, its store is found without a flag.
    assert_eq!(home.run(&["token", "issue", "--role", "kitchen"]).code, 0);
    for more in [&[][..], &["--fresh", "--yes"]] {
        let said = home.fails(2, &up(more));
        assert!(said.contains("was last used with mongodb://") && said.contains("--database"), "{said}");
    }
    let running = home.start(&up(&["--database", &url, "--fresh", "--yes"]));
    assert!(running.heard.iter().any(|line| line == "what auth and order and payment keep on MongoDB stays"));
    assert_eq!(status(&home, &id), "paid", "nothing was dropped");
    assert_eq!(home.credentials()["admin"], admin, "nobody else knows the password");
    assert!(running.stop().0.success());
    // The person of a store that is no longer used is not the one of this store.
    let all =
        ["--auth-database", "sqlite:a.db", "--order-database", "sqlite:o.db", "--payment-database", "sqlite:p.db"];
    assert!(home.start(&up(&all)).stop().0.success());
    assert_ne!(home.credentials()["admin"], admin);
}

#[test]
fn payments_only() {
    let Some(url) = database(Kind::Standalone) else { return };
    let home = Home::new();
    let running = home.start(&up(&["--payment-database", &url]));
    let id = journey(&home);
    assert!(running.stop().0.success());
    assert!(home.data_dir().join("order.db").exists() && !home.data_dir().join("payment.db").exists());
    assert!(home.fails(2, &up(&[])).contains("--payment-database"));
    let again = home.start(&up(&["--payment-database", &url]));
    let payment = at(&home.json(&["order", "show", &id]), "/payment_id");
    assert_eq!(at(&home.json(&["payment", "show", &payment]), "/status"), "approved");
    assert!(again.stop().0.success());
}

#[test]
fn a_url_that_is_none() {
    let home = Home::new();
    for url in [
        "mongodb://",
        "mongodb://u:geheim@",
        "mongodb://u:geheim@h:99999/d",
        "mongodb://u:ge/heim@h/d",
        "mongo://u:geheim@h",
    ] {
        let said = home.fails(2, &up(&["--database", url]));
        assert!(said.contains("--database: auth.database") && said.contains("--database: payment.database"), "{said}");
        assert!(!said.contains("geheim") && !said.contains("heim@"), "{said}");
    }
    let said = home.fails(2, &up(&["--sandbox-database", "mongodb://h/d"]));
    assert!(said.contains("--sandbox-database: sandbox.database"), "{said}");
    assert!(!home.data_dir().exists(), "nothing was made");
}

#[test]
fn a_server_that_is_not_there() {
    let home = Home::new();
    let (_bound, port) = deaf();
    let url = format!("mongodb://u:geheim@127.0.0.1:{port}/shop");
    for args in [up(&["--database", &url]), vec!["serve", "order", "--listen", "127.0.0.1:0", "--database", &url]] {
        let done = finish(home.command(&args).env("LANCHONETE_MONGODB_WAIT", "3s"));
        assert_eq!(done.code, 4, "{}", done.err);
        let shown = format!("mongodb://***@127.0.0.1:{port}/shop");
        assert!(done.err.contains(&format!("waiting for {shown}, at most 3 s (mongodb.wait)")), "{}", done.err);
        assert!(done.err.contains(&format!("MongoDB at {shown} did not answer")), "{}", done.err);
        assert!(!done.err.contains("geheim") && done.err.contains("hint:"), "{}", done.err);
    }
    // Whoever no longer wants to wait need not.
    let mut command = home.command(&up(&["--database", &url]));
    command.env("LANCHONETE_MONGODB_WAIT", "10m");
    let waiting = Running::start(command, "waiting for mongodb://");
    assert!(waiting.stop().0.success());
}
