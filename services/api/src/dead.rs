use domain::{EntryId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Work that a service has given up, until a person looks into it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeadLetter {
    /// The entry.
    pub id: EntryId,
    /// Where it lies: `outbox` (what is to be done elsewhere) or `inbox` (what was heard from elsewhere).
    pub queue: String,
    /// What it is about: an order's or a payment's id, or MercadoPago's own in the inbox.
    pub aggregate: String,
    /// What was to be done: `charge`, `close`, `cancel`, `counter`, `refund`, `notify`; in the inbox, what was heard of.
    pub kind: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was put there.
    pub created_at: Timestamp,
    /// Why the last try failed, in codes and a few words; never a person's data.
    pub last_error: Option<String>,
}

/// Body of `POST /dead-letters/replay`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Replay {
    /// Which one; all of them when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<EntryId>,
}

/// Answer to [`Replay`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Replayed {
    /// How many are tried again now.
    pub replayed: u64,
}
