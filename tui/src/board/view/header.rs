use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;

use super::super::Model;
use super::spans::{line, span};
use crate::banner;
use crate::link::Trust;
use crate::text::fit;
use crate::texts::fill;
use crate::theme::Theme;

/// The line at the top: what this is, what is late, and what the screen is worth.
pub(super) fn draw(model: &Model, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let texts = model.texts();
    let mut left = vec![span(format!(" {}", texts.kitchen), theme.header)];
    let mut mark = |text: String, style| left.extend([span("  ", theme.text), span(text, style)]);
    if model.settings.sandbox {
        mark(format!(" {} ", texts.sandbox), theme.sandbox);
    }
    if model.settings.readonly {
        mark(texts.readonly.to_owned(), theme.quiet);
    }
    if model.late() > 0 {
        mark(fill(texts.late_count, &[("n", &model.late().to_string())]), theme.late);
    }
    if !model.query.trim().is_empty() {
        let found = (0..3).map(|column| model.column(column).len()).sum::<usize>();
        mark(fill(texts.searching, &[("q", &fit(model.query.trim(), 20)), ("n", &found.to_string())]), theme.warn);
    }
    let line = line(left, connection(model, theme), usize::from(area.width));
    buffer.set_line(area.x, area.y, &line, area.width);
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
