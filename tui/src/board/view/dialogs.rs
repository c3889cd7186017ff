//! What stands in front of the cards.

use std::time::Duration;

use ratatui::layout::Rect;
use ratatui::text::Line;

use super::super::Model;
use super::super::keys::{Action, name};
use super::super::model::{Cancel, Mode};
use super::age;
use super::face::{Brush, Density};
use super::hit::Hit;
use super::popup::Popup;
use super::spans::{span, spread};
use crate::text::{fit, safe, width, wrap};
use crate::texts::{Texts, count, fill};
use crate::theme::Theme;

/// The dialog that is open, if any, for an area of this size.
pub(super) fn popup(model: &Model, theme: &Theme, area: Rect) -> Option<Popup> {
    match &model.mode {
        Mode::Board | Mode::Search => None,
        Mode::Help { first } => Some(help(model, theme, *first, area)),
        Mode::AllDay => Some(all_day(model, theme, area)),
        Mode::Shift => Some(shift(model, theme)),
        Mode::Filter { choice } => Some(filter(model, theme, *choice, area)),
        Mode::Detail { item } => detail(model, theme, *item, area),
        Mode::Cancel(cancel) => Some(self::cancel(model, theme, cancel, area)),
    }
}

/// Every key in two columns, and what the signs mean.
fn help(model: &Model, theme: &Theme, first: usize, area: Rect) -> Popup {
    let texts = model.texts();
    let keys =
        |keys: &[crossterm::event::KeyCode]| keys.iter().map(|key| name(*key, texts)).collect::<Vec<_>>().join(" ");
    let bound = model.keys.0.iter().filter(|row| !row.keys.is_empty());
    let mut entries: Vec<_> = bound.map(|row| (keys(&row.keys), row.action.label(&texts.actions))).collect();
    entries.push((texts.help_digits_key.to_owned(), texts.help_digits));
    let key_columns = entries.iter().map(|(key, _)| width(key)).max().unwrap_or(0);
    let half = entries.len().div_ceil(2);
    let cell = |(key, label): &(String, &str)| {
        let key = spread(vec![span(key.clone(), theme.key)], Vec::new(), key_columns + 2, (' ', theme.text));
        key.into_iter().chain([span(*label, theme.text)]).collect::<Vec<_>>()
    };
    let left_columns = key_columns + 2 + entries[..half].iter().map(|(_, label)| width(label)).max().unwrap_or(0) + 3;
    let mut popup = Popup::new(texts.help_title);
    for row in 0..half {
        let mut spans = spread(cell(&entries[row]), Vec::new(), left_columns, (' ', theme.text));
        spans.extend(entries.get(half + row).map(cell).unwrap_or_default());
        popup.push(Line::from(spans));
    }
    popup.push(Line::default());
    for note in texts.help_notes {
        popup.push(Line::from(span(*note, theme.text)));
    }
    for note in model.misfit().iter().flat_map(|misfit| wrap(misfit, usize::from(area.width.saturating_sub(6)).min(74)))
    {
        popup.push(Line::from(span(note, theme.error)));
    }
    popup.first = first;
    let fits = usize::from(area.height.saturating_sub(2)) > popup.lines.len();
    popup.push(Line::from(span(if fits { texts.close } else { texts.close_scroll }, theme.quiet)));
    popup
}

/// How many of each item are still to be made.
fn all_day(model: &Model, theme: &Theme, area: Rect) -> Popup {
    let texts = model.texts();
    let sums = model.to_make();
    let room = usize::from(area.height).saturating_sub(4);
    let columns = usize::from(area.width).saturating_sub(4);
    let mut popup = Popup::new(match model.lens_name() {
        Some(lens) => format!("{}· {lens} ", texts.all_day_title),
        None => texts.all_day_title.to_owned(),
    });
    for (name, sum) in sums.iter().take(if sums.len() > room { room.saturating_sub(1) } else { room }) {
        let name = fit(name, columns.saturating_sub(6));
        popup.push(Line::from(vec![span(format!("{sum:>4}× "), theme.number), span(name, theme.text)]));
    }
    if popup.lines.len() < sums.len() {
        popup.push(Line::from(span(format!("…+{}", sums.len() - popup.lines.len()), theme.error)));
    }
    if sums.is_empty() {
        popup.push(Line::from(span(texts.all_day_empty, theme.quiet)));
    }
    popup.hint(texts.close, theme);
    popup
}

/// How today is going.
fn shift(model: &Model, theme: &Theme) -> Popup {
    let texts = model.texts();
    let Some(shift) = &model.shift.last else {
        let mut popup = Popup::new(fill(texts.shift_title, &[("day", "")]));
        popup.push(Line::from(span(texts.shift_wait, theme.quiet)));
        popup.hint(texts.close, theme);
        return popup;
    };
    let mut popup = Popup::new(fill(texts.shift_title, &[("day", &date(&shift.day, texts))]));
    let time = |seconds: Option<u64>| {
        seconds.map_or_else(|| "–".to_owned(), |seconds| age::short(Duration::from_secs(seconds), texts))
    };
    let slowest = shift.slowest.as_ref().map_or_else(
        || "–".to_owned(),
        |item| {
            let name = fit(&safe(&item.name), 40);
            let time = age::short(Duration::from_secs(item.average_seconds), texts);
            let orders = count(texts.orders_count, usize::try_from(item.count).unwrap_or(usize::MAX));
            fill(texts.shift_slowest_value, &[("name", &name), ("time", &time), ("orders", &orders)])
        },
    );
    let peak = shift.peak_hour.as_ref().map_or_else(
        || "–".to_owned(),
        |peak| {
            let orders = count(texts.orders_count, usize::try_from(peak.orders).unwrap_or(usize::MAX));
            fill(texts.shift_peak_value, &[("hour", &safe(&peak.hour)), ("orders", &orders)])
        },
    );
    let rows = [
        (texts.shift_orders, shift.orders.to_string()),
        (texts.shift_open, shift.open.to_string()),
        (texts.shift_average, time(shift.average_seconds)),
        (texts.shift_p90, time(shift.p90_seconds)),
        (texts.shift_slowest, slowest),
        (texts.shift_peak, peak),
    ];
    let columns = rows.iter().map(|(label, _)| width(label)).max().unwrap_or(0) + 2;
    for (label, value) in rows {
        let mut spans = spread(vec![span(label, theme.quiet)], Vec::new(), columns, (' ', theme.text));
        spans.push(span(value, theme.number));
        popup.push(Line::from(spans));
    }
    popup.hint(texts.close, theme);
    popup
}

/// A day as people here write it, from `2026-11-28`.
fn date(day: &str, texts: &Texts) -> String {
    let mut parts = day.splitn(3, '-');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(_), Some(month), Some(day)) => fill(texts.date, &[("d", &safe(day)), ("m", &safe(month))]),
        _ => safe(day),
    }
}

/// The mark and the style of a line that is chosen or not.
fn chosen(is_chosen: bool, theme: &Theme) -> (&'static str, ratatui::style::Style) {
    if is_chosen { ("▶ ", theme.title) } else { ("  ", theme.text) }
}

/// What can be looked at.
fn filter(model: &Model, theme: &Theme, choice: usize, area: Rect) -> Popup {
    let texts = model.texts();
    let columns = usize::from(area.width.saturating_sub(10));
    let mut popup = Popup::new(texts.categories_title);
    for (at, (lens, name)) in model.lenses().into_iter().enumerate() {
        let (mark, style) = chosen(at == choice, theme);
        let key = if at < 9 { format!("{} ", at + 1) } else { "  ".to_owned() };
        let now = if lens == model.lens { " ●" } else { "" };
        let text = format!("{mark}{key}{}{now}", fit(&name, columns));
        popup.push_hit(Line::from(span(text, style)), Hit::Row(at));
    }
    if model.menu.categories.is_empty() {
        popup.push(Line::from(span(texts.filter_empty, theme.quiet)));
    }
    popup.first = choice.saturating_sub(usize::from(area.height) / 2);
    popup.hint(texts.filter_hint, theme);
    popup
}

/// All of an order, with one item that the strike key is about.
fn detail(model: &Model, theme: &Theme, item: usize, area: Rect) -> Option<Popup> {
    let card = model.selected_card()?;
    let texts = model.texts();
    let columns = usize::from(area.width.saturating_sub(6)).min(74);
    let brush = Brush { model, theme, density: Density::Compact, columns };
    let title = fill(
        texts.detail_title,
        &[
            ("n", &card.number.to_string()),
            ("name", card.name.as_deref().unwrap_or(texts.unnamed)),
            ("method", texts.method(card.method)),
            ("amount", &texts.money(card.amount)),
        ],
    );
    let mut popup = Popup::new(title.clone());
    if width(&title) > columns {
        for text in wrap(&title, columns) {
            popup.push(Line::from(span(text, theme.title)));
        }
    }
    for text in brush.cancelled_by(card).iter().flat_map(|text| wrap(text, columns)) {
        popup.push(Line::from(span(text, theme.error)));
    }
    for (at, shown) in card.items.iter().enumerate() {
        let is_chosen = at == item;
        if is_chosen {
            popup.first = popup.lines.len().saturating_sub(usize::from(area.height) / 3);
        }
        let mark = if is_chosen { span("▶", theme.key) } else { span(" ", theme.text) };
        for (row, mut spans) in brush.item(shown, columns.saturating_sub(1), false).into_iter().enumerate() {
            spans.insert(0, if row == 0 { mark.clone() } else { span(" ", theme.text) });
            popup.push_hit(Line::from(spans), Hit::Row(at));
        }
    }
    let keys = [("strike", &*model.key(Action::Strike)), ("bump", &*model.key(Action::Bump))];
    popup.hint(&fit(&fill(texts.detail_hint, &keys), columns), theme);
    Some(popup)
}

/// Why an order is cancelled, and then the second key.
fn cancel(model: &Model, theme: &Theme, cancel: &Cancel, area: Rect) -> Popup {
    let texts = model.texts();
    let number = cancel.card.number.to_string();
    let mut popup = Popup::new(fill(texts.cancel_title, &[("n", &number)]));
    let columns = usize::from(area.width.saturating_sub(6)).min(66);
    if cancel.confirming {
        let amount = texts.money(cancel.card.amount);
        let question = fill(texts.cancel_confirm, &[("n", &number), ("amount", &amount)]);
        let reason = super::super::update::reason(model, cancel).unwrap_or_default();
        popup.push(Line::from(span(question, theme.late)));
        for text in wrap(&fill(texts.reason, &[("reason", reason)]), columns) {
            popup.push(Line::from(span(text, theme.text)));
        }
        popup.push(Line::default());
        popup.push_hits(vec![
            (span(texts.confirm_yes, theme.cancelled), Some(Hit::Yes)),
            (span("   ", theme.text), None),
            (span(texts.confirm_no, theme.key), Some(Hit::No)),
        ]);
        popup.hint(texts.cancel_confirm_hint, theme);
        return popup;
    }
    for (at, reason) in texts.reasons.iter().enumerate() {
        let (mark, style) = chosen(Some(at) == cancel.choice, theme);
        popup.push_hit(Line::from(span(format!("{mark}{} {reason}", at + 1), style)), Hit::Row(at));
    }
    let own = texts.reasons.len();
    let (mark, style) = chosen(cancel.choice == Some(own), theme);
    let text = format!("{} {}▏", texts.cancel_own, cancel.own);
    for (row, text) in wrap(&text, columns.saturating_sub(2)).into_iter().enumerate() {
        let line = Line::from(span(format!("{}{text}", if row == 0 { mark } else { "  " }), style));
        popup.push_hit(line, Hit::Row(own));
    }
    popup.hint(texts.cancel_hint, theme);
    popup
}
