use std::time::Duration;

use ratatui::text::Span;

use super::spans::span;
use crate::settings::Thresholds;
use crate::texts::{Texts, fill};
use crate::theme::Theme;

/// An age in minutes, with its colour and sign.
pub(super) fn shown(age: Duration, thresholds: Thresholds, texts: &Texts, theme: &Theme) -> Span<'static> {
    let text = words(age, texts);
    if age >= thresholds.late {
        span(format!("!! {text}"), theme.late)
    } else if age >= thresholds.warn {
        span(format!("! {text}"), theme.warn)
    } else {
        span(text, theme.text)
    }
}

/// A short time with its seconds: `45 s`, `12 min`.
pub(super) fn short(time: Duration, texts: &Texts) -> String {
    if time.as_secs() < 60 { fill(texts.seconds, &[("n", &time.as_secs().to_string())]) } else { words(time, texts) }
}

fn words(age: Duration, texts: &Texts) -> String {
    let minutes = age.as_secs() / 60;
    match (minutes / 60, minutes % 60) {
        (0, minutes) => fill(texts.minutes, &[("n", &minutes.to_string())]),
        (hours @ 1..=99, minutes) => fill(texts.hours, &[("h", &hours.to_string()), ("m", &format!("{minutes:02}"))]),
        _ => fill(texts.hours, &[("h", "99"), ("m", "+")]),
    }
}
