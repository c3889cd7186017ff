use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Span;

use super::super::Model;
use super::super::keys::Action;
use super::age;
use super::hit::Hit;
use super::spans::{line, span};
use crate::link::Trust;
use crate::text::{fit, width};
use crate::texts::{count, fill};
use crate::theme::Theme;

/// A piece of the line at the left, and what a click on it does.
struct Piece {
    /// The text, and shorter ones for less room; an empty one leaves the piece out.
    forms: Vec<String>,
    style: Style,
    hit: Option<Hit>,
}

/// Everything that there is to say, what is given up last first.
fn said(model: &Model, theme: &Theme) -> Vec<Piece> {
    let texts = model.texts();
    let mut pieces = Vec::new();
    let mut say = |forms: &[String], style, hit| pieces.push(Piece { forms: forms.to_vec(), style, hit });
    let none = String::new;
    if let Some(lens) = model.lens_name() {
        say(&[format!("▸ {}", fit(&lens, 20))], theme.title, Some(Hit::Lens));
    }
    if model.aside.live == Some(false) {
        say(&[format!(" {} ", texts.sandbox)], theme.sandbox, None);
    }
    if model.late() > 0 {
        let late = [("n", &*model.late().to_string())];
        say(&[fill(texts.late_count, &late), fill(texts.late_short, &late)], theme.late, Some(Hit::Late));
    }
    let hidden = model.hidden().filter(|card| card.cancelled.is_none()).count();
    if hidden > 0 {
        let (short, key) = (count(texts.hidden_ones, hidden), model.key(Action::Escape));
        let long = fill(texts.hidden_key, &[("n", &short), ("key", &key)]);
        say(&[long, format!("{short} · {key}"), short], theme.warn, Some(Hit::Search));
    }
    if !model.query.trim().is_empty() {
        let found = model.shown().count().to_string();
        let places = [("q", &*fit(model.query.trim(), 20)), ("n", &*found)];
        let forms = [fill(texts.searching, &places), fill(texts.searching_short, &places)];
        say(&forms, theme.warn, Some(Hit::Search));
    }
    if let Some(dead) = model.aside.unsent.map(|unsent| unsent.dead).filter(|dead| *dead > 0) {
        say(&[fill(texts.dead_letters, &[("n", &dead.to_string())]), none()], theme.warn, None);
    }
    if model.settings.readonly {
        say(&[texts.readonly.to_owned(), none()], theme.quiet, None);
    }
    let today = model.shift.last.as_ref();
    if let Some((average, p90)) = today.and_then(|shift| shift.average_seconds.zip(shift.p90_seconds)) {
        let time = |seconds| age::short(Duration::from_secs(seconds), texts);
        let text = fill(texts.average, &[("average", &time(average)), ("p90", &time(p90))]);
        say(&[text, none()], theme.quiet, None);
    }
    if let Some(open) = model.aside.unsent.map(|unsent| unsent.open).filter(|open| *open > 0) {
        say(&[fill(texts.unsent, &[("n", &open.to_string())]), none()], theme.quiet, None);
    }
    pieces
}

/// The pieces at the left that fit, whole, and what a click on each does.
fn pieces(model: &Model, theme: &Theme, columns: u16) -> Vec<(Span<'static>, Option<Hit>)> {
    let title = format!(" {}", model.texts().kitchen);
    let connection: usize = connection(model, theme).iter().map(|piece| width(&piece.content)).sum();
    let room = usize::from(columns).saturating_sub(width(&title) + connection);
    let mut said = said(model, theme);
    let needed = |said: &[Piece]| said.iter().filter_map(|piece| Some(width(piece.forms.first()?) + 2)).sum::<usize>();
    while needed(&said) > room {
        let Some(at) = said.iter().rposition(|piece| piece.forms.len() > 1) else { break };
        said[at].forms.remove(0);
        said.retain(|piece| piece.forms.first().is_some_and(|form| !form.is_empty()));
    }
    let mut pieces = vec![(span(title, theme.header), None)];
    for mut piece in said {
        pieces.push((span("  ", theme.text), None));
        pieces.push((span(piece.forms.swap_remove(0), piece.style), piece.hit));
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
