use std::time::Duration;

/// Longest wait that [`backoff`] gives.
pub const MAX_BACKOFF: Duration = Duration::from_secs(5);
const FIRST: Duration = Duration::from_millis(200);

/// How long to wait before the next attempt: at least as long as was asked for, and never so short that asking to be asked
/// again at once makes a hot loop.
pub(super) fn wait(asked: Option<Duration>, attempts: u32, jitter: f64) -> Duration {
    asked.unwrap_or_default().max(backoff(attempts, jitter))
}

/// How long to wait after attempt number `attempts` (from 1) failed: from 0.2 s, doubling, up to 5 s. `jitter` from 0 to 1
/// stretches it up to double, so that entries that failed together do not come back together.
pub fn backoff(attempts: u32, jitter: f64) -> Duration {
    let doubled = FIRST.saturating_mul(1 << attempts.saturating_sub(1).min(16)).min(MAX_BACKOFF / 2);
    let jitter = if jitter.is_finite() { jitter.clamp(0.0, 1.0) } else { 0.0 };
    doubled.mul_f64(1.0 + jitter).min(MAX_BACKOFF)
}
