//! One card as lines.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use domain::OrderStatus;

use super::super::Model;
use super::super::card::{Cancellation, Card, Item};
use super::super::keys::Action;
use super::super::lens::Lens;
use super::super::news::Kind;
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

/// One row of a card, and the item that it is about.
pub(super) struct Row {
    pub(super) line: Line<'static>,
    pub(super) item: Option<u32>,
}

impl From<Line<'static>> for Row {
    fn from(line: Line<'static>) -> Self {
        Row { line, item: None }
    }
}

/// Pieces of a row, and the item that it is about.
type Pieces = (Option<u32>, Vec<Span<'static>>);

impl Brush<'_> {
    /// The rows of a card, however many it takes.
    pub(super) fn face(&self, card: &Card) -> Vec<Row> {
        match self.density {
            Density::Compact => self.compact(card),
            Density::Framed | Density::Large => self.framed(card),
        }
    }

    /// The rows of a card in at most `rows`; a cut is said.
    pub(super) fn face_in(&self, card: &Card, rows: usize) -> Vec<Row> {
        let mut lines = self.face(card);
        let (total, frame) = (lines.len(), usize::from(self.density != Density::Compact));
        if total <= rows || rows < 2 + frame {
            lines.truncate(rows);
            return lines;
        }
        let kept = rows - 1 - frame;
        let hidden = total - kept - frame;
        let places = [("n", &*hidden.to_string()), ("key", &*self.model.key(Action::Detail))];
        let more = span(fill(self.model.texts().more_lines, &places), self.theme.error);
        let end = lines.split_off(total - frame);
        lines.truncate(kept);
        lines.push(if frame == 0 { self.plain(card, vec![more]) } else { self.boxed(card, vec![more]) }.into());
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

    /// What is special about it: a change on its way, in front, new, changed.
    fn marks(&self, card: &Card) -> Vec<Span<'static>> {
        let texts = self.model.texts();
        let mut marks = Vec::new();
        if self.model.is_sending(card.id) {
            marks.extend([span(texts.sending, self.theme.warn), span(" ", Style::new())]);
            return marks;
        }
        if card.cancelled.is_some() {
            marks.push(span(format!(" {} ", texts.cancelled_mark), self.theme.cancelled));
            marks.push(span(" ", Style::new()));
            return marks;
        }
        if card.prioritized {
            marks.extend([span("★", self.theme.warn), span(" ", Style::new())]);
        }
        let mark = match self.model.news.mark(card.id) {
            Some(Kind::New) => texts.fresh,
            Some(Kind::Changed) => texts.changed_mark,
            Some(Kind::Cancelled) | None => return marks,
        };
        marks.extend([span(mark, self.theme.fresh), span(" ", Style::new())]);
        marks
    }

    fn age(&self, card: &Card) -> Span<'static> {
        let settings = &self.model.settings;
        age::shown(card.age(self.model.now), settings.thresholds, self.model.texts(), self.theme)
    }

    /// How it was paid, or that a change is about to be sent.
    fn method(&self, card: &Card) -> Span<'static> {
        let texts = self.model.texts();
        if let Some(held) = self.model.held.iter().find(|held| held.id == card.id) {
            let seconds = held.until.since(self.model.now).as_millis().div_ceil(1000);
            let mark = if held.first { "★" } else { "☆" };
            return span(format!("{mark} {}", fill(texts.held_card, &[("s", &seconds.to_string())])), self.theme.warn);
        }
        span(texts.method(card.method), self.theme.quiet)
    }

    fn name(&self, card: &Card, columns: usize) -> Span<'static> {
        match &card.name {
            Some(name) => span(fit(name, columns), self.theme.text),
            None => span(self.model.texts().unnamed, self.theme.quiet),
        }
    }

    fn compact(&self, card: &Card) -> Vec<Row> {
        let gap = || span(" ", Style::new());
        let mut left = vec![self.bar(card), self.number(card), gap()];
        left.extend(self.marks(card));
        if let Some(cancelled) = card.cancelled.as_ref().filter(|_| !self.is_selected(card)) {
            return self.collapsed(card, left, cancelled);
        }
        left.push(self.method(card));
        let mut rows: Vec<Row> = vec![line(left, vec![gap(), self.age(card)], self.columns).into()];
        let inner = self.columns.saturating_sub(1);
        rows.push(self.plain(card, vec![self.name(card, inner)]).into());
        let body = self.body(card, inner).into_iter();
        rows.extend(body.map(|(item, spans)| Row { line: self.plain(card, spans), item }));
        rows
    }

    /// A cancelled card among others: that it is cancelled, and why. All of it is shown when it is selected.
    fn collapsed(&self, card: &Card, left: Vec<Span<'static>>, cancelled: &Cancellation) -> Vec<Row> {
        let texts = self.model.texts();
        let places = [("role", texts.role(cancelled.role)), ("reason", &cancelled.reason)];
        let why = fit(&fill(texts.cancelled_brief, &places), self.columns.saturating_sub(1));
        let head = line(left, Vec::new(), self.columns);
        vec![head.into(), self.plain(card, vec![span(why, self.theme.error)]).into()]
    }

    /// Who cancelled it and why, and how to say that this was seen.
    pub(super) fn cancelled_by(&self, card: &Card) -> Option<String> {
        let texts = self.model.texts();
        let cancelled = card.cancelled.as_ref()?;
        let at = self.model.settings.time_of_day(cancelled.at);
        let key = self.model.key(Action::Bump);
        let places = [("role", texts.role(cancelled.role)), ("at", &at), ("reason", &cancelled.reason), ("key", &key)];
        Some(fill(texts.cancelled_by, &places))
    }

    /// What to make, who else has something to make of it, or who cancelled it.
    fn body(&self, card: &Card, columns: usize) -> Vec<Pieces> {
        let texts = self.model.texts();
        let mut rows = Vec::new();
        if let Some(text) = self.cancelled_by(card) {
            rows.extend(wrap(&text, columns).into_iter().map(|text| (None, vec![span(text, self.theme.error)])));
        }
        for item in self.model.seen_items(card) {
            let chosen = self.model.item == Some((card.id, item.line)) && self.is_selected(card);
            rows.extend(self.item(item, columns, chosen).into_iter().map(|spans| (Some(item.line), spans)));
        }
        let others = self.model.owed_elsewhere(card);
        let shows = card.cancelled.is_none() && !others.is_empty() && card.status != OrderStatus::Paid;
        if shows {
            let text = match (&self.model.lens, self.model.has_work(card)) {
                (Lens::All, _) => texts.owes,
                (_, true) => texts.also,
                (_, false) => texts.elsewhere,
            };
            let lines = wrap(&fill(text, &[("what", &others)]), columns.saturating_sub(1));
            rows.extend(lines.into_iter().map(|text| (None, vec![span(format!(" {text}"), self.theme.owed)])));
        }
        rows
    }

    /// The mark at the left of the selected card, or room for it.
    fn bar(&self, card: &Card) -> Span<'static> {
        if self.is_selected(card) { span("▌", self.theme.title) } else { span(" ", Style::new()) }
    }

    fn plain(&self, card: &Card, mut spans: Vec<Span<'static>>) -> Line<'static> {
        spans.insert(0, self.bar(card));
        Line::from(padded(spans, self.columns))
    }

    fn framed(&self, card: &Card) -> Vec<Row> {
        let inner = self.columns.saturating_sub(4);
        let head = match self.density {
            Density::Large => self.large_head(card, inner),
            _ => vec![spread(
                vec![self.name(card, inner)],
                vec![span(" ", Style::new()), self.method(card)],
                inner,
                (' ', Style::new()),
            )],
        };
        let mut rows: Vec<Row> = vec![self.lid(card).into()];
        rows.extend(head.into_iter().map(|spans| self.boxed(card, spans).into()));
        let body = self.body(card, inner).into_iter();
        rows.extend(body.map(|(item, spans)| Row { line: self.boxed(card, spans), item }));
        rows.push(self.edge(card, ['└', '─', '┘'], ['┗', '━', '┛'], Vec::new(), Vec::new()).into());
        rows
    }

    fn lid(&self, card: &Card) -> Line<'static> {
        let blank = || span(" ", Style::new());
        let mut left = vec![blank(), self.number(card), blank()];
        left.extend(self.marks(card));
        let right = vec![blank(), self.age(card), blank()];
        self.edge(card, ['┌', '─', '┐'], ['┏', '━', '┓'], left, right)
    }

    fn frame_style(&self, card: &Card) -> Style {
        let thresholds = self.model.settings.thresholds;
        let age = card.age(self.model.now);
        match () {
            () if self.is_selected(card) => self.theme.title,
            () if card.cancelled.is_some() => self.theme.error,
            () if age >= thresholds.late => self.theme.late_frame,
            () if age >= thresholds.warn => self.theme.warn_frame,
            () => self.theme.frame,
        }
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

    /// One item with its comment, wrapped: no comment is ever cut.
    pub(super) fn item(&self, item: &Item, columns: usize, chosen: bool) -> Vec<Vec<Span<'static>>> {
        let (mark, style) = if item.struck { ("✓", self.theme.struck) } else { (" ", self.theme.text) };
        let (mark, style) = if chosen { ("▸", style.patch(self.theme.title)) } else { (mark, style) };
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
