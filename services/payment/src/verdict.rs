//! From errors to what becomes of a piece of work.

use std::time::Duration;

use store::{StoreError, Verdict};

/// A wrong access token does not get right by asking often.
const REST: Duration = Duration::from_secs(10);

/// Why a piece of work is not done yet.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotYet {
    #[error(transparent)]
    Provider(#[from] mercadopago::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nothing failed, but it is too early.
    #[error("{0}")]
    Wait(&'static str, Duration),
}

impl From<NotYet> for Verdict {
    fn from(why: NotYet) -> Verdict {
        let after = match &why {
            NotYet::Provider(mercadopago::Error::Unauthorized { .. }) => {
                tracing::error!("MercadoPago does not accept the access token");
                Some(REST)
            }
            NotYet::Provider(error) => error.retry_after(),
            NotYet::Store(error) => {
                tracing::warn!(?error, "work waits for the store");
                None
            }
            NotYet::Wait(_, after) => Some(*after),
        };
        Verdict::Retry { error: why.to_string(), after }
    }
}
