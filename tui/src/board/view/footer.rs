use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::super::Model;
use super::super::keys::{Action, name};
use super::super::model::Mode;
use super::spans::{line, span};
use crate::text::{width, wrap};
use crate::texts::fill;
use crate::theme::Theme;

/// Most lines that a message may take.
const NOTICE_LINES: usize = 3;

/// The message above the keys: the search, the digits, or what just happened.
pub(super) fn notice(model: &Model, theme: &Theme, columns: u16) -> Vec<Line<'static>> {
    let texts = model.texts();
    let columns = usize::from(columns);
    if model.mode == Mode::Search {
        let left = vec![span(format!(" {}", fill(texts.search, &[("q", &model.query)])), theme.title)];
        return vec![line(left, vec![span(format!(" {} ", texts.search_hint), theme.quiet)], columns)];
    }
    if !model.typed.digits.is_empty() && model.notice.is_none() {
        let text = if model.selected.is_some() { texts.typed } else { texts.typed_unknown };
        let text = fill(text, &[("n", &model.typed.digits)]);
        return vec![Line::from(span(format!(" {text}"), theme.title))];
    }
    let Some(notice) = &model.notice else { return vec![Line::default()] };
    let style = if notice.error { theme.error } else { theme.good };
    let lines = wrap(&notice.text, columns.saturating_sub(2)).into_iter().take(NOTICE_LINES);
    lines.map(|text| Line::from(span(format!(" {text}"), style))).collect()
}

/// Draws lines from the top of an area.
pub(super) fn draw_lines(lines: &[Line<'static>], area: Rect, buffer: &mut Buffer) {
    for (y, line) in (area.top()..area.bottom()).zip(lines) {
        buffer.set_line(area.x, y, line, area.width);
    }
}

/// The keys, as many as fit; help and quit always.
pub(super) fn draw_bar(model: &Model, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let labels = &model.texts().actions;
    let entries: Vec<_> = model
        .keys
        .bar()
        .into_iter()
        .filter(|binding| !(model.settings.readonly && binding.action.changes()))
        .filter_map(|binding| Some((binding.action, name(*binding.keys.first()?), binding.action.label(labels))))
        .collect();
    let columns_of = |key: &str, label: &str| width(key) + width(label) + 3;
    let kept = |action: &Action| matches!(action, Action::Help | Action::Quit);
    let fixed: usize = entries.iter().filter(|e| kept(&e.0)).map(|e| columns_of(&e.1, e.2)).sum();
    let mut room = usize::from(area.width).saturating_sub(fixed);
    let mut spans = Vec::new();
    for (action, key, label) in entries {
        let columns = columns_of(&key, label);
        if !kept(&action) {
            if columns > room {
                room = 0;
                continue;
            }
            room -= columns;
        }
        spans.extend([span(format!(" {key}"), theme.key), span(format!(" {label} "), theme.quiet)]);
    }
    buffer.set_line(area.x, area.y, &Line::from(spans), area.width);
}
