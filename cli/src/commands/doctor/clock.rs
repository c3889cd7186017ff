//! Whether this machine's clock agrees with others: tokens, signatures and pick-up numbers depend on it.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::Response;
use reqwest::header::DATE;

use crate::exit::{Failure, Outcome};

/// How far clocks may be apart before tokens are refused.
const LEEWAY: Duration = Duration::from_secs(30);

/// How far the answer's clock is from ours; `None` when the answer has no date (RFC 9110 §6.6.1).
pub(super) fn apart(answer: &Response) -> Option<Duration> {
    let date = answer.headers().get(DATE)?.to_str().ok()?;
    let theirs = jiff::fmt::rfc2822::parse(date).ok()?.timestamp();
    Some(Timestamp::now().duration_since(theirs).unsigned_abs())
}

/// What the widest of these differences means.
pub(super) fn judge(differences: &[Duration]) -> Outcome<String> {
    let Some(widest) = differences.iter().max() else {
        return Err(Failure::unreachable("nobody was there to compare with").hint("start the services first"));
    };
    let seconds = widest.as_secs();
    if *widest > LEEWAY {
        return Err(Failure::refused(format!("{seconds} s away from that of a service or of MercadoPago"))
            .hint("let the system set its clock: timedatectl set-ntp true"));
    }
    Ok(format!("agrees with the others to {seconds} s"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_widest_difference_counts() {
        let second = Duration::from_secs(1);
        assert!(judge(&[]).is_err());
        assert!(judge(&[second, LEEWAY]).is_ok());
        assert!(judge(&[second, LEEWAY + second]).is_err());
    }

    #[test]
    fn dates_as_servers_write_them() {
        let dated =
            |date: &str| Response::from(axum::http::Response::builder().header(DATE, date).body("").expect("one"));
        assert!(apart(&dated("Sun, 06 Nov 1994 08:49:37 GMT")).is_some_and(|apart| apart > LEEWAY));
        assert_eq!(apart(&dated("yesterday")), None);
    }
}
