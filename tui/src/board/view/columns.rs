//! The three columns and their cards. Only what is on the screen is laid out, however many orders there are.

use domain::OrderId;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::text::Line;

use super::super::Model;
use super::super::card::Card;
use super::super::news::Kind;
use super::Hit;
use super::face::{Brush, Density, Row};
use super::page::Page;
use super::spans::{span, spread};
use crate::text::{fit, width};
use crate::texts::{count, fill};
use crate::theme::Theme;

/// Below this width only the selected column is shown.
const THREE_COLUMNS: u16 = 66;
/// A column this wide and high gives each card a frame.
const FRAMED: (u16, u16) = (34, 26);
/// A column this wide and high shows numbers across the room.
const LARGE: (u16, u16) = (56, 36);
/// What stands around the title of a column.
const TITLE_FRAME: usize = 4;
/// From this width on there is room enough, and the columns keep their places whatever is in them.
const STEADY: u16 = 100;
/// The least width of a card that stands beside another one.
const CARD: u16 = 30;

/// Draws the columns.
pub(super) fn draw(model: &Model, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    for (column, area) in shown(model, area) {
        draw_column(model, theme, column, area, buffer);
    }
    if area.width < THREE_COLUMNS {
        let names = (0..3).map(|column| heading(model, column)).collect::<Vec<_>>().join(" · ");
        buffer.set_stringn(area.x, area.y, names, usize::from(area.width), theme.quiet);
    }
}

/// The card or column at a place.
pub(super) fn hit(model: &Model, theme: &Theme, area: Rect, at: Position) -> Option<Hit> {
    let (column, area) = shown(model, area).into_iter().find(|(_, area)| area.contains(at))?;
    let [_, body] = title_and_body(area);
    let cards = model.column(column);
    let (brush, page) = laid_out(model, theme, column, &cards, body, model.tops[column])?;
    let card = page.at(body, &brush, at).and_then(|(index, row)| Some((cards.get(index)?, row)));
    Some(card.map_or(Hit::Column(column), |(card, row)| {
        let line = brush.face_in(card, page.rows_of(card.id, &cards)).get(row).and_then(|row| row.item);
        Hit::Card { id: card.id, column, line }
    }))
}

/// The first card of each column: the oldest, but where the selected one would not be on the screen.
pub(super) fn tops(model: &Model, theme: &Theme, area: Rect) -> [usize; 3] {
    let mut tops = model.tops;
    for (column, area) in shown(model, area) {
        let [_, body] = title_and_body(area);
        let cards = model.column(column);
        tops[column] = laid_out(model, theme, column, &cards, body, tops[column]).map_or(0, |(_, page)| page.start);
    }
    tops
}

/// Whether all rows of an item are on the screen.
pub(super) fn shows_item(model: &Model, theme: &Theme, area: Rect, id: OrderId, line: u32) -> bool {
    let rows_of = |rows: &[Row]| rows.iter().filter(|row| row.item == Some(line)).count();
    shown(model, area).into_iter().any(|(column, area)| {
        let [_, body] = title_and_body(area);
        let cards = model.column(column);
        let laid_out = laid_out(model, theme, column, &cards, body, model.tops[column]);
        let card = cards.iter().find(|card| card.id == id);
        laid_out.zip(card).is_some_and(|((brush, page), card)| {
            let seen = rows_of(&brush.face_in(card, page.rows_of(id, &cards)));
            seen > 0 && seen == rows_of(&brush.face(card))
        })
    })
}

/// How many rows the columns need so that every card is whole.
pub(super) fn rows_needed(model: &Model, theme: &Theme, width: u16) -> usize {
    let shown = split(model, Rect::new(0, 0, width.max(THREE_COLUMNS), 1));
    let rows = |column: usize| {
        let brush = Brush { model, theme, density: Density::Compact, columns: usize::from(shown[column].width) };
        model.column(column).iter().map(|card| brush.face(card).len() + 1).sum::<usize>() + 1
    };
    (0..3).map(rows).max().unwrap_or(0)
}

/// The columns on the screen and where: all three, or the selected one below the names of all.
fn shown(model: &Model, area: Rect) -> Vec<(usize, Rect)> {
    if area.width < THREE_COLUMNS {
        let [_, body] = title_and_body(area);
        return vec![(model.place.column, body)];
    }
    split(model, area).into_iter().enumerate().collect()
}

/// The three columns. Where there is little room, an empty one leaves its own to the others, all but that for its title.
fn split(model: &Model, area: Rect) -> [Rect; 3] {
    let is_empty = [0, 1, 2].map(|column| area.width < STEADY && model.is_empty(column));
    let wide = |column: usize| {
        let title = width(&heading(model, column)) + TITLE_FRAME;
        let narrow = title.max(width(empty_text(model)) + 2);
        match is_empty[column] && is_empty != [true; 3] {
            true => Constraint::Length(u16::try_from(narrow).unwrap_or(area.width)),
            false => Constraint::Fill(1),
        }
    };
    Layout::horizontal([0, 1, 2].map(wide)).spacing(1).areas(area)
}

/// What an empty column says.
fn empty_text(model: &Model) -> &'static str {
    if model.query.trim().is_empty() { model.texts().empty } else { model.texts().nothing_found }
}

fn title_and_body(area: Rect) -> [Rect; 2] {
    Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(area)
}

fn heading(model: &Model, column: usize) -> String {
    format!("{} {}", model.texts().columns[column], model.count(column))
}

fn density(model: &Model, area: Rect) -> Density {
    let fits = |least: (u16, u16)| area.width >= least.0 && area.height + 1 >= least.1;
    match () {
        () if model.still => Density::Compact,
        () if fits(LARGE) => Density::Large,
        () if fits(FRAMED) => Density::Framed,
        () => Density::Compact,
    }
}

/// The page of a column that is on the screen; `None` when the column has no card.
fn laid_out<'a>(
    model: &'a Model,
    theme: &'a Theme,
    column: usize,
    cards: &[&Card],
    body: Rect,
    top: usize,
) -> Option<(Brush<'a>, Page)> {
    if cards.is_empty() || body.is_empty() {
        return None;
    }
    let density = density(model, body);
    let most = if density == Density::Large { (body.width / CARD).max(1) } else { 1 };
    let brush = |lanes: u16| {
        let columns = usize::from((body.width - (lanes - 1)) / lanes);
        Brush { model, theme, density, columns }
    };
    // As few cards side by side as possible: each is as wide as it can be.
    let fits = |lanes: &u16| Page::from(&brush(*lanes), cards, 0, *lanes, body.height).end == cards.len();
    let lanes = (1..most).find(fits).unwrap_or(most);
    let brush = brush(lanes);
    // Only for the selection a column is scrolled: the oldest orders are not to be forgotten.
    let (top, row) = if model.selected_column() == Some(column) { (top, model.place.rows[column]) } else { (0, 0) };
    let page = Page::of(&brush, cards, top, row, lanes, body.height);
    Some((brush, page))
}

fn draw_column(model: &Model, theme: &Theme, column: usize, area: Rect, buffer: &mut Buffer) {
    let [title, body] = title_and_body(area);
    let name = vec![span("─ ", theme.frame), span(heading(model, column), theme.title), span(" ", theme.frame)];
    let rule = spread(name, Vec::new(), usize::from(title.width), ('─', theme.frame));
    buffer.set_line(title.x, title.y, &Line::from(rule), title.width);
    let cards = model.column(column);
    let Some((brush, page)) = laid_out(model, theme, column, &cards, body, model.tops[column]) else {
        let text = fit(empty_text(model), usize::from(body.width.saturating_sub(1)));
        if model.loaded && body.height > 1 {
            buffer.set_stringn(body.x + 1, body.y + 1, text, usize::from(body.width - 1), theme.quiet);
        }
        return;
    };
    for (card, place) in cards[page.start..page.end].iter().zip(page.areas(body, &brush)) {
        let rows = (place.top()..place.bottom()).zip(brush.face_in(card, usize::from(place.height)));
        for (y, row) in rows {
            buffer.set_line(place.x, y, &row.line, place.width);
        }
    }
    if page.rows < body.height {
        draw_rest(&brush, &page, &cards, body, buffer);
    }
}

/// How many cards are before and after the page, and what of them cannot wait: in words, or in signs where those do not
/// fit.
fn draw_rest(brush: &Brush<'_>, page: &Page, cards: &[&Card], body: Rect, buffer: &mut Buffer) {
    let (model, theme, texts) = (brush.model, brush.theme, brush.model.texts());
    let sides =
        [(texts.above, texts.above_short, &cards[..page.start]), (texts.below, texts.below_short, &cards[page.end..])];
    let sides = sides.into_iter().filter(|(_, _, part)| !part.is_empty());
    let sides: Vec<_> = sides.map(|(long, short, part)| Rest::new(model, part, long, short)).collect();
    let gap = span("  ", theme.text);
    let needed: usize = sides.iter().map(|side| width(&side.words) + 2).sum();
    let fits = needed <= usize::from(body.width) + 1;
    let mut spans = vec![span(" ", theme.text)];
    for side in sides {
        let style = if side.is_urgent { theme.late } else { theme.warn };
        spans.extend([span(if fits { side.words } else { side.signs }, style), gap.clone()]);
    }
    buffer.set_line(body.x, body.y + page.rows, &Line::from(spans), body.width);
}

/// What is said of the cards before or after a page.
struct Rest {
    words: String,
    signs: String,
    is_urgent: bool,
}

impl Rest {
    fn new(model: &Model, cards: &[&Card], long: &str, short: &str) -> Rest {
        let texts = model.texts();
        let late = cards.iter().filter(|card| model.is_late(card)).count();
        let marked = |kind| cards.iter().filter(|card| model.news.mark(card.id) == Some(kind)).count();
        let (cancelled, new) = (marked(Kind::Cancelled), marked(Kind::New));
        let number = cards.len().to_string();
        let mut rest = Rest {
            words: fill(long, &[("n", &number)]),
            signs: fill(short, &[("n", &number)]),
            is_urgent: late + cancelled > 0,
        };
        let late_sign = fill(texts.late_short, &[("n", &late.to_string())]);
        let sign = |mark: &str, n: usize| format!("{mark} {n}");
        for (n, words, sign) in [
            (late, texts.late_ones, late_sign),
            (cancelled, texts.cancelled_ones, sign(texts.cancelled_mark, cancelled)),
            (new, texts.new_ones, sign(texts.fresh, new)),
        ] {
            if n > 0 {
                rest.words.push_str(&format!(" · {}", count(words, n)));
                rest.signs.push_str(&format!(" {sign}"));
            }
        }
        rest
    }
}
