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

/// A key of the bar, as much of it as fits.
struct Button {
    action: Action,
    key: String,
    label: &'static str,
}

impl Button {
    fn columns(&self) -> usize {
        width(&self.key) + width(self.label) + 3
    }
}

/// The keys of the bar, as many as fit; help and quit always.
fn buttons(model: &Model, columns: u16) -> Vec<Button> {
    let texts = model.texts();
    let shown = model.keys.bar().into_iter().filter(|row| !(model.settings.readonly && row.action.changes()));
    let button = |row: &super::super::keys::Binding| {
        let key = name(*row.keys.first()?, texts);
        Some(Button { action: row.action, key, label: row.action.label(&texts.actions) })
    };
    let mut buttons: Vec<Button> = shown.filter_map(button).collect();
    let is_kept = |button: &Button| matches!(button.action, Action::Help | Action::Quit);
    let fixed: usize = buttons.iter().filter(|button| is_kept(button)).map(Button::columns).sum();
    let mut room = usize::from(columns).saturating_sub(fixed);
    buttons.retain(|button| {
        let fits = is_kept(button) || button.columns() <= room;
        room = match (is_kept(button), fits) {
            (true, _) => room,
            (false, true) => room - button.columns(),
            // After the first that does not fit, no shorter one takes its place.
            (false, false) => 0,
        };
        fits
    });
    buttons
}

/// Draws the keys.
pub(super) fn draw_bar(model: &Model, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let spans = buttons(model, area.width).into_iter().flat_map(|button| {
        [span(format!(" {}", button.key), theme.key), span(format!(" {} ", button.label), theme.quiet)]
    });
    buffer.set_line(area.x, area.y, &Line::from(spans.collect::<Vec<_>>()), area.width);
}

/// The key at a column of the bar.
pub(super) fn hit(model: &Model, area: Rect, x: u16) -> Option<Action> {
    let mut left = usize::from(x.checked_sub(area.x)?);
    for button in buttons(model, area.width) {
        match left.checked_sub(button.columns()) {
            None => return Some(button.action),
            Some(rest) => left = rest,
        }
    }
    None
}
