//! The same with each service in a process of its own.

use std::collections::BTreeSet;

use crate::fleet::free_ports;
use crate::support::{Home, Running, at, eventually};

/// Ports that nobody is given by chance. Each service has to know where the others will be.
fn ports() -> [u16; 4] {
    let mut free = free_ports(u64::from(uuid::Uuid::new_v4().as_fields().0));
    [(); 4].map(|()| free.next().expect("a free port"))
}

#[test]
fn four_processes_in_any_order() {
    let home = Home::new();
    let [auth, order, payment, sandbox] = ports();
    let places: Vec<String> = [("auth", auth), ("order", order), ("payment", payment), ("sandbox", sandbox)]
        .into_iter()
        .flat_map(|(name, port)| {
            [format!("--{name}-listen=127.0.0.1:{port}"), format!("--{name}-url=http://127.0.0.1:{port}")]
        })
        .collect();
    let places: Vec<&str> = places.iter().map(String::as_str).collect();
    let serve = |service| home.start(&[&["serve", service], &places[..]].concat());
    // Auth comes last: the others wait for its keys.
    let running: Vec<Running> = ["order", "payment", "sandbox", "auth"].into_iter().map(serve).collect();

    assert_eq!(home.run(&["seed"]).out, "created 25, updated 0, unchanged 0\n");
    let placed = home.json(&["order", "create", "--item", "X-Burger", "--pay", "checkout"]);
    let id = at(&placed, "/id");
    eventually("the charge", || {
        let done = home.run(&["webhook", "simulate", "--order", &id, "--status", "approved"]);
        (done.code == 0).then_some(())
    });
    let paid = eventually("paid", || {
        let order = home.json(&["order", "show", &id]);
        (order["status"] == "paid").then_some(order)
    });
    assert_eq!(at(&paid, "/payment_status"), "approved");
    for service in running {
        assert!(service.stop().0.success());
    }
}

#[test]
fn a_service_says_where_it_is() {
    let home = Home::new();
    let running = home.start(&["serve", "auth", "--listen", "127.0.0.1:0", "-o", "json"]);
    let (ended, printed) = running.stop();
    assert!(ended.success());
    let told: serde_json::Value = serde_json::from_str(&printed).expect("one JSON object");
    assert_eq!(told["service"], "auth");
    assert_eq!(at(&home.credentials(), "/urls/auth"), at(&told, "/url"));
}

#[test]
fn one_address_for_all() {
    let home = Home::new();
    let [port, ..] = ports();
    let mine = format!("127.0.0.1:{port}");
    let running = home.start(&["up", "--order-listen", &mine, "--listen", "127.0.0.1:0"]);
    let urls = home.credentials()["urls"].clone();
    let ports: BTreeSet<String> = ["/auth", "/order", "/payment", "/sandbox"].map(|name| at(&urls, name)).into();
    assert_eq!((ports.len(), at(&urls, "/order")), (4, format!("http://{mine}")));
    assert!(running.stop().0.success());
    assert!(home.fails(2, &["up", "--listen", "127.0.0.1:65533"]).contains("four ports in a row"));
    assert!(home.fails(2, &["up", "--listen", "8000"]).contains("--listen: auth.listen"));
}
