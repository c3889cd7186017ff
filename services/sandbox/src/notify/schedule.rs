//! When a notification that was not accepted is sent again.

use std::time::Duration;

const QUARTER: u64 = 15 * 60;
const HOUR: u64 = 3600;
/// MercadoPago's pages: every 15 minutes, growing after the third attempt. They name no end; its integration skills say
/// about a day, and these waits add up to that.
const WAITS: [u64; 9] = [QUARTER, QUARTER, QUARTER, 2 * QUARTER, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 8 * HOUR];

/// How long to wait after `attempts` attempts, or `None` to give up. `scale` compresses the schedule.
pub(crate) fn wait(attempts: u32, scale: f64) -> Option<Duration> {
    let seconds = *WAITS.get(usize::try_from(attempts.checked_sub(1)?).ok()?)?;
    Duration::try_from_secs_f64(seconds as f64 * scale).ok()
}
