//! The way to the order service: its address and the token for it. Both may change while a screen runs, because the
//! platform was started again elsewhere.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use api::client::OrderClient;

use crate::failure::Failure;

/// Looks whether there is another way by now; `None` while there is none.
pub type Renew = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Option<OrderClient>> + Send>> + Send + Sync>;

/// The client in use, and where a new one may come from.
#[derive(Clone)]
pub(crate) struct Access {
    client: Arc<Mutex<OrderClient>>,
    renew: Option<Renew>,
}

impl Access {
    pub(crate) fn new(client: OrderClient, renew: Option<Renew>) -> Self {
        Access { client: Arc::new(Mutex::new(client)), renew }
    }

    /// The client to ask with now.
    pub(crate) fn client(&self) -> OrderClient {
        self.client.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// After a question that the service did not answer, or refused: the next one may take another way.
    pub(crate) async fn failed(&self, failure: &Failure) {
        let may_help = matches!(failure, Failure::Unreachable(_) | Failure::Unauthenticated | Failure::Broken(_));
        let Some(renew) = self.renew.as_ref().filter(|_| may_help) else { return };
        if let Some(client) = renew().await {
            *self.client.lock().unwrap_or_else(PoisonError::into_inner) = client;
        }
    }
}
