//! The run of a column's cards that is on the screen.

use domain::OrderId;
use ratatui::layout::{Position, Rect};

use super::super::card::Card;
use super::face::{Brush, Density};

/// Beyond this many cards nobody pages: the page is built around the card.
const JUMP: usize = 200;

/// The run of cards that is on the screen.
pub(super) struct Page {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Rows for cards; one less than there are when not all cards fit.
    pub(super) rows: u16,
    /// Each card's lane, first row and rows.
    places: Vec<(u16, u16, u16)>,
}

impl Page {
    /// The page with the card at `row`, beginning at `top` if it is there. Otherwise a page begins where the one before
    /// ended, so that cards do not jump about while the selection moves within one.
    pub(super) fn of(brush: &Brush<'_>, cards: &[&Card], top: usize, row: usize, lanes: u16, rows: u16) -> Page {
        let row = row.min(cards.len() - 1);
        let whole = Page::from(brush, cards, 0, lanes, rows);
        if whole.end == cards.len() {
            return whole;
        }
        let rows = rows.saturating_sub(1).max(1);
        // Cards may have gone: no room stays empty below while there are cards above.
        let last = Page::until(brush, cards, cards.len() - 1, lanes, rows);
        let top = top.min(last.start);
        if row < top || row - top > JUMP {
            return Page::until(brush, cards, row, lanes, rows);
        }
        let mut page = Page::from(brush, cards, top, lanes, rows);
        while page.end <= row {
            page = Page::from(brush, cards, page.end.min(last.start), lanes, rows);
        }
        page
    }

    /// As many cards from `start` on as fit, at least one.
    pub(super) fn from(brush: &Brush<'_>, cards: &[&Card], start: usize, lanes: u16, rows: u16) -> Page {
        let gap = u16::from(brush.density == Density::Compact);
        let mut page = Page { start, end: start, places: Vec::new(), rows };
        let (mut lane, mut y) = (0_u16, 0_u16);
        for card in &cards[start..] {
            let needed = u16::try_from(brush.face(card).len()).unwrap_or(u16::MAX);
            if y > 0 && y.saturating_add(needed) > rows {
                lane += 1;
                y = 0;
            }
            if lane >= lanes {
                break;
            }
            page.places.push((lane, y, needed.min(rows)));
            page.end += 1;
            y = y.saturating_add(needed).saturating_add(gap);
        }
        page
    }

    /// The page that ends with the card at `row`, or as near to it as fits.
    fn until(brush: &Brush<'_>, cards: &[&Card], row: usize, lanes: u16, rows: u16) -> Page {
        let gap = u16::from(brush.density == Density::Compact);
        let (mut start, mut lane, mut used) = (row, 0_u16, 0_u16);
        loop {
            let needed = u16::try_from(brush.face(cards[start]).len()).unwrap_or(u16::MAX);
            if used > 0 && used.saturating_add(needed) > rows {
                lane += 1;
                used = 0;
            }
            if lane >= lanes {
                start += 1;
                break;
            }
            used = used.saturating_add(needed).saturating_add(gap);
            if start == 0 {
                break;
            }
            start -= 1;
        }
        let mut page = Page::from(brush, cards, start, lanes, rows);
        while page.end <= row {
            page = Page::from(brush, cards, page.start + 1, lanes, rows);
        }
        page
    }

    /// Where each card is.
    pub(super) fn areas(&self, body: Rect, brush: &Brush<'_>) -> impl Iterator<Item = Rect> {
        let width = u16::try_from(brush.columns).unwrap_or(body.width);
        self.places.iter().map(move |(lane, y, rows)| Rect::new(body.x + lane * (width + 1), body.y + y, width, *rows))
    }

    /// The card at a place, by its place in the column, and the row within it.
    pub(super) fn at(&self, body: Rect, brush: &Brush<'_>, at: Position) -> Option<(usize, usize)> {
        let (index, area) = self.areas(body, brush).enumerate().find(|(_, area)| area.contains(at))?;
        Some((self.start + index, usize::from(at.y - area.y)))
    }

    /// How many rows a card on this page has.
    pub(super) fn rows_of(&self, id: OrderId, cards: &[&Card]) -> usize {
        let place = cards[self.start..self.end].iter().zip(&self.places).find(|(card, _)| card.id == id);
        place.map_or(0, |(_, (_, _, rows))| usize::from(*rows))
    }
}
