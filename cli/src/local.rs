//! Times as people at the shop read them. Programs get RFC 3339 in UTC.

use domain::{Clock, DayRule, SystemClock, Timestamp};

/// On the clock of the shop: `23/11 19:22:09`, with the year where it is not this one.
pub(crate) fn local(at: Timestamp, day: &DayRule) -> String {
    local_in(at, SystemClock.now(), day)
}

fn local_in(at: Timestamp, now: Timestamp, day: &DayRule) -> String {
    let here = |at: Timestamp| day.zone().to_datetime(at.to_jiff());
    let form = if here(at).year() == here(now).year() { "%d/%m %H:%M:%S" } else { "%d/%m/%Y %H:%M:%S" };
    here(at).strftime(form).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_on_the_wall() {
        let day = DayRule::new("America/Sao_Paulo", "04:00").expect("a rule");
        let at = |text: &str| text.parse::<Timestamp>().expect("a time");
        let now = at("2026-11-23T22:00:00Z");
        let shown = |text: &str| local_in(at(text), now, &day);
        assert_eq!(shown("2026-11-23T22:22:09.987Z"), "23/11 19:22:09");
        assert_eq!(shown("2026-11-24T02:59:59Z"), "23/11 23:59:59");
        assert_eq!(shown("2027-01-01T02:59:59Z"), "31/12 23:59:59");
        assert_eq!(shown("2027-01-01T03:00:00Z"), "01/01/2027 00:00:00");
        assert_eq!(shown("2026-01-01T02:00:00Z"), "31/12/2025 23:00:00");
    }
}
