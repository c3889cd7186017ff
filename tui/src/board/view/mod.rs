//! The board as it is drawn. Nothing is decided here.

mod age;
mod columns;
mod dialogs;
mod face;
mod footer;
mod header;
mod hit;
mod page;
mod popup;
mod spans;

use domain::OrderId;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::widgets::{Paragraph, Wrap};

pub use hit::{Hit, hit};

use super::Model;
use crate::banner;
use crate::texts::fill;
use crate::theme::Theme;

/// Below this many columns or rows there is only a message.
const SMALLEST: (u16, u16) = (40, 10);
/// From this many rows on the banner is three rows high.
const TALL: u16 = 40;

/// Draws the board.
pub fn draw(model: &Model, frame: &mut Frame<'_>) {
    let area = frame.area();
    if is_too_small(area) {
        return too_small(model, frame);
    }
    let theme = Theme::new(model.settings.look);
    let notice = footer::notice(model, &theme, area.width);
    let lost = banner::lines(&model.settings, model.trust(), area.width);
    let [top, banner, body, below, bar] = areas(model, area, notice.len());
    let buffer = frame.buffer_mut();
    header::draw(model, &theme, top, buffer);
    columns::draw(model, &theme, body, buffer);
    if model.is_stale() {
        buffer.set_style(body, theme.stale);
        banner::draw(&lost, &theme, banner, buffer);
    }
    if !model.still {
        footer::draw_lines(&notice, below, buffer);
        footer::draw_bar(model, &theme, bar, area.height, buffer);
    }
    if let Some(popup) = dialogs::popup(model, &theme, body) {
        popup.draw(&theme, body, buffer);
    }
}

fn is_too_small(area: Rect) -> bool {
    area.width < SMALLEST.0 || area.height < SMALLEST.1
}

/// The first card of each column that keeps the selected one on a screen of the model's size.
pub(super) fn tops(model: &Model) -> [usize; 3] {
    let theme = Theme::new(model.settings.look);
    body(model, &theme).map_or(model.tops, |body| columns::tops(model, &theme, body))
}

/// Whether all of an item can be seen on its card.
pub(super) fn shows_item(model: &Model, id: OrderId, line: u32) -> bool {
    let theme = Theme::new(model.settings.look);
    body(model, &theme).is_some_and(|body| columns::shows_item(model, &theme, body, id, line))
}

/// How many lines of the dialog that is open do not fit.
pub(super) fn overflow(model: &Model) -> usize {
    let theme = Theme::new(model.settings.look);
    let popup = body(model, &theme).and_then(|body| Some((dialogs::popup(model, &theme, body)?, body)));
    popup.map_or(0, |(popup, body)| popup.overflow(body))
}

/// Where the cards are on a screen of the model's size; `None` when that is too small for any.
fn body(model: &Model, theme: &Theme) -> Option<Rect> {
    let area = Rect::new(0, 0, model.size.0, model.size.1);
    let notice = footer::notice(model, theme, area.width);
    let [_, _, body, _, _] = areas(model, area, notice.len());
    Some(body).filter(|_| !is_too_small(area))
}

/// How many rows a picture of this width needs so that no card is cut.
pub fn rows_needed(model: &Model, width: u16) -> u16 {
    let theme = Theme::new(model.settings.look);
    let rows = columns::rows_needed(model, &theme, width).saturating_add(1);
    u16::try_from(rows).unwrap_or(u16::MAX).max(SMALLEST.1)
}

fn areas(model: &Model, area: Rect, notice: usize) -> [Rect; 5] {
    let least = match (model.is_stale(), area.height >= TALL) {
        (false, _) => 0,
        (true, false) => 1,
        (true, true) => 3,
    };
    let banner = banner::lines(&model.settings, model.trust(), area.width).len();
    let banner = u16::try_from(banner).unwrap_or(1).max(least);
    let bar = if model.still { 0 } else { footer::bar_rows(model, area.width, area.height) };
    let notice = if model.still { 0 } else { u16::try_from(notice).unwrap_or(1).max(1) };
    let rows = [
        Constraint::Length(1),
        Constraint::Length(banner),
        Constraint::Fill(1),
        Constraint::Length(notice),
        Constraint::Length(bar),
    ];
    Layout::vertical(rows).areas(area)
}

fn too_small(model: &Model, frame: &mut Frame<'_>) {
    let area = frame.area();
    let (w, h) = (area.width.to_string(), area.height.to_string());
    let min = format!("{}×{}", SMALLEST.0, SMALLEST.1);
    let text = fill(model.texts().too_small, &[("w", &w), ("h", &h), ("min", &min)]);
    frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: true }), area);
}
