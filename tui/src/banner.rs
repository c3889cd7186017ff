//! The banner across a screen while what is on it may be out of date.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::failure::Failure;
use crate::link::Trust;
use crate::settings::Settings;
use crate::text::{fit, width};
use crate::texts::{Texts, fill};
use crate::theme::Theme;

/// Draws the banner over the whole area, if there is anything to say.
pub(crate) fn draw(settings: &Settings, trust: Trust<'_>, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let Trust::Lost(since, failure) = trust else { return };
    let text = words(settings.texts(), &settings.time_of_day(since), failure);
    let text = fit(&text, usize::from(area.width));
    for row in area.rows() {
        buffer.set_string(row.x, row.y, " ".repeat(usize::from(row.width)), theme.banner);
    }
    let free = usize::from(area.width).saturating_sub(width(&text)) / 2;
    let x = area.x + u16::try_from(free).unwrap_or(0);
    buffer.set_string(x, area.y + area.height / 2, text, theme.banner);
}

/// Since when, and why.
fn words(texts: &Texts, at: &str, failure: Option<&Failure>) -> String {
    let (what, why) = match failure {
        Some(Failure::Unauthenticated) => (texts.access_refused, texts.token_expired.to_owned()),
        Some(Failure::Forbidden) => (texts.access_refused, texts.token_forbidden.to_owned()),
        Some(Failure::Broken(status)) => {
            (texts.no_connection, fill(texts.nonsense, &[("status", &status.to_string())]))
        }
        Some(Failure::Unreachable(why) | Failure::Refused(why) | Failure::Conflict(why, _)) => {
            (texts.no_connection, why.clone())
        }
        None => (texts.no_connection, String::new()),
    };
    let what = fill(what, &[("at", at)]);
    if why.is_empty() { what } else { format!("{what} · {why}") }
}
