//! Durations as people write them: `250ms`, `30s`, `10m`, `8h`, `7d`.

use std::time::Duration;

/// The longest that anybody may ask for: ten years, and that is what a refusal says.
const MAX: Duration = Duration::from_secs(3650 * 86_400);

/// A text that is no duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a duration such as 250ms, 30s, 10m, 8h or 7d, at most 3650d")]
pub(crate) struct NotADuration;

/// Reads one number with its unit.
pub(crate) fn parse(text: &str) -> Result<Duration, NotADuration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| NotADuration)?;
    let millis = match unit.trim_start() {
        "ms" => 1,
        "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(NotADuration),
    };
    let duration = number.checked_mul(millis).map(Duration::from_millis).ok_or(NotADuration)?;
    if duration > MAX { Err(NotADuration) } else { Ok(duration) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units() {
        let texts = ["250ms", "30s", "10m", "8h", "400d", "0s"];
        let millis: Vec<u128> = texts.iter().map(|text| parse(text).unwrap_or_default().as_millis()).collect();
        assert_eq!(millis, [250, 30_000, 600_000, 28_800_000, 34_560_000_000, 0]);
    }

    #[test]
    fn refusals() {
        for text in ["", "5", "s", "-5s", "1.5h", "5 years", "9999d", "18446744073709551615d", "５s"] {
            assert_eq!(parse(text), Err(NotADuration), "{text}");
        }
    }
}
