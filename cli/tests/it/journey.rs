//! From an empty data directory to an order in a customer's hands.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::support::{Home, Running, at, eventually, with_stdin};

fn status(home: &Home, order: &str) -> String {
    at(&home.json(&["order", "show", order]), "/status")
}

#[test]
fn an_order_is_placed_paid_cooked_and_handed_over() {
    let home = Home::new();
    let running = home.up();

    let created = home.run(&["order", "create", "--item", "X-Burger:2:sem cebola", "--item", "x-salada"]);
    assert_eq!(created.code, 0, "{}", created.err);
    assert!(created.out.starts_with("#1 ") && created.out.contains("sem cebola") && created.out.contains("R$ 70,70"));
    let qr = |text: &str| text.contains('▀') && text.contains("br.gov.bcb.pix");
    assert!(qr(&eventually("the QR", || Some(home.run(&["order", "show", "1"]).out).filter(|text| qr(text)))));

    for hostile in ["--forge", "--wrong-secret", "--stale-ts"] {
        let done = home.run(&["webhook", "simulate", "--order", "1", "--status", "approved", hostile]);
        assert_eq!(done.code, 0, "{hostile}: {}", done.err);
        assert!(done.out.contains("401") && done.out.contains("not moved"), "{hostile}: {}", done.out);
    }
    assert_eq!(status(&home, "1"), "requested");
    assert!(home.fails(1, &["order", "advance", "1"]).contains("order pay"), "unpaid is not cooked");

    let moved = home.json(&["webhook", "simulate", "--order", "1", "--status", "approved", "--duplicate", "2"]);
    assert_eq!(moved["deliveries"].as_array().map(Vec::len), Some(3), "{moved}");
    eventually("paid", || (status(&home, "1") == "paid").then_some(()));
    let board = home.run(&["board", "--once"]).out;
    assert!(board.contains("X-Burger") && board.contains("sem cebola") && board.contains("SANDBOX"), "{board}");

    for expected in ["preparing", "ready_for_pickup"] {
        assert_eq!(at(&home.json(&["order", "advance", "#1"]), "/status"), expected);
    }
    assert_eq!(home.json(&["panel", "--once"]), serde_json::json!({ "preparing": [], "ready": [1] }));
    assert_eq!(at(&home.json(&["order", "advance", "1"]), "/status"), "delivered");
    let said = home.fails(1, &["order", "advance", "1", "--to", "preparing"]);
    assert!(said.contains("illegal_transition") && said.contains("possible now: ready_for_pickup"), "{said}");

    let rows = home.json(&["order", "track", "1"]);
    let steps: Vec<String> = rows.as_array().expect("rows").iter().map(|row| at(row, "/status")).collect();
    assert_eq!(steps, ["requested", "paid", "preparing", "ready_for_pickup", "delivered"]);
    let actors: Vec<String> = rows.as_array().expect("rows").iter().map(|row| at(row, "/actor/role")).collect();
    assert_eq!(actors, ["kiosk", "service", "kitchen", "kitchen", "kitchen"]);
    let utc = at(&rows, "/0/at");
    assert!(utc.ends_with('Z'), "{utc}");
    // The shop's clock is three hours behind UTC, and JSON is no matter of taste.
    let minute = |text: &str| text.get(text.len().saturating_sub(5)..).map(str::to_owned);
    let track = home.run(&["order", "track", "1"]).out;
    let shown: Vec<&str> = track.lines().skip(1).map(|line| line.split("  ").next().unwrap_or_default()).collect();
    let plain = |text: &&str| text.len() == "23/11 19:22:09".len() && !text.contains(['Z', 'T', '.']);
    assert!(shown.len() == 5 && shown.iter().all(plain), "{track}");
    assert_eq!(minute(shown[0]), minute(&utc[..19]), "{track}");
    for words in [home.run(&["order", "show", "1"]).out, home.run(&["order", "list"]).out] {
        assert!(words.contains(shown[0]) && !words.contains(&utc), "{words}");
    }
    let payment = at(&home.json(&["order", "show", "1"]), "/payment_id");
    assert_eq!(at(&home.json(&["payment", "show", &payment]), "/status"), "approved");
    assert!(home.json(&["payment", "events", &payment]).as_array().is_some_and(|events| events.len() >= 3));

    let (ended, printed) = running.stop();
    assert!(ended.success(), "{ended}");
    assert!(printed.contains("credentials") && printed.contains("order create --item"), "{printed}");
}

#[test]
fn the_counter_the_menu_and_the_people() {
    let home = Home::new();
    let running = home.start(&[&["up", "-o", "json"], &crate::support::ANYWHERE[..]].concat());

    let credentials = home.data_dir().join("credentials.json");
    for entry in fs::read_dir(home.data_dir()).expect("readable") {
        let private = entry.expect("an entry").path();
        assert_eq!(fs::metadata(&private).expect("there").permissions().mode() & 0o077, 0, "{}", private.display());
    }
    assert!(credentials.exists());
    let kept = home.credentials();
    for pointer in ["/urls/sandbox", "/databases/order", "/admin/email", "/admin/password", "/tokens/kiosk"] {
        assert!(!at(&kept, pointer).is_empty(), "{pointer}");
    }

    assert_eq!(home.run(&["seed"]).out, "created 0, updated 0, unchanged 25\n");
    let menu = home.json(&["menu", "list"]);
    assert!(menu.as_array().is_some_and(|categories| categories.len() == 5), "{menu}");
    assert_eq!(home.json(&["menu", "disable", "x-tudo"])["enabled"], false);
    assert!(home.fails(1, &["order", "create", "--item", "X-Tudo"]).contains("/order_items/0/product_id"));
    assert_eq!(home.json(&["menu", "enable", "X-TUDO"])["enabled"], true);
    assert_eq!(home.json(&["menu", "price", "x-tudo", "33.50"])["price"], 33.5);
    assert_eq!(home.json(&["seed"]), serde_json::json!({ "created": 0, "updated": 1, "unchanged": 24 }));
    let added = ["menu", "add", "--name", "X-Ovo", "--category", "Novidades", "--price", "24.9"];
    assert_eq!(home.json(&added)["name"], "X-Ovo");
    assert!(home.fails(1, &added).contains("409 conflict"));
    assert!(home.fails(1, &["order", "create", "--item", "X-Bur"]).contains("did you mean"));

    let maria = ["customer", "register", "--name", "Maria", "--email", "maria@example.com", "--cpf", "529.982.247-25"];
    assert_eq!(at(&home.json(&maria), "/cpf"), "***.982.247-**");
    assert!(home.json(&["customer", "list"]).as_array().is_some_and(|people| people.len() == 2));
    let cash = ["order", "create", "--item", "X-Ovo", "--cpf", "52998224725", "--pay", "counter", "-q"];
    let order = home.json(&cash);
    assert_ne!(at(&order, "/customer_id"), "null");
    let id = at(&order, "/id");
    let simulate = |which: &str, of: &str| home.fails(1, &["webhook", "simulate", which, of, "--status", "approved"]);
    let said = simulate("--order", &id);
    assert!(said.contains("paid in cash") && said.contains(&format!("order pay {}", at(&order, "/number"))), "{said}");
    let nobody = "0198c0de-0000-7000-8000-000000000001";
    assert!(simulate("--order", nobody).contains(&format!("no such order: {nobody}")));
    assert_eq!(at(&home.json(&["order", "pay", &id]), "/status"), "paid");
    let said = simulate("--order", &id);
    assert!(said.contains("paid in cash") && !said.contains("order pay"), "{said}");
    assert_eq!(at(&home.json(&["order", "cancel", &id, "--reason", "acabou o gás"]), "/status"), "cancelled");

    for _ in 0..10 {
        // The record of the cash follows a moment later, and is nobody else's step.
        let id = at(&home.json(&["order", "create", "--item", "X-Ovo", "--pay", "counter"]), "/id");
        home.json(&["order", "pay", &id]);
        assert_eq!(at(&home.json(&["order", "advance", &id]), "/status"), "preparing");
    }
    let panel = home.run(&["panel", "--once", "--lang", "en"]).out;
    assert!(panel.starts_with("READY\n") && panel.contains("\nPREPARING\n"), "{panel}");
    let said = home.fails(1, &["board", "--once", "--token", "bad"]);
    assert!(said.contains("unauthenticated") && !said.contains("Identifique-se"), "{said}");

    let kitchen = home.run(&["token", "issue", "--role", "kitchen"]).out;
    assert!(home.fails(1, &["menu", "disable", "X-Ovo", "--token", kitchen.trim()]).contains("403"));
    assert!(home.fails(1, &["order", "list", "--token", "abc"]).contains("401"));
    assert_eq!(home.json(&["token", "inspect", kitchen.trim()])["claims"]["role"], "kitchen");
    assert!(home.fails(1, &["token", "inspect", &kitchen.trim().replace("eyJ", "eyK")]).contains("hint:"));

    let admin = ["admin", "create", "--name", "Dona", "--email", "dona@example.com", "--cpf", "111.444.777-35"];
    let done = with_stdin(&mut home.command(&[&admin[..], &["--password-stdin"]].concat()), "uma senha comprida\n");
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(!done.out.contains("uma senha"), "{}", done.out);
    assert!(home.fails(1, &admin).contains("taken"));

    let (ended, printed) = running.stop();
    assert!(ended.success(), "{ended}");
    let object: serde_json::Value = serde_json::from_str(&printed).expect("one JSON object");
    assert_eq!(object["payments"], "sandbox");

    // Nothing is asked of a service here, and what was signed still holds.
    assert_eq!(home.json(&["token", "inspect", kitchen.trim()])["valid"], true);
    let again = home.up();
    eventually("the cash is handed back", || (status(&home, &id) == "refunded").then_some(()));
    assert_eq!(home.credentials()["admin"], kept["admin"], "the first administrator is made once");
    assert!(again.stop().0.success());
    let fresh = home.start(&[&["up", "--fresh", "--no-seed"], &crate::support::ANYWHERE[..]].concat());
    assert_eq!(home.json(&["menu", "list"]), serde_json::json!([]));
    assert!(fresh.stop().0.success());
}

#[test]
fn who_waits_in_a_script_is_told_what_to_pay() {
    let home = Home::new();
    let running = home.up();
    let args = ["order", "create", "--item", "X-Burger", "--wait", "-o", "json"];
    let waiting = Running::start(home.command(&args), "pix  00020126");
    let told = waiting.heard.iter().find(|line| line.starts_with("#1  ")).expect("the order").clone();
    let id = told.split("  ").nth(1).expect("its id").to_owned();
    home.json(&["webhook", "simulate", "--order", &id, "--status", "rejected"]);
    let done = waiting.finish();
    assert_eq!(done.code, 1, "a rejected Pix is not waited for: {}", done.err);
    let order: serde_json::Value = serde_json::from_str(&done.out).expect("one JSON value");
    assert_eq!((at(&order, "/id"), at(&order, "/payment_status")), (id, "rejected".to_owned()));
    drop(running);
}

#[test]
fn the_demo_brings_customers() {
    let home = Home::new();
    let running = home.start(&[&["up", "--demo"], &crate::support::ANYWHERE[..]].concat());
    let orders = eventually("somebody orders", || {
        let orders = home.json(&["order", "list"]);
        orders.as_array().is_some_and(|orders| !orders.is_empty()).then_some(orders)
    });
    assert_ne!(at(&orders, "/0/pickup_name"), "null");
    assert!(running.stop().0.success());
}
