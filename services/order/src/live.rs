//! Whether real money moves. Only the payment service knows, so it is asked now and then; what it said last holds while it
//! does not answer, and until it has said something nothing is claimed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use api::Health;
use api::client::Http;
use tokio_util::sync::CancellationToken;

use crate::core::Core;

/// How often is asked.
const EVERY: Duration = Duration::from_secs(10);
/// The same while nothing is known.
const AGAIN: Duration = Duration::from_millis(250);

/// What the payment service said last.
pub(crate) struct Live {
    /// Without a token: whether it answers does not depend on auth.
    payment: Http,
    said: AtomicU8,
}

const UNKNOWN: u8 = 0;
const REAL: u8 = 1;
const PRETENDED: u8 = 2;

impl Live {
    /// `known` holds until the payment service was asked.
    pub(crate) fn new(payment: Http, known: Option<bool>) -> Self {
        Live { payment, said: AtomicU8::new(word(known)) }
    }

    /// Whether real money moves; `None` while that is not known.
    pub(crate) fn is_live(&self) -> Option<bool> {
        match self.said.load(Ordering::Relaxed) {
            REAL => Some(true),
            PRETENDED => Some(false),
            _ => None,
        }
    }

    async fn ask(&self) {
        if let Ok(health) = self.payment.get::<Health>("/health").await {
            self.said.store(word(health.live), Ordering::Relaxed);
        }
    }
}

fn word(live: Option<bool>) -> u8 {
    live.map_or(UNKNOWN, |live| if live { REAL } else { PRETENDED })
}

/// Asks until `shutdown`.
pub(crate) async fn run(core: Arc<Core>, shutdown: CancellationToken) {
    loop {
        let pause = async {
            core.live.ask().await;
            let pause = if core.live.is_live().is_some() { EVERY } else { AGAIN };
            tokio::time::sleep(pause).await;
        };
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = pause => {}
        }
    }
}
