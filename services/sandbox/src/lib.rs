//! A MercadoPago of our own, for development, tests and demonstrations: its REST API at its own address, its signed
//! notifications with their retries, pages on which a person clicks to pay, and a control panel at `/sandbox/…`.
//!
//! No money moves. Its Pix codes are valid and can't be paid.

mod api;
mod chaos;
mod checkout;
mod control;
mod expiry;
mod moves;
mod notify;
mod pages;
mod refunding;
mod settings;
mod state;
mod store;

use std::sync::Arc;
use std::time::Duration;

use ::api::Dependency;
use ::store::{StoreError, StoreResult};
use async_trait::async_trait;
use axum::Router;
use axum::middleware::from_fn;
use tokio_util::sync::CancellationToken;
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder};
use utoipa_axum::router::OpenApiRouter;
use web::{Limits, Metrics, Readiness, Shell, shell};

pub use settings::{Settings, TsUnit};

use state::State;

/// A call of the control panel lasts until its notifications were answered, after up to ten minutes of asked-for delay.
const LONGEST_CALL: Duration = Duration::from_secs(15 * 60);

/// The sandbox, shared by cloning.
#[derive(Clone)]
pub struct Sandbox(Arc<State>);

/// Opens the sandbox's file, creating what is not there. What a killed process left half sent is sent again.
///
/// # Errors
/// When the file can't be opened or belongs to a later program.
pub async fn open(settings: Settings) -> StoreResult<Sandbox> {
    let kept = store::open(&settings.database)?;
    // The file of another service may stand at the same version, and has no payments of ours.
    kept.read(|c| Ok::<_, StoreError>(c.prepare("SELECT 1 FROM payment").map(|_| ())?)).await?;
    kept.write(|c| store::OUTBOX.release_leases(c)).await?;
    Ok(Sandbox(Arc::new(State::new(kept, settings)?)))
}

/// The OpenAPI document of everything but the pages.
pub fn openapi() -> OpenApi {
    web::document(described(), api::routes().merge(control::routes()).into_openapi())
}

fn described() -> OpenApi {
    let info = InfoBuilder::new()
        .title("lanchonete: MercadoPago sandbox")
        .description(Some("MercadoPago's REST API for local use, and the control panel of it."));
    OpenApiBuilder::new().info(info.build()).build()
}

impl Sandbox {
    /// Everything that it answers.
    pub fn router(&self) -> Router {
        let documented = Shell {
            name: "sandbox",
            openapi: described(),
            readiness: Arc::new(Ready(self.0.clone())),
            verifier: None,
            limits: self.limits(),
            metrics: Arc::new(Metrics::new("sandbox")),
        };
        shell(self.routes(), documented).layer(from_fn(api::error::foreign))
    }

    /// The limits it was given; what it answers last may take its time.
    pub fn limits(&self) -> Limits {
        Limits { timeout: LONGEST_CALL, ..self.0.settings.limits.clone() }
    }

    fn routes(&self) -> OpenApiRouter {
        api::router(&self.0).merge(control::router(&self.0)).merge(OpenApiRouter::from(pages::router(&self.0)))
    }

    /// Sends notifications and lets time pass, until `shutdown`.
    pub async fn run(&self, shutdown: CancellationToken) {
        tokio::join!(notify::run(self.0.clone(), shutdown.clone()), expiry::run(self.0.clone(), shutdown));
    }

    /// Closes the file after what it was given is stored.
    pub async fn close(&self) {
        self.0.store.close().await;
    }
}

/// It needs its file and nothing else.
struct Ready(Arc<State>);

#[async_trait]
impl Readiness for Ready {
    async fn check(&self) -> Vec<Dependency> {
        let answer: Result<(), StoreError> = self.0.store.ping().await;
        vec![Dependency::required("store", answer.err().map(|error| error.to_string()))]
    }
}
