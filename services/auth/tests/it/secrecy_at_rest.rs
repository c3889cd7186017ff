use std::fs;

use domain::Role;

use crate::house::{House, PASSWORD, cpf, email, punctuated};

/// Whoever copies the files learns no CPF, no password and no private key.
#[tokio::test]
async fn the_files_hold_no_cpf_and_no_password() {
    let house = House::new().await;
    for n in 1..4 {
        house.register(n).await.expect(201);
    }
    house.a(Role::Admin).get("/customers").await.expect(200);
    let (dir, _) = house.stop().await;

    let files: Vec<_> =
        fs::read_dir(dir.path()).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect();
    let holds = |text: &[u8]| files.iter().any(|bytes| bytes.windows(text.len()).any(|part| part == text));
    assert!(holds(email(1).as_bytes()), "the files were not read");
    for n in 1..4 {
        assert!(!holds(cpf(n).as_bytes()) && !holds(punctuated(&cpf(n)).as_bytes()));
    }
    assert!(!holds(PASSWORD.as_bytes()));
    // How the PKCS #8 of every Ed25519 key begins: its object identifier and the octet strings around the key.
    assert!(!holds(&[0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20]));
}

#[tokio::test]
async fn debug_output_tells_nothing() {
    let dir = testkit::temp_dir();
    let (_, clock) = House::new().await.stop().await;
    let settings = crate::house::settings(dir.path(), clock);
    let shown = format!("{:?} {:?} {:?}", settings.wrapping_key, settings.cpf_keys, settings.clients);
    assert!(!shown.contains("secret\"") && !shown.contains("order-secret") && !shown.contains("3, 3"), "{shown}");
}
