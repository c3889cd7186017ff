use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;

use super::super::Model;
use super::age;
use super::hit::Hit;
use super::spans::{line, span};
use crate::banner;
use crate::link::Trust;
use crate::text::{fit, width};
use crate::texts::fill;
use crate::theme::Theme;

/// From this width on the average and the p90 of today are shown.
const WIDE: u16 = 100;

/// The pieces at the left, and what a click on each does.
fn pieces(model: &Model, theme: &Theme, columns: u16) -> Vec<(Span<'static>, Option<Hit>)> {
    let texts = model.texts();
    let mut pieces = vec![(span(format!(" {}", texts.kitchen), theme.header), None)];
    let mut mark = |text: String, style, hit| pieces.extend([(span("  ", theme.text), None), (span(text, style), hit)]);
    if let Some(lens) = model.lens_name() {
        mark(format!("▸ {}", fit(&lens, 20)), theme.title, Some(Hit::Lens));
    }
    if model.settings.sandbox {
        mark(format!(" {} ", texts.sandbox), theme.sandbox, None);
    }
    if model.settings.readonly {
        mark(texts.readonly.to_owned(), theme.quiet, None);
    }
    if model.late() > 0 {
        mark(fill(texts.late_count, &[("n", &model.late().to_string())]), theme.late, Some(Hit::Late));
    }
    if !model.query.trim().is_empty() {
        let found = (0..3).map(|column| model.column(column).len()).sum::<usize>();
        let places = [("q", &*fit(model.query.trim(), 20)), ("n", &*found.to_string())];
        mark(fill(texts.searching, &places), theme.warn, Some(Hit::Search));
    }
    if let Some(unsent) = model.unsent {
        if unsent.dead > 0 {
            mark(fill(texts.dead_letters, &[("n", &unsent.dead.to_string())]), theme.warn, None);
        }
        if unsent.open > 0 && columns >= WIDE {
            mark(fill(texts.unsent, &[("n", &unsent.open.to_string())]), theme.quiet, None);
        }
    }
    let today = model.shift.last.as_ref().filter(|_| columns >= WIDE);
    if let Some((average, p90)) = today.and_then(|shift| shift.average_seconds.zip(shift.p90_seconds)) {
        let time = |seconds| age::short(std::time::Duration::from_secs(seconds), texts);
        mark(fill(texts.average, &[("average", &time(average)), ("p90", &time(p90))]), theme.quiet, None);
    }
    pieces
}

/// The line at the top: what this is, what is late, and what the screen is worth.
pub(super) fn draw(model: &Model, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let left = pieces(model, theme, area.width).into_iter().map(|(piece, _)| piece).collect();
    let line = line(left, connection(model, theme), usize::from(area.width));
    buffer.set_line(area.x, area.y, &line, area.width);
}

/// What is at a column of the line.
pub(super) fn hit(model: &Model, theme: &Theme, area: Rect, x: u16) -> Option<Hit> {
    let mut left = usize::from(x.checked_sub(area.x)?);
    for (piece, hit) in pieces(model, theme, area.width) {
        match left.checked_sub(width(&piece.content)) {
            None => return hit,
            Some(rest) => left = rest,
        }
    }
    None
}

fn connection(model: &Model, theme: &Theme) -> Vec<Span<'static>> {
    let texts = model.texts();
    let at = model.link.last_good().map(|at| model.settings.time_of_day(at));
    match model.trust() {
        Trust::Live(_) => vec![
            span(" ● ", theme.good),
            span(format!("{} ", texts.live), theme.text),
            span(format!("{} ", at.unwrap_or_default()), theme.quiet),
        ],
        Trust::Connecting => vec![span(format!(" ○ {} ", texts.connecting), theme.quiet)],
        Trust::Lost(..) => {
            let at = at.unwrap_or_else(|| texts.never.to_owned());
            vec![span(format!(" ○ {}: {at} ", texts.last_good), theme.error)]
        }
    }
}

/// The banner across the screen while what is on it may be out of date.
pub(super) fn draw_banner(model: &Model, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    banner::draw(&model.settings, model.trust(), theme, area, buffer);
}
