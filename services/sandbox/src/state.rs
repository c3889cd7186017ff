use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use domain::Timestamp;
use mercadopago::control::Chaos;
use store::{Sqlite, StoreError, StoreResult};
use tokio::sync::Notify;

use crate::chaos::Engine;
use crate::settings::Settings;

/// How long MercadoPago waits for the answer to a notification.
const PATIENCE: Duration = Duration::from_secs(22);

/// What every handler and worker shares.
pub(crate) struct State {
    pub(crate) store: Sqlite,
    pub(crate) settings: Settings,
    /// Sends notifications.
    pub(crate) http: reqwest::Client,
    pub(crate) work: Arc<Notify>,
    chaos: RwLock<Arc<Engine>>,
}

impl State {
    pub(crate) fn new(store: Sqlite, settings: Settings) -> StoreResult<Self> {
        let builder =
            || reqwest::Client::builder().timeout(PATIENCE).no_proxy().redirect(reqwest::redirect::Policy::none());
        // Without CA certificates on the machine, plain HTTP must work all the same.
        let http = builder().build().or_else(|_| builder().tls_certs_only([]).build()).map_err(StoreError::internal)?;
        let chaos = RwLock::new(Arc::new(Engine::new(settings.chaos)));
        Ok(State { store, settings, http, work: Arc::default(), chaos })
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.settings.clock.now()
    }

    /// Tells the worker that there is a notification to send.
    pub(crate) fn wake(&self) {
        self.work.notify_one();
    }

    /// What goes wrong on purpose now.
    pub(crate) fn chaos(&self) -> Arc<Engine> {
        self.chaos.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_chaos(&self, chaos: Chaos) -> Arc<Engine> {
        let engine = Arc::new(Engine::new(chaos));
        *self.chaos.write().unwrap_or_else(PoisonError::into_inner) = engine.clone();
        engine
    }
}
