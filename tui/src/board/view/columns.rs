//! The three columns and their cards.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;

use super::super::Model;
use super::super::card::Card;
use super::super::moves::COLUMNS;
use super::face::{Brush, Density};
use super::spans::{span, spread};
use crate::texts::fill;
use crate::theme::Theme;

/// Below this width only the selected column is shown.
const THREE_COLUMNS: u16 = 66;
/// A column this wide and high gives each card a frame.
const FRAMED: (u16, u16) = (34, 26);
/// A column this wide and high shows numbers across the room.
const LARGE: (u16, u16) = (56, 36);
/// The least width of a card that stands beside another one.
const CARD: u16 = 30;

/// Draws the columns.
pub(super) fn draw(model: &Model, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    if area.width < THREE_COLUMNS {
        let [title, body] = Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(area);
        let names = (0..3).map(|column| heading(model, column)).collect::<Vec<_>>().join(" · ");
        buffer.set_stringn(title.x, title.y, names, usize::from(title.width), theme.quiet);
        return draw_column(model, theme, model.place.column, body, buffer);
    }
    for (column, area) in split(area).into_iter().enumerate() {
        draw_column(model, theme, column, area, buffer);
    }
}

/// How many rows the columns need so that every card is whole.
pub(super) fn rows_needed(model: &Model, theme: &Theme, width: u16) -> usize {
    let shown = split(Rect::new(0, 0, width.max(THREE_COLUMNS), 1));
    let rows = |column: usize| {
        let brush = Brush { model, theme, density: Density::Compact, columns: usize::from(shown[column].width) };
        model.column(column).iter().map(|card| brush.face(card).len() + 1).sum::<usize>() + 1
    };
    (0..3).map(rows).max().unwrap_or(0)
}

fn split(area: Rect) -> [Rect; 3] {
    Layout::horizontal([Constraint::Fill(1); 3]).spacing(1).areas(area)
}

fn heading(model: &Model, column: usize) -> String {
    format!("{} {}", model.texts().columns[column], model.count(COLUMNS[column]))
}

fn density(model: &Model, area: Rect) -> Density {
    let fits = |least: (u16, u16)| area.width >= least.0 && area.height >= least.1;
    match () {
        () if model.still => Density::Compact,
        () if fits(LARGE) => Density::Large,
        () if fits(FRAMED) => Density::Framed,
        () => Density::Compact,
    }
}

fn draw_column(model: &Model, theme: &Theme, column: usize, area: Rect, buffer: &mut Buffer) {
    let [title, body] = Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(area);
    let name = vec![span("─ ", theme.frame), span(heading(model, column), theme.title), span(" ", theme.frame)];
    let rule = spread(name, Vec::new(), usize::from(title.width), ('─', theme.frame));
    buffer.set_line(title.x, title.y, &Line::from(rule), title.width);

    let cards = model.column(column);
    if cards.is_empty() {
        let text = if model.query.trim().is_empty() { model.texts().empty } else { model.texts().nothing_found };
        if model.loaded && body.height > 1 {
            buffer.set_stringn(body.x + 1, body.y + 1, text, usize::from(body.width - 1), theme.quiet);
        }
        return;
    }
    let density = density(model, area);
    let most = if density == Density::Large { (body.width / CARD).max(1) } else { 1 };
    let brush = |lanes: u16| {
        let columns = usize::from((body.width - (lanes - 1)) / lanes);
        Brush { model, theme, density, columns }
    };
    // As few cards side by side as possible: each is as wide as it can be.
    let fits = |lanes: &u16| Page::from(&brush(*lanes), &cards, 0, *lanes, body.height).end == cards.len();
    let lanes = (1..most).find(fits).unwrap_or(most);
    let brush = brush(lanes);
    let page = Page::of(&brush, &cards, model.place.rows[column], lanes, body.height);
    page.draw(&brush, &cards, body, buffer);
}

/// The run of cards that is on the screen.
struct Page {
    start: usize,
    end: usize,
    /// Each card's lane, first row and rows.
    places: Vec<(u16, u16, u16)>,
    /// Rows for cards; one less than there are when not all cards fit.
    rows: u16,
}

impl Page {
    /// The page with the card at `row`. Pages begin where the one before ended, so that cards do not jump about
    /// while the selection moves within one.
    fn of(brush: &Brush<'_>, cards: &[&Card], row: usize, lanes: u16, rows: u16) -> Page {
        let row = row.min(cards.len() - 1);
        let whole = Page::from(brush, cards, 0, lanes, rows);
        if whole.end == cards.len() {
            return whole;
        }
        let rows = rows.saturating_sub(1).max(1);
        let mut page = Page::from(brush, cards, 0, lanes, rows);
        while page.end <= row {
            page = Page::from(brush, cards, page.end, lanes, rows);
        }
        page
    }

    /// As many cards from `start` on as fit, at least one.
    fn from(brush: &Brush<'_>, cards: &[&Card], start: usize, lanes: u16, rows: u16) -> Page {
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

    fn draw(&self, brush: &Brush<'_>, cards: &[&Card], body: Rect, buffer: &mut Buffer) {
        let lane_width = u16::try_from(brush.columns).unwrap_or(body.width);
        for (card, (lane, y, rows)) in cards[self.start..self.end].iter().zip(&self.places) {
            let x = body.x + lane * (lane_width + 1);
            for (at, line) in (0..*rows).zip(brush.face_in(card, usize::from(*rows))) {
                buffer.set_line(x, body.y + y + at, &line, lane_width);
            }
        }
        if self.rows < body.height {
            self.draw_rest(brush, cards.len(), body, buffer);
        }
    }

    /// How many cards are before and after the page.
    fn draw_rest(&self, brush: &Brush<'_>, cards: usize, body: Rect, buffer: &mut Buffer) {
        let texts = brush.model.texts();
        let part = |text, n: usize| if n > 0 { fill(text, &[("n", &n.to_string())]) } else { String::new() };
        let (above, below) = (part(texts.above, self.start), part(texts.below, cards - self.end));
        let gap = if above.is_empty() || below.is_empty() { "" } else { "  " };
        let text = format!(" {above}{gap}{below}");
        buffer.set_stringn(body.x, body.y + self.rows, text, usize::from(body.width), brush.theme.warn);
    }
}
