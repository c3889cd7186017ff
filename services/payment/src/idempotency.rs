//! `Idempotency-Key`: scoped to who asked and what for, with a hash of what was asked.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

/// The key of a request, kept in what the request made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// Who asked, where, and the key they gave.
    pub scope: String,
    /// SHA-256 of the parsed body.
    pub hash: String,
}

impl Key {
    /// How long a key is remembered.
    pub const LIFE: Duration = Duration::from_secs(24 * 3600);

    /// The key of a request by `subject` to `route` with this body.
    pub fn new(subject: &str, route: &str, key: &str, body: &impl Serialize) -> Key {
        // These bodies are plain structs; one that can't be written has no hash to share with another.
        let body = serde_json::to_vec(body).unwrap_or_default();
        Key { scope: format!("{subject} {route} {key}"), hash: URL_SAFE_NO_PAD.encode(digest(&SHA256, &body)) }
    }
}
