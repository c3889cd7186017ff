//! A framed box in the middle of the screen.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType, Clear, Widget};

use super::hit::Hit;
use super::spans::span;
use crate::text::{fit, width};
use crate::theme::Theme;

/// A box with a title and lines; where not all fit, it shows those from `first` on.
pub(super) struct Popup {
    title: String,
    pub(super) lines: Vec<Line<'static>>,
    /// What a click does: line, columns of the line, and what is there.
    hits: Vec<(usize, std::ops::Range<usize>, Hit)>,
    pub(super) first: usize,
}

impl Popup {
    pub(super) fn new(title: impl Into<String>) -> Self {
        Popup { title: title.into(), lines: Vec::new(), hits: Vec::new(), first: 0 }
    }

    pub(super) fn push(&mut self, line: impl Into<Line<'static>>) {
        self.lines.push(line.into());
    }

    /// A line that is one thing to click.
    pub(super) fn push_hit(&mut self, line: impl Into<Line<'static>>, hit: Hit) {
        self.hits.push((self.lines.len(), 0..usize::MAX, hit));
        self.push(line);
    }

    /// A line of things to click.
    pub(super) fn push_hits(&mut self, pieces: Vec<(ratatui::text::Span<'static>, Option<Hit>)>) {
        let mut x = 0;
        let mut spans = Vec::new();
        for (piece, hit) in pieces {
            let wide = width(&piece.content);
            self.hits.extend(hit.map(|hit| (self.lines.len(), x..x + wide, hit)));
            x += wide;
            spans.push(piece);
        }
        self.push(Line::from(spans));
    }

    /// A blank line and a hint.
    pub(super) fn hint(&mut self, text: &str, theme: &Theme) {
        self.push(Line::default());
        self.push(Line::from(span(text, theme.quiet)));
    }

    fn shape(&self, area: Rect) -> Rect {
        let wide = self.lines.iter().map(Line::width).chain([width(&self.title)]).max().unwrap_or(0);
        let clamp = |value: usize, most: u16| u16::try_from(value).unwrap_or(most).min(most);
        let (columns, rows) = (clamp(wide + 4, area.width), clamp(self.lines.len() + 2, area.height));
        let x = area.x + (area.width - columns) / 2;
        let y = area.y + (area.height - rows) / 2;
        Rect::new(x, y, columns, rows)
    }

    fn first(&self, shape: Rect) -> usize {
        self.first.min(self.lines.len().saturating_sub(usize::from(shape.height.saturating_sub(2))))
    }

    /// How many lines do not fit.
    pub(super) fn overflow(&self, area: Rect) -> usize {
        self.lines.len().saturating_sub(usize::from(self.shape(area).height.saturating_sub(2)))
    }

    pub(super) fn draw(&self, theme: &Theme, area: Rect, buffer: &mut Buffer) {
        let shape = self.shape(area);
        Clear.render(shape, buffer);
        let title = fit(&self.title, usize::from(shape.width.saturating_sub(2)));
        let mut block = Block::bordered().border_type(BorderType::Rounded).border_style(theme.title).title(title);
        let first = self.first(shape);
        let below = self.overflow(area).saturating_sub(first);
        let signs = [("▲", first), ("▼", below)].into_iter().filter(|(_, lines)| *lines > 0);
        let signs = signs.map(|(sign, lines)| format!(" {sign} {lines} ")).collect::<String>();
        if !signs.is_empty() {
            block = block.title_bottom(Line::from(span(signs, theme.warn)).right_aligned());
        }
        let inner = block.inner(shape);
        block.render(shape, buffer);
        for (y, line) in (inner.top()..inner.bottom()).zip(&self.lines[first..]) {
            buffer.set_line(inner.x + 1, y, line, inner.width.saturating_sub(2));
        }
    }

    /// What is at a place; `None` outside of the box.
    pub(super) fn hit(&self, area: Rect, at: Position) -> Option<Hit> {
        let shape = self.shape(area);
        if !shape.contains(at) {
            return None;
        }
        let inside = |from: u16, at: u16, margin: u16| Some(usize::from(at.checked_sub(from + margin)?));
        let place = inside(shape.x, at.x, 2).zip(inside(shape.y, at.y, 1));
        let found = place.and_then(|(x, y)| {
            let line = y + self.first(shape);
            self.hits.iter().find(|(at, columns, _)| *at == line && columns.contains(&x)).map(|(_, _, hit)| *hit)
        });
        Some(found.unwrap_or(Hit::Inside))
    }
}
