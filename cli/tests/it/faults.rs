//! Starts that cannot be: each says why, with its exit code, and leaves nothing half-done.

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use crate::support::{ANYWHERE, Home, at};

fn up(more: &[&'static str]) -> Vec<&'static str> {
    [&["up"], &ANYWHERE[..], more].concat()
}

#[test]
fn a_port_in_use() {
    let home = Home::new();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let said = home.fails(2, &["up", &format!("--order-listen={address}"), "--auth-listen=127.0.0.1:0"]);
    assert!(said.contains("order can't listen") && said.contains(&address) && said.contains("hint:"), "{said}");
    assert!(!home.data_dir().join("order.db").exists(), "no store was made");
    let said = home.fails(2, &["serve", "auth", "--listen", &address]);
    assert!(said.contains("the port is in use"), "{said}");
}

#[test]
fn a_data_directory_that_cannot_be() {
    let home = Home::new();
    fs::write(home.data_dir(), "a file").expect("written");
    let said = home.fails(2, &up(&[]));
    assert!(said.contains("data directory") && said.contains("hint:"), "{said}");
}

#[test]
fn a_store_that_is_none() {
    let home = Home::new();
    fs::create_dir(home.data_dir()).expect("made");
    let garbage = vec![b'x'; 8192];
    fs::write(home.data_dir().join("order.db"), &garbage).expect("written");
    let said = home.fails(4, &up(&[]));
    assert!(said.contains("order") && said.contains("hint:"), "{said}");
    assert_eq!(fs::read(home.data_dir().join("order.db")).expect("still there"), garbage, "it was not touched");
    assert!(!home.data_dir().join("credentials.json").exists());
}

#[test]
fn a_master_key_that_others_may_read() {
    let home = Home::new();
    fs::create_dir(home.data_dir()).expect("made");
    let key = home.data_dir().join("master.key");
    fs::write(&key, [7; 32]).expect("written");
    fs::set_permissions(&key, Permissions::from_mode(0o644)).expect("changed");
    let said = home.fails(2, &up(&[]));
    assert!(said.contains("may be read by others") && said.contains("chmod 600"), "{said}");
}

#[test]
fn broken_credentials_name_no_secret() {
    let home = Home::new();
    fs::create_dir(home.data_dir()).expect("made");
    fs::write(home.data_dir().join("credentials.json"), r#"{"version":1,"tokens":"geheim"}"#).expect("written");
    let said = home.fails(2, &["order", "list"]);
    assert!(said.contains("credentials.json") && !said.contains("geheim"), "{said}");
}

#[test]
fn a_service_that_does_not_answer() {
    let home = Home::new();
    // Bound, not listening: nobody else takes it, and nobody answers.
    let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    let url = format!("http://127.0.0.1:{port}");
    let said = home.fails(3, &["order", "list", "--url", &url, "--token", "x"]);
    assert!(said.contains("hint:"), "{said}");
    let said = home.fails(2, &["order", "list", "--url", &url]);
    assert!(said.contains("no admin token"), "{said}");
    let said = home.fails(4, &["token", "issue", "--role", "kiosk"]);
    assert!(said.contains("no auth store"), "{said}");
}

#[test]
fn another_store_than_last_time() {
    let home = Home::new();
    fs::create_dir(home.data_dir()).expect("made");
    let last = r#"{"version":1,"databases":{"order":"mongodb://u:geheim@db.example.com/shop"}}"#;
    fs::write(home.data_dir().join("credentials.json"), last).expect("written");
    let said = home.fails(2, &up(&[]));
    assert!(said.contains("last used with mongodb://***@db.example.com/shop"), "{said}");
    assert!(said.contains("--database"), "{said}");
}

#[test]
fn one_directory_is_for_one_platform() {
    let home = Home::new();
    let running = home.up();
    let said = home.fails(2, &up(&[]));
    assert!(said.contains("another lanchonete runs"), "{said}");
    assert!(home.fails(2, &up(&["--fresh", "--yes"])).contains("another lanchonete runs"));
    assert_eq!(at(&home.json(&["order", "list"]), ""), "[]", "the first one goes on");
    assert!(running.stop().0.success());
}
