use aws_lc_rs::rand;
use serde::{Deserialize, Serialize};

/// What goes wrong on purpose (`/sandbox/chaos`), each as a share from 0 to 1: notifications that the network loses,
/// repeats, reorders, forges and delays; MercadoPago's own paths that fail; refunds that take their time. The default is
/// that nothing does.
///
/// Each decision is a hash of the seed, of what it is about, and of how many decisions of that kind there were about the
/// same thing since the chaos was set. So the same seed decides the same for the same sequence of events about one
/// payment, however payments interleave. What it is about is, for a notification and for a refund, the payment's
/// `external_reference` (its id when it has none); for a request, its `X-Idempotency-Key`, else method, path and query.
/// A run that makes new references draws anew, at the same rates.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Chaos {
    /// What the decisions are drawn from; one is drawn, and reported, when none is given.
    pub seed: Option<u64>,
    /// Notifications that are never delivered, not even later.
    #[cfg_attr(feature = "schema", schema(minimum = 0, maximum = 1))]
    pub drop: f64,
    /// Notifications that are followed by 1 to `max_copies` further copies.
    #[cfg_attr(feature = "schema", schema(minimum = 0, maximum = 1))]
    pub duplicate: f64,
    /// Most further copies, 1 to 5.
    #[cfg_attr(feature = "schema", schema(minimum = 1, maximum = 5))]
    pub max_copies: u32,
    /// Notifications behind which the older one of the payment's creation arrives again.
    #[cfg_attr(feature = "schema", schema(minimum = 0, maximum = 1))]
    pub reorder: f64,
    /// Notifications beside which a forged one travels, which says that the payment is approved.
    #[cfg_attr(feature = "schema", schema(minimum = 0, maximum = 1))]
    pub forge: f64,
    /// Notifications, and copies of them, that wait for up to `max_delay_ms`.
    #[cfg_attr(feature = "schema", schema(minimum = 0, maximum = 1))]
    pub delay: f64,
    /// The longest such wait in milliseconds, 1 to 600,000.
    #[cfg_attr(feature = "schema", schema(minimum = 1, maximum = 600_000))]
    pub max_delay_ms: u64,
    /// Requests answered 429 with `Retry-After: 1`, nothing done. The shares of the six faults add up to at most 1.
    #[cfg_attr(feature = "schema", schema(minimum = 0, maximum = 1))]
    pub rate_limited: f64,
    /// Requests answered 500, nothing done.
    #[cfg_attr(feature = "schema", schema(minimum = 0, maximum = 1))]
    pub server_error: f64,
    /// Requests answered 423, nothing done.
    #[cfg_attr(feature = "schema", schema(minimum = 0, maximum = 1))]
    pub locked: f64,
    /// Requests answered 502 with HTML, nothing done.
    #[cfg_attr(feature = "schema", schema(minimum = 0, maximum = 1))]
    pub bad_gateway: f64,
    /// Requests with which nothing is done, and that hang until the client gives up.
    #[cfg_attr(feature = "schema", schema(minimum = 0, maximum = 1))]
    pub timeout_before_commit: f64,
    /// Requests that are done, and then hang until the client gives up.
    #[cfg_attr(feature = "schema", schema(minimum = 0, maximum = 1))]
    pub timeout_after_commit: f64,
    /// Refunds that MercadoPago can't carry out at once: `in_process` with `X-Render-In-Process-Refunds: true`, else 400.
    #[cfg_attr(feature = "schema", schema(minimum = 0, maximum = 1))]
    pub refunds_in_process: f64,
    /// After how many milliseconds such a refund is approved by itself; null: when the control panel says.
    #[cfg_attr(feature = "schema", schema(maximum = 86_400_000))]
    pub refund_settles_ms: Option<u64>,
}

impl Default for Chaos {
    fn default() -> Self {
        Chaos {
            seed: None,
            drop: 0.0,
            duplicate: 0.0,
            max_copies: 5,
            reorder: 0.0,
            forge: 0.0,
            delay: 0.0,
            max_delay_ms: 5000,
            rate_limited: 0.0,
            server_error: 0.0,
            locked: 0.0,
            bad_gateway: 0.0,
            timeout_before_commit: 0.0,
            timeout_after_commit: 0.0,
            refunds_in_process: 0.0,
            refund_settles_ms: Some(5000),
        }
    }
}

impl Chaos {
    /// Whether nothing goes wrong.
    pub fn is_calm(&self) -> bool {
        let rates = [self.drop, self.duplicate, self.reorder, self.forge, self.delay, self.refunds_in_process];
        rates.into_iter().sum::<f64>() + self.faults() <= 0.0
    }

    /// The share of requests that fail, in one way or another.
    pub fn faults(&self) -> f64 {
        let before = self.rate_limited + self.server_error + self.locked + self.bad_gateway;
        before + self.timeout_before_commit + self.timeout_after_commit
    }

    /// Whether the shares of the faults fit into 1, but for the last bits of their sum.
    pub fn adds_up(&self) -> bool {
        self.faults() <= 1.0 + 1e-9
    }

    /// The same with a seed: the one that it has, or one drawn, short enough to be typed.
    #[must_use]
    pub fn seeded(self) -> Self {
        let drawn = || {
            let mut bytes = [0; 4];
            // Without random bytes nothing in this program works; here any number will do.
            let _ = rand::fill(&mut bytes);
            u64::from(u32::from_be_bytes(bytes))
        };
        Chaos { seed: Some(self.seed.unwrap_or_else(drawn)), ..self }
    }
}

/// What goes wrong, and what went wrong (`GET /sandbox/chaos`).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ChaosReport {
    /// What goes wrong; with its seed.
    pub chaos: Chaos,
    /// What was decided since it was set.
    pub done: ChaosDone,
}

/// What chaos decided since it was set, counted. All stays 0 while nothing goes wrong.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct ChaosDone {
    /// Notifications that were decided on.
    pub notifications: u64,
    /// Of these, never delivered.
    pub dropped: u64,
    /// Of these, followed by copies.
    pub duplicated: u64,
    /// The copies of all of these.
    pub copies: u64,
    /// Of these, followed by the older one.
    pub reordered: u64,
    /// Of these, accompanied by a forged one.
    pub forged: u64,
    /// Notifications and copies that waited.
    pub delayed: u64,
    /// Requests that were decided on.
    pub requests: u64,
    /// Of these, answered 429.
    pub rate_limited: u64,
    /// Of these, answered 500.
    pub server_error: u64,
    /// Of these, answered 423.
    pub locked: u64,
    /// Of these, answered 502.
    pub bad_gateway: u64,
    /// Of these, left hanging with nothing done.
    pub timeout_before_commit: u64,
    /// Of these, done and left hanging.
    pub timeout_after_commit: u64,
    /// Refunds that were left in process, or refused because the client could not wait.
    pub refunds_in_process: u64,
}
