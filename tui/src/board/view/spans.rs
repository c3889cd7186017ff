//! Lines made of pieces with a style each, cut and padded to a width.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::text::{fit, width};

/// A piece of a line.
pub(super) fn span(text: impl Into<String>, style: Style) -> Span<'static> {
    Span::styled(text.into(), style)
}

fn width_of(spans: &[Span<'_>]) -> usize {
    spans.iter().map(|span| width(&span.content)).sum()
}

/// The pieces in at most `columns`; the last that does not fit is shortened.
fn cut(spans: Vec<Span<'static>>, columns: usize) -> Vec<Span<'static>> {
    let mut left = columns;
    let mut out = Vec::with_capacity(spans.len());
    for piece in spans {
        let text = fit(&piece.content, left);
        left -= width(&text).min(left);
        out.push(span(text, piece.style));
        if left == 0 {
            break;
        }
    }
    out
}

/// Pieces at the left and at the right with `filler` between them. The right ones are kept whole as long as possible.
pub(super) fn spread(
    left: Vec<Span<'static>>,
    right: Vec<Span<'static>>,
    columns: usize,
    filler: (char, Style),
) -> Vec<Span<'static>> {
    let right = cut(right, columns);
    let left = cut(left, columns - width_of(&right).min(columns));
    let gap = columns.saturating_sub(width_of(&left) + width_of(&right));
    let mut out = left;
    out.push(span(filler.0.to_string().repeat(gap), filler.1));
    out.extend(right);
    out
}

/// The pieces, blank up to `columns`.
pub(super) fn padded(spans: Vec<Span<'static>>, columns: usize) -> Vec<Span<'static>> {
    spread(spans, Vec::new(), columns, (' ', Style::new()))
}

/// A whole line of pieces at the left and right.
pub(super) fn line(left: Vec<Span<'static>>, right: Vec<Span<'static>>, columns: usize) -> Line<'static> {
    Line::from(spread(left, right, columns, (' ', Style::new())))
}
