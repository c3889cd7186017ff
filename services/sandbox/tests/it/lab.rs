//! A running sandbox on a port of the system's choice, with its clock in our hand and a receiver of its notifications.

use std::path::Path;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use domain::{Clock, ManualClock, Money, SystemClock, Timestamp};
use mercadopago::control::Control;
use mercadopago::signature::{Matched, Parts, SignatureError, verify};
use mercadopago::{Client, NewPix, Settings};
use secrecy::SecretString;
use serde_json::Value;
use testkit::{TempDir, eventually};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use url::Url;

/// How long anything may take to happen.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);
const SECRET: &str = "the sandbox's secret";

/// A notification as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// What a shop would find out about its signature.
    pub(crate) fn check(&self, now: Timestamp) -> Result<Matched, SignatureError> {
        let parts = Parts {
            signature: self.header("x-signature"),
            request_id: self.header("x-request-id"),
            data_id: self.query("data.id"),
        };
        verify(&parts, &[SecretString::from(SECRET)], now, Duration::from_secs(600))
    }
}

/// A shop's address for notifications.
#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) url: Url,
    received: Arc<Mutex<Vec<Received>>>,
    status: Arc<AtomicU16>,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/hook?kept=1", listener.local_addr().expect("an address"));
        let receiver = Receiver {
            url: url.parse().expect("a URL"),
            received: Arc::default(),
            status: Arc::new(AtomicU16::new(200)),
        };
        let app = Router::new().fallback(take).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        receiver
    }

    /// What it answers from now on.
    pub(crate) fn answer(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().expect("a lock").clone()
    }

    /// Waits until so many have arrived.
    pub(crate) async fn wait_for(&self, count: usize) -> Vec<Received> {
        eventually(DEADLINE, || {
            let received = self.received();
            async move { (received.len() >= count).then_some(received) }
        })
        .await
    }
}

async fn take(State(receiver): State<Receiver>, uri: Uri, headers: HeaderMap, body: Bytes) -> StatusCode {
    let query = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let body = serde_json::from_slice(&body).expect("JSON");
    receiver.received.lock().expect("a lock").push(Received { query, headers, body });
    StatusCode::from_u16(receiver.status.load(Ordering::SeqCst)).expect("a status")
}

/// A running sandbox with everything around it.
pub(crate) struct Lab {
    pub(crate) url: Url,
    pub(crate) client: Client,
    pub(crate) control: Control,
    pub(crate) receiver: Receiver,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) dir: Arc<TempDir>,
    shutdown: CancellationToken,
    running: Vec<JoinHandle<()>>,
}

impl Lab {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// With other settings.
    pub(crate) async fn with(change: impl FnOnce(&mut sandbox::Settings)) -> Self {
        let clock = Arc::new(ManualClock::new(SystemClock.now()));
        Self::on(Arc::new(testkit::temp_dir()), clock, Receiver::start().await, change).await
    }

    /// On a directory that may have been used before.
    pub(crate) async fn on(
        dir: Arc<TempDir>,
        clock: Arc<ManualClock>,
        receiver: Receiver,
        change: impl FnOnce(&mut sandbox::Settings),
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url: Url = format!("http://{}/", listener.local_addr().expect("an address")).parse().expect("a URL");
        let mut settings = sandbox::Settings::new(database(dir.path()), url.clone(), SecretString::from(SECRET));
        settings.clock = clock.clone();
        settings.notification_url = Some(receiver.url.clone());
        change(&mut settings);
        let sandbox = sandbox::open(settings).await.expect("the sandbox opens");
        let shutdown = CancellationToken::new();
        let (serving, router) = (shutdown.clone(), sandbox.router());
        let server = tokio::spawn(async move { web::serve(router, listener, serving).await.expect("it serves") });
        let working = shutdown.clone();
        let worker = tokio::spawn(async move {
            sandbox.run(working).await;
            sandbox.close().await;
        });
        Lab {
            client: client(&url, "TEST-token"),
            control: Control::new(url.clone(), DEADLINE).expect("a client"),
            url,
            receiver,
            clock,
            dir,
            shutdown,
            running: vec![server, worker],
        }
    }

    /// Ends it, as a signal would.
    pub(crate) async fn stop(mut self) -> (Arc<TempDir>, Arc<ManualClock>, Receiver) {
        self.shutdown.cancel();
        for task in self.running.drain(..) {
            task.await.expect("it ended well");
        }
        (self.dir.clone(), self.clock.clone(), self.receiver.clone())
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A Pix of R$ 35,00 whose notifications go to the receiver.
    pub(crate) fn pix(&self, reference: &str) -> NewPix {
        NewPix {
            amount: Money::from_centavos(3500),
            description: "Pedido 7".to_owned(),
            external_reference: reference.to_owned(),
            payer_email: "cliente@example.com".to_owned(),
            notification_url: Some(self.receiver.url.clone()),
            expires_at: Some(self.now().plus(Duration::from_secs(31 * 60))),
        }
    }

    /// A path of the sandbox.
    pub(crate) fn at(&self, path: &str) -> Url {
        self.url.join(path).expect("a path")
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

pub(crate) fn database(dir: &Path) -> std::path::PathBuf {
    dir.join("sandbox.db")
}

pub(crate) fn client(url: &Url, token: &str) -> Client {
    Client::new(Settings {
        base_url: url.clone(),
        access_token: SecretString::from(token.to_owned()),
        timeout: DEADLINE,
        user_agent: "lanchonete/0 (test)".to_owned(),
    })
    .expect("a client")
}

/// A bare HTTP client, as a browser or somebody's script.
pub(crate) fn browser() -> reqwest::Client {
    let builder = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    builder.tls_certs_only([]).build().expect("a client")
}
