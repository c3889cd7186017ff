//! A running auth service on an empty store, with a clock that stands still.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use auth::{Argon2, Clients, CpfKeys, Key, Service, Settings};
use domain::{ManualClock, Role, Timestamp};
use serde_json::{Value, json};
use store::StoreUrl;
use testkit::{Answer, Caller, Running, TempDir};

pub(crate) const PASSWORD: &str = "uma senha boa";

pub(crate) struct House {
    pub(crate) dir: TempDir,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) service: Service,
    pub(crate) running: Running,
}

/// Settings as the program makes them, but with passwords that cost next to nothing.
pub(crate) fn settings(dir: &Path, clock: Arc<ManualClock>) -> Settings {
    let keys = CpfKeys { lookup: Key::new([1; 32]), display: Key::new([2; 32]) };
    let clients = Clients { order: "order-secret".to_owned().into(), payment: "payment-secret".to_owned().into() };
    let mut settings = Settings::new(StoreUrl::Sqlite(dir.join("auth.db")), Key::new([3; 32]), keys, clients);
    settings.argon2 = Argon2 { memory_kib: 64, iterations: 1, ..Argon2::default() };
    settings.clock = clock;
    settings
}

impl House {
    pub(crate) async fn new() -> Self {
        Self::with(|_| ()).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let dir = testkit::temp_dir();
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_795_467_600_000)));
        let mut settings = settings(dir.path(), clock.clone());
        change(&mut settings);
        let service = Service::open(settings).await.unwrap();
        let running = testkit::spawn(service.router());
        House { dir, clock, service, running }
    }

    /// Somebody without a token.
    pub(crate) fn anyone(&self) -> Caller {
        self.running.caller()
    }

    /// A device or service with this role.
    pub(crate) fn a(&self, role: Role) -> Caller {
        let issued = self.service.authority().issue(role, None, Duration::from_secs(3600), None).unwrap();
        self.anyone().with_token(issued.token)
    }

    pub(crate) async fn register(&self, n: u32) -> Answer {
        self.a(Role::Kiosk).post("/customer/register", &person(n)).await
    }

    pub(crate) async fn token(&self, form: &[(&str, &str)]) -> Answer {
        self.form("/token", form).await
    }

    pub(crate) async fn login(&self, username: &str, password: &str) -> Answer {
        self.token(&[("username", username), ("password", password)]).await
    }

    pub(crate) async fn form(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let caller = self.anyone();
        caller.send(caller.request(reqwest::Method::POST, path).form(form)).await
    }

    /// Stops the service and lets go of the store.
    pub(crate) async fn stop(self) -> (TempDir, Arc<ManualClock>) {
        self.running.stop().await;
        self.service.authority().close().await;
        (self.dir, self.clock)
    }
}

/// The n-th made-up person.
pub(crate) fn person(n: u32) -> Value {
    json!({"name": format!("Ana {n} Souza"), "email": email(n), "cpf": cpf(n), "password": PASSWORD})
}

pub(crate) fn email(n: u32) -> String {
    format!("ana{n}@example.com")
}

/// The n-th made-up CPF with right check digits, without punctuation.
pub(crate) fn cpf(n: u32) -> String {
    let mut digits: Vec<u32> = format!("{:09}", 123_000_000 + n).bytes().map(|b| u32::from(b - b'0')).collect();
    for weight in [10, 11] {
        let sum: u32 = digits.iter().zip((2..=weight).rev()).map(|(digit, weight)| digit * weight).sum();
        digits.push(if sum % 11 < 2 { 0 } else { 11 - sum % 11 });
    }
    digits.iter().map(u32::to_string).collect()
}

/// The same with the usual punctuation.
pub(crate) fn punctuated(cpf: &str) -> String {
    format!("{}.{}.{}-{}", &cpf[..3], &cpf[3..6], &cpf[6..9], &cpf[9..])
}
