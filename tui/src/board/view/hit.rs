//! What is at a place of the screen: found out from the same layout that is drawn.

use domain::OrderId;
use ratatui::layout::{Position, Rect};

use super::super::Model;
use super::super::keys::Action;
use super::super::model::Mode;
use super::{areas, columns, dialogs, footer, header, is_too_small};
use crate::theme::Theme;

/// Something that can be clicked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hit {
    /// A card, and the line of the order's item that is there, if any.
    Card {
        /// The order.
        id: OrderId,
        /// Its column.
        column: usize,
        /// The item's line, from 1.
        line: Option<u32>,
    },
    /// A column, beside its cards.
    Column(usize),
    /// A key of the bar.
    Action(Action),
    /// The count of late orders.
    Late,
    /// The name of the category or station that is looked at.
    Lens,
    /// The search in the header, or what it hides.
    Search,
    /// A row of the dialog that can be chosen, from 0.
    Row(usize),
    /// The dialog's yes.
    Yes,
    /// The dialog's no.
    No,
    /// The dialog, beside anything that can be chosen.
    Inside,
}

/// What is at a place of the screen.
pub fn hit(model: &Model, x: u16, y: u16) -> Option<Hit> {
    let area = Rect::new(0, 0, model.size.0, model.size.1);
    if is_too_small(area) || model.still || !area.contains(Position { x, y }) {
        return None;
    }
    let theme = Theme::new(model.settings.look);
    let notice = footer::notice(model, &theme, area.width);
    let [top, _, body, _, bar] = areas(model, area, notice.len());
    let at = Position { x, y };
    if bar.contains(at) {
        return footer::hit(model, bar, area.height, at).map(Hit::Action);
    }
    if !matches!(model.mode, Mode::Board | Mode::Search) {
        return dialogs::popup(model, &theme, body).and_then(|popup| popup.hit(body, at));
    }
    if top.contains(at) {
        return header::hit(model, &theme, top, x);
    }
    if body.contains(at) { columns::hit(model, &theme, body, at) } else { None }
}
