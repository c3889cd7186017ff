use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

use super::super::Model;
use super::super::keys::{Action, name};
use super::super::lens::Lens;
use super::super::model::Mode;
use super::spans::{line, span};
use crate::text::{width, wrap};
use crate::texts::fill;
use crate::theme::Theme;

/// Most lines that a message may take.
const NOTICE_LINES: usize = 3;
/// From this many rows on the keys may take two.
const TALL: u16 = 30;

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
    let Some(notice) = &model.notice else {
        let sending = model.sending().last().map(|pending| pending.before.number.to_string());
        let text = sending.map(|number| format!(" {}", fill(texts.sending_order, &[("n", &number)])));
        return vec![text.map_or_else(Line::default, |text| Line::from(span(text, theme.warn)))];
    };
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

/// The rows of the bar: in one row or, where there is room, two; as many keys as fit, help and quit always.
fn rows(model: &Model, columns: u16, screen_rows: u16) -> Vec<Vec<Button>> {
    let mut rest = buttons(model);
    let all: usize = rest.iter().map(Button::columns).sum();
    let columns = usize::from(columns);
    let mut rows = Vec::new();
    if all > columns && screen_rows >= TALL {
        let mut used = 0;
        let fits = |button: &&Button| {
            used += button.columns();
            used <= columns
        };
        let first = rest.iter().take_while(fits).count();
        let second = rest.split_off(first);
        rows.push(std::mem::replace(&mut rest, second));
    }
    rows.push(fitting(rest, columns));
    rows
}

/// How many rows the bar takes.
pub(super) fn bar_rows(model: &Model, columns: u16, screen_rows: u16) -> u16 {
    u16::try_from(rows(model, columns, screen_rows).len()).unwrap_or(1)
}

/// Every key of the bar.
fn buttons(model: &Model) -> Vec<Button> {
    let texts = model.texts();
    let shown = model.keys.bar().into_iter().filter(|row| !(model.settings.readonly && row.action.changes()));
    let button = |row: &super::super::keys::Binding| {
        let key = name(*row.keys.first()?, texts);
        // Where only some items are shown, the key that moves orders on strikes them.
        let strikes = row.action == Action::Bump && model.lens != Lens::All;
        let label = if strikes { texts.bump_items } else { row.action.label(&texts.actions) };
        Some(Button { action: row.action, key, label })
    };
    shown.filter_map(button).collect()
}

/// As many of the keys as fit, from the first on, and help and quit.
fn fitting(mut buttons: Vec<Button>, columns: usize) -> Vec<Button> {
    let is_kept = |button: &Button| matches!(button.action, Action::Help | Action::Quit);
    let fixed: usize = buttons.iter().filter(|button| is_kept(button)).map(Button::columns).sum();
    let mut room = columns.saturating_sub(fixed);
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
pub(super) fn draw_bar(model: &Model, theme: &Theme, area: Rect, screen_rows: u16, buffer: &mut Buffer) {
    for (y, row) in (area.top()..area.bottom()).zip(rows(model, area.width, screen_rows)) {
        let spans = row.into_iter().flat_map(|button| {
            [span(format!(" {}", button.key), theme.key), span(format!(" {} ", button.label), theme.quiet)]
        });
        buffer.set_line(area.x, y, &Line::from(spans.collect::<Vec<_>>()), area.width);
    }
}

/// The key at a place of the bar.
pub(super) fn hit(model: &Model, area: Rect, screen_rows: u16, at: Position) -> Option<Action> {
    let mut left = usize::from(at.x.checked_sub(area.x)?);
    let row = usize::from(at.y.checked_sub(area.y)?);
    for button in rows(model, area.width, screen_rows).into_iter().nth(row)? {
        match left.checked_sub(button.columns()) {
            None => return Some(button.action),
            Some(rest) => left = rest,
        }
    }
    None
}
