//! What passwords leave behind in memory: a process of its own, so that nobody else's memory is measured.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that meets an error has failed")]

use std::time::Duration;

use auth::{Clients, CpfKeys, Key, Service, Settings};
use domain::Role;
use futures_util::StreamExt as _;
use serde_json::json;
use store::StoreUrl;

const PASSWORD: &str = "uma senha boa";

/// A line of `/proc/self/status`, in KiB (proc_pid_status(5)).
fn status(name: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim_start_matches(':').trim().trim_end_matches(" kB").parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn memory_of_passwords_goes_back_to_the_system() {
    let dir = testkit::temp_dir();
    let keys = CpfKeys { lookup: Key::new([1; 32]), display: Key::new([2; 32]) };
    let clients = Clients { order: "order-secret".to_owned().into(), payment: "payment-secret".to_owned().into() };
    let settings = Settings::new(StoreUrl::Sqlite(dir.path().join("auth.db")), Key::new([3; 32]), keys, clients);
    let one = u64::from(settings.argon2.memory_kib);
    let at_once = u64::try_from(settings.argon2.parallel).unwrap();
    let service = Service::open(settings).await.unwrap();
    let running = testkit::spawn(service.router());
    let kiosk = service.authority().issue(Role::Kiosk, None, Duration::from_secs(3600), None).unwrap().token;
    let ana = json!({"name": "Ana Souza", "email": "ana@example.com", "cpf": "12345678909", "password": PASSWORD});
    let before = status("VmRSS");
    running.caller().with_token(kiosk).post("/customer/register", &ana).await.expect(201);
    let logins = (0..40).map(|_| {
        let caller = running.caller();
        async move {
            let form = [("username", "ana@example.com"), ("password", PASSWORD)];
            let request = caller.request(reqwest::Method::POST, "/token").form(&form);
            caller.send(request).await.expect(200);
        }
    });
    futures_util::stream::iter(logins).buffer_unordered(8).collect::<Vec<()>>().await;
    let (after, most) = (status("VmRSS"), status("VmHWM"));
    assert!(after < before + one, "{before} KiB before, {after} KiB after: a block of {one} KiB is kept");
    assert!(most < before + (at_once + 1) * one, "{before} KiB before, {most} KiB at most, {at_once} at once");
}
