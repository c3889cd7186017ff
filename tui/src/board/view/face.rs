//! One card as lines.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::super::Model;
use super::super::card::{Card, Item};
use super::super::keys::Action;
use super::age;
use super::spans::{line, padded, span, spread};
use crate::digits::{self, Size};
use crate::text::{fit, width, wrap};
use crate::texts::fill;
use crate::theme::Theme;

/// How much room a card has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Density {
    /// No frame: as many cards as possible.
    Compact,
    /// A frame around each card.
    Framed,
    /// A frame and a number to be read across the room.
    Large,
}

/// What every card is drawn with.
pub(super) struct Brush<'a> {
    pub(super) model: &'a Model,
    pub(super) theme: &'a Theme,
    pub(super) density: Density,
    pub(super) columns: usize,
}

impl Brush<'_> {
    /// The lines of a card, however many it takes.
    pub(super) fn face(&self, card: &Card) -> Vec<Line<'static>> {
        match self.density {
            Density::Compact => self.compact(card),
            Density::Framed | Density::Large => self.framed(card),
        }
    }

    /// The lines of a card in at most `rows`; a cut is said.
    pub(super) fn face_in(&self, card: &Card, rows: usize) -> Vec<Line<'static>> {
        let mut lines = self.face(card);
        let (total, frame) = (lines.len(), usize::from(self.density != Density::Compact));
        if total <= rows || rows < 2 + frame {
            lines.truncate(rows);
            return lines;
        }
        let kept = rows - 1 - frame;
        let hidden = total - kept - frame;
        let places = [("n", &*hidden.to_string()), ("key", &*self.model.keys.key_for(Action::Detail))];
        let more = span(fill(self.model.texts().more_lines, &places), self.theme.error);
        let end = lines.split_off(total - frame);
        lines.truncate(kept);
        lines.push(if frame == 0 { self.plain(card, vec![more]) } else { self.boxed(card, vec![more]) });
        lines.extend(end);
        lines
    }

    fn is_selected(&self, card: &Card) -> bool {
        !self.model.still && self.model.selected == Some(card.id)
    }

    fn number(&self, card: &Card) -> Span<'static> {
        let text = fill(self.model.texts().number, &[("n", &card.number.to_string())]);
        span(text, if self.is_selected(card) { self.theme.selected } else { self.theme.number })
    }

    fn star(&self, card: &Card) -> Span<'static> {
        span(if card.prioritized { "★" } else { "" }, self.theme.warn)
    }

    fn age(&self, card: &Card) -> Span<'static> {
        let settings = &self.model.settings;
        age::shown(card.age(self.model.now), settings.thresholds, self.model.texts(), self.theme)
    }

    /// How it was paid, or that a change is on its way.
    fn method(&self, card: &Card) -> Span<'static> {
        if self.model.pending.contains(&card.id) {
            return span(self.model.texts().sending, self.theme.warn);
        }
        span(self.model.texts().method(card.method), self.theme.quiet)
    }

    fn name(&self, card: &Card, columns: usize) -> Span<'static> {
        match &card.name {
            Some(name) => span(fit(name, columns), self.theme.text),
            None => span(self.model.texts().unnamed, self.theme.quiet),
        }
    }

    fn compact(&self, card: &Card) -> Vec<Line<'static>> {
        let gap = || span(" ", Style::new());
        let star_gap = span(if card.prioritized { " " } else { "" }, Style::new());
        let left = vec![self.bar(card), self.number(card), gap(), self.star(card), star_gap, self.method(card)];
        let mut lines = vec![line(left, vec![gap(), self.age(card)], self.columns)];
        lines.push(self.plain(card, vec![self.name(card, self.columns.saturating_sub(1))]));
        lines.extend(self.items(card, self.columns.saturating_sub(1)).into_iter().map(|spans| self.plain(card, spans)));
        lines
    }

    /// The mark at the left of the selected card, or room for it.
    fn bar(&self, card: &Card) -> Span<'static> {
        if self.is_selected(card) { span("▌", self.theme.title) } else { span(" ", Style::new()) }
    }

    fn plain(&self, card: &Card, mut spans: Vec<Span<'static>>) -> Line<'static> {
        spans.insert(0, self.bar(card));
        Line::from(padded(spans, self.columns))
    }

    fn framed(&self, card: &Card) -> Vec<Line<'static>> {
        let inner = self.columns.saturating_sub(4);
        let mut rows = match self.density {
            Density::Large => self.large_head(card, inner),
            _ => vec![spread(
                vec![self.name(card, inner)],
                vec![span(" ", Style::new()), self.method(card)],
                inner,
                (' ', Style::new()),
            )],
        };
        rows.extend(self.items(card, inner));
        let mut lines = vec![self.lid(card)];
        lines.extend(rows.into_iter().map(|row| self.boxed(card, row)));
        lines.push(self.edge(card, ['└', '─', '┘'], ['┗', '━', '┛'], Vec::new(), Vec::new()));
        lines
    }

    fn lid(&self, card: &Card) -> Line<'static> {
        let blank = || span(" ", Style::new());
        let mut left = vec![blank(), self.number(card), blank()];
        if card.prioritized {
            left.extend([self.star(card), blank()]);
        }
        let right = vec![blank(), self.age(card), blank()];
        self.edge(card, ['┌', '─', '┐'], ['┏', '━', '┓'], left, right)
    }

    fn frame_style(&self, card: &Card) -> Style {
        if self.is_selected(card) { self.theme.title } else { self.theme.frame }
    }

    fn edge(
        &self,
        card: &Card,
        thin: [char; 3],
        thick: [char; 3],
        mut left: Vec<Span<'static>>,
        mut right: Vec<Span<'static>>,
    ) -> Line<'static> {
        let style = self.frame_style(card);
        let [open, rule, close] = if self.is_selected(card) { thick } else { thin };
        left.insert(0, span(format!("{open}{rule}"), style));
        right.push(span(format!("{rule}{close}"), style));
        Line::from(spread(left, right, self.columns, (rule, style)))
    }

    fn boxed(&self, card: &Card, spans: Vec<Span<'static>>) -> Line<'static> {
        let side = if self.is_selected(card) { "┃" } else { "│" };
        let style = self.frame_style(card);
        let mut out = vec![span(format!("{side} "), style)];
        out.extend(padded(spans, self.columns.saturating_sub(4)));
        out.push(span(format!(" {side}"), style));
        Line::from(out)
    }

    /// The number in three rows, with name and payment beside it.
    fn large_head(&self, card: &Card, inner: usize) -> Vec<Vec<Span<'static>>> {
        let style = if self.is_selected(card) { self.theme.title } else { self.theme.number };
        let digits = digits::draw(card.number, Size::Small);
        let beside = inner.saturating_sub(digits.first().map_or(0, |row| width(row)) + 2);
        let facts = [self.name(card, beside), self.method(card), span("", Style::new())];
        let rows = digits.into_iter().zip(facts);
        rows.map(|(row, fact)| vec![span(row, style), span("  ", Style::new()), fact]).collect()
    }

    /// The items with their comments, wrapped: no comment is ever cut.
    pub(super) fn items(&self, card: &Card, columns: usize) -> Vec<Vec<Span<'static>>> {
        card.items.iter().flat_map(|item| self.item(item, columns)).collect()
    }

    /// One item with its comment.
    pub(super) fn item(&self, item: &Item, columns: usize) -> Vec<Vec<Span<'static>>> {
        let (mark, style) = if item.struck { ("✓", self.theme.struck) } else { (" ", self.theme.text) };
        let lead = format!("{mark}{:>2}× ", item.quantity);
        let mut rows = hanging(&lead, &item.name, style, columns);
        let comment = if item.struck { self.theme.struck } else { self.theme.comment };
        rows.extend(item.comment.iter().flat_map(|text| hanging("   » ", text, comment, columns)));
        rows
    }
}

/// A text that starts after `lead` and goes on below itself.
fn hanging(lead: &str, text: &str, style: Style, columns: usize) -> Vec<Vec<Span<'static>>> {
    let indent = width(lead);
    let lines = wrap(text, columns.saturating_sub(indent));
    let row = |(at, text): (usize, String)| {
        let lead = if at == 0 { lead.to_owned() } else { " ".repeat(indent) };
        vec![span(lead, style.remove_modifier(ratatui::style::Modifier::CROSSED_OUT)), span(text, style)]
    };
    lines.into_iter().enumerate().map(row).collect()
}
