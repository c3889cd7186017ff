//! What stands in front of the cards.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType, Clear, Widget};

use super::super::Model;
use super::super::keys::{Action, name};
use super::super::model::Cancel;
use super::face::{Brush, Density};
use super::spans::{line, span, spread};
use crate::text::{fit, width, wrap};
use crate::texts::fill;
use crate::theme::Theme;

/// A framed box in the middle, as large as its lines need; lines from `first` on where not all fit.
fn popup(title: &str, theme: &Theme, lines: &[Line<'static>], first: usize, area: Rect, buffer: &mut Buffer) {
    let wide = lines.iter().map(Line::width).chain([width(title)]).max().unwrap_or(0);
    let clamp = |value: usize, most: u16| u16::try_from(value).unwrap_or(most).min(most);
    let (columns, rows) = (clamp(wide + 4, area.width), clamp(lines.len() + 2, area.height));
    let x = area.x + (area.width - columns) / 2;
    let y = area.y + (area.height - rows) / 2;
    let shape = Rect::new(x, y, columns, rows);
    Clear.render(shape, buffer);
    let title = fit(title, usize::from(columns.saturating_sub(2)));
    let block = Block::bordered().border_type(BorderType::Rounded).border_style(theme.title).title(title);
    let inner = block.inner(shape);
    block.render(shape, buffer);
    let first = first.min(lines.len().saturating_sub(usize::from(inner.height)));
    for (y, line) in (inner.top()..inner.bottom()).zip(&lines[first..]) {
        buffer.set_line(inner.x + 1, y, line, inner.width.saturating_sub(2));
    }
}

fn quiet(text: &str, theme: &Theme) -> Line<'static> {
    Line::from(span(text, theme.quiet))
}

/// Every key in two columns, and what the signs mean.
pub(super) fn help(model: &Model, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let texts = model.texts();
    let keys = |keys: &[crossterm::event::KeyCode]| keys.iter().map(|key| name(*key)).collect::<Vec<_>>().join(" ");
    let mut entries: Vec<_> =
        model.keys.0.iter().map(|row| (keys(&row.keys), row.action.label(&texts.actions))).collect();
    entries.push((texts.help_digits_key.to_owned(), texts.help_digits));
    let key_columns = entries.iter().map(|(key, _)| width(key)).max().unwrap_or(0);
    let half = entries.len().div_ceil(2);
    let cell = |(key, label): &(String, &str)| {
        let key = spread(vec![span(key.clone(), theme.key)], Vec::new(), key_columns + 2, (' ', theme.text));
        key.into_iter().chain([span(*label, theme.text)]).collect::<Vec<_>>()
    };
    let left_columns = key_columns + 2 + entries[..half].iter().map(|(_, label)| width(label)).max().unwrap_or(0) + 3;
    let mut lines: Vec<_> = (0..half)
        .map(|row| {
            let mut spans = spread(cell(&entries[row]), Vec::new(), left_columns, (' ', theme.text));
            spans.extend(entries.get(half + row).map(cell).unwrap_or_default());
            Line::from(spans)
        })
        .collect();
    lines.push(Line::default());
    lines.extend(texts.help_notes.iter().map(|note| Line::from(span(*note, theme.text))));
    lines.push(Line::default());
    lines.push(quiet(texts.close, theme));
    popup(texts.help_title, theme, &lines, 0, area, buffer);
}

/// How many of each item are still to be made.
pub(super) fn all_day(model: &Model, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let texts = model.texts();
    let sums = model.to_make();
    let room = usize::from(area.height).saturating_sub(4);
    let columns = usize::from(area.width).saturating_sub(4);
    let mut lines: Vec<_> = sums
        .iter()
        .take(if sums.len() > room { room.saturating_sub(1) } else { room })
        .map(|(name, sum)| {
            Line::from(vec![
                span(format!("{sum:>4}× "), theme.number),
                span(fit(name, columns.saturating_sub(6)), theme.text),
            ])
        })
        .collect();
    if lines.len() < sums.len() {
        lines.push(Line::from(span(format!("…+{}", sums.len() - lines.len()), theme.error)));
    }
    if sums.is_empty() {
        lines.push(quiet(texts.all_day_empty, theme));
    }
    lines.push(Line::default());
    lines.push(quiet(texts.close, theme));
    popup(texts.all_day_title, theme, &lines, 0, area, buffer);
}

/// All of an order, with one item that the strike key is about.
pub(super) fn detail(model: &Model, theme: &Theme, item: usize, area: Rect, buffer: &mut Buffer) {
    let Some(card) = model.selected_card() else { return };
    let texts = model.texts();
    let columns = usize::from(area.width.saturating_sub(6)).min(74);
    let brush = Brush { model, theme, density: Density::Compact, columns };
    let mut lines = Vec::new();
    let mut first = 0;
    let title = fill(
        texts.detail_title,
        &[
            ("n", &card.number.to_string()),
            ("name", card.name.as_deref().unwrap_or(texts.unnamed)),
            ("method", texts.method(card.method)),
            ("amount", &texts.money(card.amount)),
        ],
    );
    if width(&title) > columns {
        lines.extend(wrap(&title, columns).into_iter().map(|text| Line::from(span(text, theme.title))));
    }
    for (at, shown) in card.items.iter().enumerate() {
        let is_chosen = at == item;
        if is_chosen {
            first = lines.len().saturating_sub(usize::from(area.height) / 3);
        }
        let mark = if is_chosen { span("▶", theme.key) } else { span(" ", theme.text) };
        for (row, mut spans) in brush.item(shown, columns.saturating_sub(1)).into_iter().enumerate() {
            spans.insert(0, if row == 0 { mark.clone() } else { span(" ", theme.text) });
            lines.push(Line::from(spans));
        }
    }
    let key = |action| model.keys.key_for(action);
    let hint = fill(texts.detail_hint, &[("strike", &key(Action::Strike)), ("bump", &key(Action::Bump))]);
    lines.push(Line::default());
    lines.push(line(vec![span(hint, theme.quiet)], Vec::new(), columns));
    popup(&title, theme, &lines, first, area, buffer);
}

/// Why an order is cancelled, and then the second key.
pub(super) fn cancel(model: &Model, theme: &Theme, cancel: &Cancel, area: Rect, buffer: &mut Buffer) {
    let texts = model.texts();
    let number = cancel.card.number.to_string();
    let title = fill(texts.cancel_title, &[("n", &number)]);
    let columns = usize::from(area.width.saturating_sub(6)).min(66);
    let mut lines = Vec::new();
    if cancel.confirming {
        let amount = texts.money(cancel.card.amount);
        let question = fill(texts.cancel_confirm, &[("n", &number), ("amount", &amount)]);
        let reason = texts.reasons.get(cancel.choice).map_or(cancel.own.trim(), |reason| reason);
        lines.push(Line::from(span(question, theme.late)));
        let reason = fill(texts.reason, &[("reason", reason)]);
        lines.extend(wrap(&reason, columns).into_iter().map(|text| Line::from(span(text, theme.text))));
        lines.push(Line::default());
        lines.push(quiet(texts.cancel_confirm_hint, theme));
        return popup(&title, theme, &lines, 0, area, buffer);
    }
    let chosen = |at: usize| if at == cancel.choice { ("▶ ", theme.title) } else { ("  ", theme.text) };
    for (at, reason) in texts.reasons.iter().enumerate() {
        let (mark, style) = chosen(at);
        lines.push(Line::from(span(format!("{mark}{} {reason}", at + 1), style)));
    }
    let (mark, style) = chosen(texts.reasons.len());
    let own = format!("{} {}▏", texts.cancel_own, cancel.own);
    for (row, text) in wrap(&own, columns.saturating_sub(2)).into_iter().enumerate() {
        lines.push(Line::from(span(format!("{}{text}", if row == 0 { mark } else { "  " }), style)));
    }
    lines.push(Line::default());
    lines.push(quiet(texts.cancel_hint, theme));
    popup(&title, theme, &lines, 0, area, buffer);
}
