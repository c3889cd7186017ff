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

fn words(age: Duration, texts: &Texts) -> String {
    let minutes = age.as_secs() / 60;
    match (minutes / 60, minutes % 60) {
        (0, minutes) => fill(texts.minutes, &[("n", &minutes.to_string())]),
        (hours @ 1..=99, minutes) => fill(texts.hours, &[("h", &hours.to_string()), ("m", &format!("{minutes:02}"))]),
        _ => fill(texts.hours, &[("h", "99"), ("m", "+")]),
    }
}
