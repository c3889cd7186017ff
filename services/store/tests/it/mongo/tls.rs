use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use store::mongo::ConnectOptions;
use store::{Mongo, StoreError};

use super::server::{Kind, Server, skip};

fn openssl(dir: &Path, arguments: &str) {
    let mut command = Command::new("openssl");
    command.current_dir(dir).args(arguments.split(' ')).stdout(Stdio::null()).stderr(Stdio::null());
    assert!(command.status().expect("openssl runs").success(), "openssl {arguments}");
}

/// An authority of our own, and a certificate from it for this machine.
fn certificates(dir: &Path) {
    const KEY: &str = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    openssl(dir, &format!("req -x509 {KEY} -keyout ca.key -out ca.pem -days 2 -subj /CN=ours"));
    openssl(
        dir,
        &format!("req {KEY} -keyout server.key -out server.csr -subj /CN=server -addext subjectAltName=IP:127.0.0.1"),
    );
    openssl(
        dir,
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out server.crt -copy_extensions copy",
    );
    let read = |name: &str| std::fs::read(dir.join(name)).unwrap();
    std::fs::write(dir.join("server.pem"), [read("server.key"), read("server.crt")].concat()).unwrap();
}

#[tokio::test]
async fn a_private_authority_is_believed_when_named_and_only_then() {
    let dir = tempfile::tempdir().unwrap();
    certificates(dir.path());
    let file = |name: &str| dir.path().join(name).display().to_string();
    let data = tempfile::tempdir().unwrap();
    let options = [
        "--tlsMode",
        "requireTLS",
        "--tlsCertificateKeyFile",
        &file("server.pem"),
        "--tlsCAFile",
        &file("ca.pem"),
        "--tlsAllowConnectionsWithoutCertificates",
    ];
    let server = match Server::run(Some(data.path()), Kind::Standalone, &options) {
        Ok(server) => server,
        Err(why) => return skip(&why),
    };
    let brief = ConnectOptions {
        wait_for: Duration::from_secs(60),
        server_selection_timeout: Duration::from_millis(700),
        ..ConnectOptions::default()
    };
    let url = server.database("safe");
    let named = format!("{url}&tls=true&tlsCAFile={}", file("ca.pem").replace('/', "%2F"));
    Mongo::connect(&named, &brief).await.unwrap().ping().await.unwrap();

    let stranger = Mongo::connect(&format!("{url}&tls=true"), &brief).await.unwrap_err();
    assert!(matches!(&stranger, StoreError::Refused { why, .. } if why.contains("certificate")), "{stranger:?}");

    let missing = Mongo::connect(&format!("{url}&tls=true&tlsCAFile=%2Fnowhere.pem"), &brief).await.unwrap_err();
    assert!(matches!(&missing, StoreError::Refused { why, .. } if why.contains("/nowhere.pem")), "{missing:?}");

    let plain = ConnectOptions { wait_for: Duration::ZERO, ..brief };
    assert!(Mongo::connect(&url, &plain).await.unwrap_err().is_unavailable());
}
