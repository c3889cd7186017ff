use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use domain::Timestamp;
use mercadopago::control::Faults;
use store::{Sqlite, StoreError, StoreResult};
use tokio::sync::Notify;

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
    faults: RwLock<Faults>,
}

impl State {
    pub(crate) fn new(store: Sqlite, settings: Settings) -> StoreResult<Self> {
        let builder =
            || reqwest::Client::builder().timeout(PATIENCE).no_proxy().redirect(reqwest::redirect::Policy::none());
        // Without CA certificates on the machine, plain HTTP must work all the same.
        let http = builder().build().or_else(|_| builder().tls_certs_only([]).build()).map_err(StoreError::internal)?;
        Ok(State { store, settings, http, work: Arc::default(), faults: RwLock::default() })
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.settings.clock.now()
    }

    /// Tells the worker that there is a notification to send.
    pub(crate) fn wake(&self) {
        self.work.notify_one();
    }

    pub(crate) fn faults(&self) -> Faults {
        *self.faults.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_faults(&self, faults: Faults) {
        *self.faults.write().unwrap_or_else(PoisonError::into_inner) = faults;
    }
}
