//! Starts that cannot be: each says why, with its exit code, and leaves nothing half-done.

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use crate::support::{ANYWHERE, Home, at, deaf};

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
fn one_file_for_two_services() {
    let home = Home::new();
    let said = home.fails(2, &up(&["--database", "sqlite:all.db"]));
    for part in ["--database: order.database", "--database: payment.database", "--auth-database", "--data-dir", "hint:"]
    {
        assert!(said.contains(part), "{part:?} is missing in:\n{said}");
    }
    // The same file by two names, and one that another service has in the data directory anyway.
    let link = home.path().join("link");
    std::os::unix::fs::symlink(home.path(), &link).expect("a link");
    let twice = ["--auth-database", "sqlite:mine.db", "--order-database", "sqlite:link/mine.db"];
    let said = home.fails(2, &up(&twice));
    assert!(said.contains("--order-database: order.database") && said.contains("the file of auth"), "{said}");
    fs::remove_file(link).expect("it is a link");
    let of_auth = format!("sqlite:{}", home.data_dir().join("auth.db").display());
    let said = home.fails(2, &["serve", "payment", "--listen", "127.0.0.1:0", "--database", &of_auth]);
    assert!(said.contains("--database: payment.database") && said.contains("the file of auth"), "{said}");
    assert_eq!(fs::read_dir(home.path()).expect("readable").count(), 0, "nothing was made");
    // A name for one of them goes before the name for all.
    let own = ["--order-database", "sqlite:order.db", "--payment-database", "sqlite:payment.db"];
    let running = home.start(&up(&[&["--database", "sqlite:auth.db"], &own[..]].concat()));
    assert!(running.stop().0.success());
    assert!(["auth.db", "order.db", "payment.db"].iter().all(|file| home.path().join(file).exists()));
}

#[test]
fn the_file_of_another_service() {
    let home = Home::new();
    let auth = home.start(&["serve", "auth", "--listen", "127.0.0.1:0", "--database", "sqlite:mine.db"]);
    assert!(auth.stop().0.success());
    fs::remove_file(home.data_dir().join("credentials.json")).expect("removed");
    for service in ["order", "payment", "sandbox"] {
        let said = home.fails(4, &["serve", service, "--listen", "127.0.0.1:0", "--database", "sqlite:mine.db"]);
        assert!(said.contains(&format!("error: {service}: ")) && said.contains("hint:"), "{said}");
        assert!(!["CREATE", "TABLE", "INSERT", "SELECT"].iter().any(|word| said.contains(word)), "{said}");
    }
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
    home.keep("data/credentials.json", r#"{"version":1,"tokens":"geheim"}"#);
    let said = home.fails(2, &["order", "list"]);
    assert!(said.contains("credentials.json") && !said.contains("geheim"), "{said}");
}

#[test]
fn a_service_that_does_not_answer() {
    let home = Home::new();
    let (_bound, port) = deaf();
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
    home.keep("data/credentials.json", last);
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
