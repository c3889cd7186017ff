use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Alignment, Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::{Paragraph, Widget};

use super::Model;
use crate::banner;
use crate::digits::{self, Size};
use crate::text::fit;
use crate::texts::fill;
use crate::theme::Theme;

/// The sizes of numbers, largest first.
const SIZES: [Size; 6] = [Size::Points(4), Size::Points(3), Size::Points(2), Size::Points(1), Size::Small, Size::Plain];

/// Draws the pick-up screen: what is being prepared at the left, what is ready at the right.
pub fn draw(model: &Model, frame: &mut Frame<'_>) {
    let theme = Theme::new(model.settings.look);
    let texts = model.settings.texts();
    let lost = banner::lines(&model.settings, model.link.trust(model.now), frame.area().width);
    let banner = u16::try_from(lost.len()).unwrap_or(1);
    let rows = [Constraint::Length(banner), Constraint::Fill(1), Constraint::Length(1)];
    let [top, body, foot] = Layout::vertical(rows).areas(frame.area());
    let halves = [Constraint::Fill(2), Constraint::Fill(3)];
    let [left, right] = Layout::horizontal(halves).spacing(2).areas(body);
    let buffer = frame.buffer_mut();
    let blinks = model.now.seconds() % 2 == 0;
    let ready = |number| if model.is_fresh(number) && blinks { theme.selected } else { theme.good };
    half(texts.panel_preparing, &model.numbers.preparing, &theme, left, buffer, |_| theme.text);
    let called = model.ready();
    half(texts.panel_ready, &called, &theme, right, buffer, ready);
    if !called.is_empty() {
        let numbers = called.iter().map(u32::to_string).collect::<Vec<_>>().join(" · ");
        let text = fill(texts.panel_call, &[("numbers", &numbers)]);
        Paragraph::new(fit(&text, usize::from(foot.width)))
            .alignment(Alignment::Center)
            .style(theme.quiet)
            .render(foot, buffer);
    }
    if !lost.is_empty() {
        buffer.set_style(body, theme.stale);
        banner::draw(&lost, &theme, top, buffer);
    }
}

fn half(title: &str, numbers: &[u32], theme: &Theme, area: Rect, buffer: &mut Buffer, style: impl Fn(u32) -> Style) {
    let [head, body] = Layout::vertical([Constraint::Length(3), Constraint::Fill(1)]).areas(area);
    let rule = "─".repeat(usize::from(head.width));
    let lines = vec![Line::default(), Line::styled(title.to_owned(), theme.title), Line::styled(rule, theme.frame)];
    Paragraph::new(lines).alignment(Alignment::Center).render(head, buffer);
    if body.is_empty() || numbers.is_empty() {
        return;
    }
    let grid = Grid::largest(numbers, body);
    let shown = if grid.cells < numbers.len() { grid.cells.saturating_sub(1) } else { numbers.len() };
    for (at, number) in numbers[..shown].iter().enumerate() {
        let (x, y) = grid.place(at, body);
        for (row, text) in (y..body.bottom()).zip(digits::draw(*number, grid.size)) {
            buffer.set_stringn(x, row, text, usize::from(body.right().saturating_sub(x)), style(*number));
        }
    }
    if shown < numbers.len() {
        let more = format!("+{}", numbers.len() - shown);
        let (x, y) = grid.place(shown, body);
        buffer.set_stringn(x, y, more, usize::from(body.right().saturating_sub(x)), theme.quiet);
    }
}

/// Numbers of one size in rows, from the top left.
struct Grid {
    size: Size,
    columns: usize,
    cells: usize,
    cell: (u16, u16),
}

impl Grid {
    /// The largest numbers that all fit; the smallest when none do.
    fn largest(numbers: &[u32], area: Rect) -> Grid {
        let digits = numbers.iter().map(|number| number.to_string().len()).max().unwrap_or(1);
        let digits = u16::try_from(digits).unwrap_or(1);
        let grids = SIZES.map(|size| Grid::new(size, digits, area));
        let [.., smallest] = SIZES;
        grids.into_iter().find(|grid| grid.cells >= numbers.len()).unwrap_or_else(|| Grid::new(smallest, digits, area))
    }

    fn new(size: Size, digits: u16, area: Rect) -> Grid {
        let gap = match size {
            Size::Points(scale) => (scale * 4, scale),
            Size::Small => (3, 1),
            Size::Plain => (2, 0),
        };
        let (wide, high) = (size.columns(digits.min(10)), size.rows());
        let fit = |room: u16, one: u16, gap: u16| usize::from((room + gap) / (one + gap));
        let columns = fit(area.width.saturating_sub(2), wide, gap.0);
        let rows = fit(area.height.saturating_sub(1), high, gap.1);
        Grid { size, columns, cells: columns * rows, cell: (wide + gap.0, high + gap.1) }
    }

    fn place(&self, at: usize, area: Rect) -> (u16, u16) {
        let columns = self.columns.max(1);
        let offset = |at: usize, one: u16| u16::try_from(at).unwrap_or(u16::MAX).saturating_mul(one);
        let x = (area.x + 1).saturating_add(offset(at % columns, self.cell.0));
        let y = (area.y + 1).saturating_add(offset(at / columns, self.cell.1));
        (x.min(area.right().saturating_sub(1)), y.min(area.bottom().saturating_sub(1)))
    }
}
