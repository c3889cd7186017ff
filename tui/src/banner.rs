//! The banner across a screen while what is on it may be out of date.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::failure::Failure;
use crate::link::Trust;
use crate::settings::Settings;
use crate::text::{fit, width, wrap};
use crate::texts::{Texts, fill};
use crate::theme::Theme;

/// The banner's lines on a screen of so many columns; none while there is nothing to say.
pub(crate) fn lines(settings: &Settings, trust: Trust<'_>, columns: u16) -> Vec<String> {
    let Trust::Lost(since, failure) = trust else { return Vec::new() };
    let (words, command) = words(settings.texts(), &settings.time_of_day(since), failure);
    let mut lines = wrap(&words, usize::from(columns.saturating_sub(2)));
    // A command is typed as it stands, so it stands on a line of its own.
    lines.extend(command.map(|command| fit(command, usize::from(columns))));
    lines
}

/// Draws the banner's lines in the middle of the area.
pub(crate) fn draw(lines: &[String], theme: &Theme, area: Rect, buffer: &mut Buffer) {
    for row in area.rows() {
        buffer.set_string(row.x, row.y, " ".repeat(usize::from(row.width)), theme.banner);
    }
    let room = |all: u16, used: usize| all.saturating_sub(u16::try_from(used).unwrap_or(all)) / 2;
    let first = area.y + room(area.height, lines.len());
    for (y, text) in (first..area.bottom()).zip(lines) {
        let text = fit(text, usize::from(area.width));
        buffer.set_string(area.x + room(area.width, width(&text)), y, text, theme.banner);
    }
}

/// Since when and why, and the command that helps.
fn words(texts: &Texts, at: &str, failure: Option<&Failure>) -> (String, Option<&'static str>) {
    let (what, why, command) = match failure {
        Some(Failure::Unauthenticated) => {
            (texts.access_refused, texts.token_expired.to_owned(), Some(texts.token_command))
        }
        Some(Failure::Forbidden) => (texts.access_refused, texts.token_forbidden.to_owned(), Some(texts.token_command)),
        Some(Failure::Broken(status)) => {
            (texts.no_connection, fill(texts.nonsense, &[("status", &status.to_string())]), None)
        }
        Some(Failure::Unreachable(url)) => (texts.no_connection, fill(texts.no_answer, &[("url", url)]), None),
        Some(Failure::Refused(why) | Failure::Conflict(why, _)) => (texts.no_connection, why.clone(), None),
        None => (texts.no_connection, String::new(), None),
    };
    let what = fill(what, &[("at", at)]);
    (if why.is_empty() { what } else { format!("{what} · {why}") }, command)
}
