//! The sources of the configuration, and every fault at once.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use crate::support::{Home, at, finish};

#[test]
fn later_sources_win() {
    let home = Home::new();
    fs::write(home.path().join("lanchonete.toml"), "[order]\nlisten = \"127.0.0.1:9001\"\nqr_wait = \"1s\"\n")
        .expect("written");
    fs::create_dir(home.data_dir()).expect("made");
    let kept = r#"{"version":1,"urls":{"auth":"http://127.0.0.1:9100/"},"databases":{},"tokens":{}}"#;
    home.keep("data/credentials.json", kept);
    let args = ["config", "show", "-o", "json", "--payment-listen", "127.0.0.1:9302"];
    let mut command = home.command(&args);
    command.env("LANCHONETE_ORDER_QR_WAIT", "2s").env("LANCHONETE_AUTH_ARGON2_LANES", "4");
    let done = finish(command.env("LANCHONETE_PAYMENT_LISTEN", "127.0.0.1:9202").env("LANCHONETE_TEST_ANYTHING", "1"));
    assert_eq!(done.code, 0, "{}", done.err);
    let shown = serde_json::from_str(&done.out).expect("JSON");
    let values =
        ["/order/listen", "/order/qr_wait", "/auth/url", "/payment/listen", "/auth/argon2/lanes", "/order/day_start"];
    assert_eq!(
        values.map(|pointer| at(&shown, pointer)),
        ["127.0.0.1:9001", "2s", "http://127.0.0.1:9100/", "127.0.0.1:9302", "4", "00:00"]
    );
}

#[test]
fn every_fault_is_named_at_once() {
    let home = Home::new();
    let file = "listen = 1\n[order]\nlistne = \"x\"\nexpires_after = 30\nday_start = \"25:00\"\ntimezone = \"Mars\"\n[sandbox]\nlisten = \"0.0.0.0:1\"\n[mercadopago]\nlive = \"yes\"\n";
    fs::write(home.path().join("mine.toml"), file).expect("written");
    let mut command = home.command(&["config", "check", "--config", "mine.toml", "--auth-url", "ftp://x"]);
    let done = finish(
        command
            .env("LANCHONETE_ORDR_LISTEN", "x")
            .env("LANCHONETE_AUTH_DATABASE", "postgres://u:geheim@h/d")
            .env("LANCHONETE_SECURITY_MASTER_KEY", "geheim")
            .env("LANCHONETE_AUTH_PASSWORD_TTL", "1ms")
            .env("LANCHONETE_LOG_LEVEL", "banana")
            .env("LANCHONETE_AUTH_SERVICE_TTL", "9999d"),
    );
    assert_eq!(done.code, 2);
    for part in [
        "unknown key listen",
        "order.listne",
        "did you mean order.listen?",
        "order.expires_after is a string, not an integer",
        "order.timezone: is no time zone",
        "order.day_start",
        "sandbox.listen",
        "mercadopago.live is a boolean, not a string",
        "LANCHONETE_ORDR_LISTEN: unknown variable (did you mean LANCHONETE_ORDER_LISTEN?)",
        "LANCHONETE_AUTH_DATABASE: auth.database",
        "--auth-url: auth.url",
        "LANCHONETE_SECURITY_MASTER_KEY: security.master_key: is not 32 bytes in base64",
        "auth.password_ttl: must be at least 1s",
        "auth.service_ttl: must be a duration such as 250ms, 30s, 10m, 8h or 7d, at most 3650d",
        "log.level: must be a level",
        "hint:",
    ] {
        assert!(done.err.contains(part), "{part:?} is missing in:\n{}", done.err);
    }
    assert!(!done.err.contains("geheim"), "{}", done.err);
}

#[test]
fn an_address_from_the_environment_is_named_as_such() {
    let home = Home::new();
    let mut command = home.command(&["menu", "list"]);
    let done = finish(command.env("LANCHONETE_URL", "nowhere"));
    assert!(done.code == 2 && done.err.contains("LANCHONETE_URL: order.url: must be a URL"), "{}", done.err);
}

#[test]
fn a_broken_file_is_named_with_its_line() {
    let home = Home::new();
    fs::write(home.path().join("lanchonete.toml"), "[security]\nmaster_key = \"geheim\n").expect("written");
    let said = home.fails(2, &["config", "check"]);
    assert!(said.contains("lanchonete.toml") && said.contains("line 2") && !said.contains("geheim"), "{said}");
}

#[test]
fn secrets_are_never_shown() {
    let home = Home::new();
    let mut command = home.command(&["config", "show"]);
    let secrets = [
        ("LANCHONETE_MERCADOPAGO_ACCESS_TOKEN", "APP_USR-geheim"),
        ("LANCHONETE_MERCADOPAGO_WEBHOOK_SECRET", "geheim"),
        ("LANCHONETE_SECURITY_MASTER_KEY", "Z2VoZWltZ2VoZWltZ2VoZWltZ2VoZWltZ2VoZWltISE="),
        ("LANCHONETE_ORDER_DATABASE", "mongodb://user:geheim@db.example.com/lanchonete"),
    ];
    let done = finish(command.envs(secrets));
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(!done.out.contains("geheim") && !done.out.contains("Z2Vo"), "{}", done.out);
    assert!(
        done.out.contains("access_token = \"***\"") && done.out.contains("mongodb://***@db.example.com/lanchonete")
    );
}

#[test]
fn a_file_with_secrets_is_nobody_elses() {
    let home = Home::new();
    let file = home.path().join("lanchonete.toml");
    let check = |text: &str, mode: u32| {
        fs::write(&file, text).expect("written");
        fs::set_permissions(&file, Permissions::from_mode(mode)).expect("changed");
        home.run(&["config", "check"])
    };
    let secrets = [
        format!("[security]\nmaster_key = {:?}\n", "M".repeat(43) + "="),
        "[mercadopago]\naccess_token = \"geheim\"\nwebhook_secret = \"geheim\"\n".to_owned(),
        "[order]\ndatabase = \"mongodb://user:geheim@db.example.com/lanchonete\"\n".to_owned(),
    ];
    for text in &secrets {
        for mode in [0o644, 0o640, 0o604] {
            let done = check(text, mode);
            // The root of all secrets is refused; for the others a start says it, and `doctor` does.
            let refused = text.contains("master_key");
            assert_eq!(done.code, if refused { 2 } else { 0 }, "{text} {mode:o}: {}", done.err);
            let said = done.err.contains("may be read by others") && done.err.contains("chmod 600 lanchonete.toml");
            assert!(said == refused && !done.err.contains("geheim"), "{}", done.err);
        }
        assert_eq!(check(text, 0o600).code, 0, "{text}");
    }
    let open = "[mercadopago]\naccess_token = \"\"\n[order]\ndatabase = \"mongodb://db.example.com/lanchonete\"\n";
    assert_eq!(check(open, 0o644).code, 0);
}

#[test]
fn the_default_file_is_a_right_one() {
    let home = Home::new();
    fs::write(home.path().join("lanchonete.toml"), home.run(&["config", "default"]).out).expect("written");
    assert_eq!(home.json(&["config", "check"])["ok"], true);
}

#[test]
fn keys_and_stations_of_the_board_are_checked() {
    let home = Home::new();
    let file = "[board]\ntheme = \"blue\"\n[board.keys]\nbmp = [\"x\"]\nbump = [\"enter\", \"7\", \"entre\"]\nrecall = [\"x\"]\n[board.stations]\nchapa = []\n";
    fs::write(home.path().join("lanchonete.toml"), file).expect("written");
    let done = finish(&mut home.command(&["config", "check"]));
    assert_eq!(done.code, 2);
    for part in [
        "unknown key board.keys.bmp (did you mean board.keys.bump?)",
        "board.theme: must be dark or light",
        "board.keys.bump: \"7\" is a digit",
        "board.keys.bump: \"entre\" is no key",
        "board.keys.strike: \"x\" is the key of recall too",
        "board.stations.chapa: must name at least one category",
    ] {
        assert!(done.err.contains(part), "{part:?} is missing in:\n{}", done.err);
    }
}
