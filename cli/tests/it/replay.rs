//! What a service has given up, from the command line.

use serde_json::json;

use crate::support::Home;

#[test]
fn with_nothing_given_up_that_is_said_and_an_unknown_entry_is_refused() {
    let home = Home::new();
    let running = home.up();
    for service in ["order", "payment"] {
        for args in [&[service, "replay"][..], &[service, "replay", "--list"]] {
            let done = home.run(args);
            assert_eq!((done.code, done.out.as_str()), (0, "nothing was given up\n"), "{args:?}: {}", done.err);
        }
        assert_eq!(home.json(&[service, "replay", "--list"]), json!([]));
        assert_eq!(home.json(&[service, "replay"]), json!({ "replayed": 0 }));
        let unknown = "01939d2e-7c9a-7c3e-9a55-0c1de0a1b2c3";
        let said = home.fails(1, &[service, "replay", "--id", unknown]);
        assert!(said.contains("not_found"), "{said}");
        home.fails(2, &[service, "replay", "--id", unknown, "--list"]);
        let help = home.run(&[service, "replay", "--help"]).out;
        assert!(help.contains(&format!("lanchonete {service} replay --list")), "{help}");
    }
    drop(running);
}
