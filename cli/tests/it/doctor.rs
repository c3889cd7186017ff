//! What `doctor` says of a healthy installation, and of each thing that can be wrong with it.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::Value;

use crate::support::{Home, eventually, finish};

/// Each finding as `name: ok` or `name: fault`.
fn findings(home: &Home) -> (i32, Vec<(String, bool)>, Vec<Value>) {
    let done = home.run(&["doctor", "-o", "json"]);
    let list: Vec<Value> = serde_json::from_str(&done.out).unwrap_or_else(|_| panic!("{}{}", done.out, done.err));
    let brief = list.iter().map(|it| (it["check"].as_str().expect("a name").to_owned(), it["ok"] == true)).collect();
    for finding in list.iter().filter(|it| it["ok"] == false) {
        assert!(finding["fix"].is_string(), "a fault without a fix: {finding}");
    }
    (done.code, brief, list)
}

fn open_to_all(path: impl AsRef<Path>) {
    let mode = if path.as_ref().is_dir() { 0o755 } else { 0o644 };
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("changed");
}

fn faults(found: &[(String, bool)]) -> Vec<&str> {
    found.iter().filter(|(_, ok)| !ok).map(|(name, _)| name.as_str()).collect()
}

#[test]
fn a_healthy_platform_has_no_fault() {
    let home = Home::new();
    let _up = home.up();
    // On a busy machine an answer may be late, which is a fault.
    let found = eventually("a healthy platform", || {
        let (code, found, _) = findings(&home);
        (code == 0 && faults(&found).is_empty()).then_some(found)
    });
    let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    for wanted in
        ["configuration", "master key", "auth store", "order store", "clock", "payment", "token", "MercadoPago"]
    {
        assert!(names.contains(&wanted), "{wanted} is not looked at: {names:?}");
    }
}

#[test]
fn an_empty_directory_lacks_everything() {
    let home = Home::new();
    let (code, found, _) = findings(&home);
    assert_eq!(code, 2);
    let lacking = faults(&found);
    for name in ["data directory", "master key", "credentials", "order store", "auth", "order", "payment", "clock"] {
        assert!(lacking.contains(&name), "{name} is no fault: {lacking:?}");
    }
}

#[test]
fn services_that_were_stopped_and_files_that_others_may_read() {
    let home = Home::new();
    home.up().stop();
    let (code, found, _) = findings(&home);
    assert_eq!(code, 3);
    assert_eq!(faults(&found), ["auth", "order", "payment", "sandbox", "clock"]);

    let names = |list: &[Value], file: &str| {
        list.iter().any(|it| it["detail"].as_str().is_some_and(|text| text.contains(file) && text.contains("read")))
    };
    open_to_all(home.data_dir().join("order.db"));
    let (code, found, list) = findings(&home);
    assert_eq!(code, 2);
    assert_eq!(faults(&found)[0], "data directory");
    assert!(names(&list, "order.db"), "{list:?}");

    open_to_all(home.data_dir().join("credentials.json"));
    let (code, found, list) = findings(&home);
    assert_eq!((code, faults(&found)), (2, vec!["configuration"]));
    assert!(names(&list, "credentials.json"), "{list:?}");

    let kept = home.data_dir().join("credentials.json");
    fs::set_permissions(kept, Permissions::from_mode(0o600)).expect("changed");
    let file = home.path().join("lanchonete.toml");
    fs::write(&file, "[mercadopago]\nwebhook_secret = \"geheim\"\n").expect("written");
    open_to_all(file);
    let (code, found, list) = findings(&home);
    assert_eq!((code, faults(&found)[0]), (2, "configuration file"));
    assert!(names(&list, "lanchonete.toml"), "{list:?}");
}

/// What was made by hand, or by a version that did not look, is closed by the next start if it is ours.
#[test]
fn a_data_directory_that_others_may_read_is_closed() {
    let home = Home::new();
    fs::create_dir(home.data_dir()).expect("made");
    for _ in 0..2 {
        fs::set_permissions(home.data_dir(), Permissions::from_mode(0o755)).expect("changed");
        let up = home.up();
        let mode = fs::metadata(home.data_dir()).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        up.stop();
    }
    // A directory full of other things may be somebody's home.
    let other = home.path().join("other");
    fs::create_dir(&other).expect("made");
    fs::write(other.join("letter"), "").expect("written");
    open_to_all(&other);
    let _sandbox = home.start(&["serve", "sandbox", "--listen", "127.0.0.1:0", "--data-dir", "other"]);
    assert_eq!(fs::metadata(&other).expect("there").permissions().mode() & 0o777, 0o755);
}

#[test]
fn a_wrong_configuration_is_the_first_and_only_finding() {
    let home = Home::new();
    let done = finish(home.command(&["doctor", "-o", "json"]).env("LANCHONETE_ORDER_QR_WAIT", "soon"));
    assert_eq!(done.code, 2);
    let list: Vec<Value> = serde_json::from_str(&done.out).expect("a list");
    assert_eq!(list.len(), 1);
    assert!(list[0]["detail"].as_str().is_some_and(|text| text.contains("order.qr_wait")));
}

#[test]
fn stations_that_do_not_fit_the_menu_are_named() {
    let home = Home::new();
    let _up = home.up();
    let said = |toml: &str| {
        fs::write(home.path().join("lanchonete.toml"), format!("[board.stations]\n{toml}\n")).expect("written");
        let (_, _, list) = findings(&home);
        let finding = list.iter().find(|it| it["check"] == "stations").expect("stations are looked at").clone();
        (finding["ok"] == true, finding["detail"].as_str().expect("a text").to_owned())
    };
    let (ok, text) = said("chapa = [\"Sanduíches\"]");
    assert!(ok && text.starts_with("no station makes ") && text.contains("board --station outros"), "{text}");
    let (ok, text) = said("chapa = [\"Sanduíches\", \"Sopas\"]");
    assert!(!ok && text.contains("chapa names \"Sopas\""), "{text}");

    // A board says the same before its screen hides it, and knows the station of the rest.
    let done = home.run(&["board", "--once", "--station", "outros"]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.err.contains("warning: board.stations: chapa names \"Sopas\""), "{}", done.err);
    assert!(done.err.contains("warning: no station makes "), "{}", done.err);
    assert!(done.out.contains("▸ outros"), "{}", done.out);
}
