use std::fs;
use std::path::Path;

use domain::Role;

use crate::house::{House, PASSWORD, cpf, email, punctuated};

/// How the PKCS #8 of every Ed25519 key begins: its object identifier and the octet strings around the key.
const PRIVATE_KEY: &[u8] = &[0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// Database, write-ahead log and whatever else lies there, as somebody would copy it.
fn copied(dir: &Path) -> Vec<u8> {
    let files = fs::read_dir(dir).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap());
    files.collect::<Vec<_>>().concat()
}

/// Whoever copies the files, of a running service or a stopped one, learns no CPF, no password and no private key.
#[tokio::test]
async fn the_files_hold_no_cpf_no_password_and_no_private_key() {
    let house = House::new().await;
    for n in 1..4 {
        house.register(n).await.expect(201);
    }
    house.a(Role::Admin).get("/customers").await.expect(200);
    let running = copied(house.dir.path());
    let (dir, _) = house.stop().await;

    for files in [running, copied(dir.path())] {
        let holds = |text: &[u8]| files.windows(text.len()).any(|part| part == text);
        assert!(holds(email(1).as_bytes()), "the files were not read");
        for n in 1..4 {
            assert!(!holds(cpf(n).as_bytes()) && !holds(punctuated(&cpf(n)).as_bytes()));
        }
        assert!(!holds(PASSWORD.as_bytes()) && !holds(PRIVATE_KEY));
    }
}

#[tokio::test]
async fn debug_output_tells_nothing() {
    let dir = testkit::temp_dir();
    let (_, clock) = House::new().await.stop().await;
    let settings = crate::house::settings(dir.path(), clock);
    let shown = format!("{:?} {:?} {:?}", settings.wrapping_key, settings.cpf_keys, settings.clients);
    assert!(!shown.contains("secret\"") && !shown.contains("order-secret") && !shown.contains("3, 3"), "{shown}");
}
