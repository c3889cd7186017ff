//! What needs no service.

use std::io::Read;
use std::process::Stdio;

use insta::{assert_snapshot, with_settings};

use crate::support::{Home, at, finish};

#[test]
fn help() {
    let home = Home::new();
    for (name, args) in [
        ("help", &["--help"][..]),
        ("help_up", &["up", "-h"]),
        ("help_order_create", &["order", "create", "-h"]),
        ("help_webhook_simulate", &["webhook", "simulate", "-h"]),
    ] {
        let done = home.run(args);
        assert_eq!((done.code, done.err.as_str()), (0, ""), "{args:?}");
        with_settings!({ omit_expression => true }, { assert_snapshot!(name, done.out) });
    }
}

#[test]
fn what_cannot_be_typed_is_refused_with_exit_code_2() {
    let home = Home::new();
    for args in [
        &[][..],
        &["fly"],
        &["order", "create"],
        &["order", "show", "doze"],
        &["order", "list", "--status", "eaten"],
        &["token", "issue", "--role", "boss"],
        &["token", "issue", "--role", "kiosk", "--ttl", "soon"],
        &["webhook", "simulate", "--status", "approved"],
        &["customer", "register", "--name", "A", "--email", "a@example.com", "--cpf", "529.982.247-24"],
    ] {
        let said = home.fails(2, args);
        assert!(!said.contains("panicked"), "{args:?}: {said}");
    }
    assert!(!home.data_dir().exists(), "nothing is left behind");
}

#[test]
fn a_script_that_wants_json_gets_its_refusals_as_json_too() {
    let home = Home::new();
    for args in [&["-o", "json", "fly"][..], &["order", "show", "zz", "--output=json"], &["order", "create", "-ojson"]]
    {
        let said: serde_json::Value = serde_json::from_str(&home.fails(2, args)).expect("one JSON value");
        assert_eq!((&said["error"]["kind"], &said["error"]["exit"]), (&"usage".into(), &2.into()), "{said}");
        assert!(at(&said, "/error/message").len() > 10 && at(&said, "/error/hint").contains("--help"), "{said}");
    }
    let default = home.json(&["config", "default"]);
    assert_eq!(at(&default, "/order/listen"), "127.0.0.1:8001");
}

#[test]
fn a_refused_word_says_which_there_are() {
    let home = Home::new();
    assert!(home.fails(2, &["order", "list", "--status", "eaten"]).contains("requested, paid, preparing"));
    assert!(home.fails(2, &["order", "create", "--item", "x", "--pay", "shells"]).contains("pix, checkout, counter"));
    assert!(home.fails(2, &["token", "revoke", "zz"]).contains("neither a token nor the id of one"));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let home = Home::new();
    for args in [&["config", "default"][..], &["openapi", "order"], &["completions", "bash"], &["man"], &["--help"]] {
        let mut command = home.command(args);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
        drop(child.stdout.take());
        let mut said = String::new();
        child.stderr.take().expect("piped").read_to_string(&mut said).expect("UTF-8");
        let code = child.wait().expect("ends").code();
        assert_eq!((code, said.as_str()), (Some(0), ""), "{args:?}");
    }
}

#[test]
fn documents_completions_and_the_manual() {
    let home = Home::new();
    for service in ["auth", "order", "payment"] {
        let document: serde_json::Value =
            serde_json::from_str(&home.run(&["openapi", service]).out).expect("the document is JSON");
        assert!(document["paths"].as_object().is_some_and(|paths| paths.len() > 3), "{service}");
    }
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(home.run(&["completions", shell]).out.contains("lanchonete"), "{shell}");
    }
    assert!(home.run(&["man"]).out.contains(".TH lanchonete"));
    let pages = home.path().join("pages");
    assert_eq!(home.run(&["man", "--dir", pages.to_str().expect("UTF-8")]).code, 0);
    assert!(pages.join("lanchonete-order-create.1").exists());
}

#[test]
fn signatures() {
    let home = Home::new();
    let secret = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    let what = ["--data-id", "123456789", "--request-id", "7a1f3c52-3f0e-4a63-9a3e-5a1d2b3c4d5e", "--secret", secret];
    let signed = home.run(&[&["webhook", "sign", "--ts", "1704908010"], &what[..]].concat());
    // The vector of fixtures/mercadopago/signatures.json.
    let header = "ts=1704908010,v1=d542a7eab2efc415e079d6acaf883ae5767b3191e53cb59526571141bf217bea";
    assert_eq!(signed.out.trim(), header);

    let verify = |header: &str, window: &str| {
        home.run(&[&["webhook", "verify", "--signature", header, "--window", window], &what[..]].concat())
    };
    assert_eq!(verify(header, "3650d").code, 0);
    let old = verify(header, "10m");
    assert_eq!(old.code, 1);
    assert!(old.err.contains("ago"), "{}", old.err);
    assert_eq!(verify(&header.replace("d542", "d543"), "3650d").code, 1);
    // Without a secret and without a data directory there is nothing to sign with.
    assert!(home.fails(2, &["webhook", "sign", "--data-id", "1"]).contains("hint:"));
}

#[test]
fn colours_stay_out_of_pipes() {
    let home = Home::new();
    let said = home.fails(2, &["config", "show", "--config", "nowhere.toml"]);
    assert!(!said.contains('\x1b'), "{said:?}");
    assert!(said.starts_with("error: ") && said.contains("\nhint: ") || said.contains("nowhere.toml"), "{said:?}");
    let json = finish(&mut home.command(&["config", "show", "--config", "nowhere.toml", "-o", "json"]));
    let error: serde_json::Value = serde_json::from_str(&json.err).expect("an error is JSON too");
    assert_eq!((error["error"]["exit"].as_u64(), error["error"]["kind"].as_str()), (Some(2), Some("usage")));
}
