//! How things look, by what they mean. Only the sixteen colours of every terminal, on its own background.

use ratatui::style::{Color, Modifier, Style};

/// Which colours there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Look {
    /// Letters in light colours, for a dark terminal.
    #[default]
    Dark,
    /// Letters in dark colours, for a light terminal.
    Light,
    /// None: bold, dim and reversed letters only.
    Plain,
}

/// The style of each meaning.
#[derive(Debug, Clone, Copy)]
pub struct Theme {
    /// Ordinary text.
    pub text: Style,
    /// What is less important.
    pub quiet: Style,
    /// Titles of columns and dialogs.
    pub title: Style,
    /// The line at the top.
    pub header: Style,
    /// A pick-up number.
    pub number: Style,
    /// How an item is wanted.
    pub comment: Style,
    /// What others have still to make of an order.
    pub owed: Style,
    /// An item that is done.
    pub struck: Style,
    /// Past the first threshold.
    pub warn: Style,
    /// Past the second threshold.
    pub late: Style,
    /// A number that may be picked up, an answer that came.
    pub good: Style,
    /// The frame and number of the selected card.
    pub selected: Style,
    /// A frame.
    pub frame: Style,
    /// The frame of a card past the first threshold.
    pub warn_frame: Style,
    /// The frame of a card past the second threshold.
    pub late_frame: Style,
    /// The full-width banner of a lost connection.
    pub banner: Style,
    /// Laid over what may be out of date.
    pub stale: Style,
    /// A refusal.
    pub error: Style,
    /// A key in the help bar.
    pub key: Style,
    /// The mark `SANDBOX`.
    pub sandbox: Style,
    /// The mark of an order that nobody has looked at yet, or that changed.
    pub fresh: Style,
    /// The mark of an order that was cancelled.
    pub cancelled: Style,
}

impl Theme {
    /// The theme of a look.
    pub const fn new(look: Look) -> Self {
        match look {
            Look::Dark => Theme::dark(),
            Look::Light => Theme::light(),
            Look::Plain => Theme::plain(),
        }
    }

    const fn plain() -> Self {
        let plain = Style::new();
        let bold = plain.add_modifier(Modifier::BOLD);
        let dim = plain.add_modifier(Modifier::DIM);
        let reversed = bold.add_modifier(Modifier::REVERSED);
        Theme {
            text: plain,
            quiet: dim,
            title: bold,
            header: bold,
            number: bold,
            comment: bold,
            owed: plain,
            struck: dim.add_modifier(Modifier::CROSSED_OUT),
            warn: bold,
            late: reversed,
            good: bold,
            selected: reversed,
            frame: dim,
            warn_frame: plain,
            late_frame: bold,
            banner: reversed,
            stale: dim,
            error: bold,
            key: bold,
            sandbox: reversed,
            fresh: reversed,
            cancelled: reversed,
        }
    }

    const fn dark() -> Self {
        let plain = Style::new();
        let bold = plain.add_modifier(Modifier::BOLD);
        Theme {
            title: bold.fg(Color::Cyan),
            comment: bold.fg(Color::Magenta),
            warn: bold.fg(Color::Yellow),
            late: bold.fg(Color::Red),
            good: bold.fg(Color::Green),
            frame: plain.fg(Color::DarkGray),
            warn_frame: plain.fg(Color::Yellow),
            late_frame: plain.fg(Color::Red),
            quiet: plain.fg(Color::DarkGray),
            struck: plain.fg(Color::DarkGray).add_modifier(Modifier::CROSSED_OUT),
            banner: bold.fg(Color::White).bg(Color::Red),
            stale: plain.fg(Color::DarkGray).remove_modifier(Modifier::BOLD),
            error: bold.fg(Color::Red),
            key: bold.fg(Color::Cyan),
            sandbox: bold.fg(Color::Black).bg(Color::Yellow),
            fresh: bold.fg(Color::Black).bg(Color::Green),
            cancelled: bold.fg(Color::White).bg(Color::Red),
            ..Theme::plain()
        }
    }

    /// Without yellow and cyan letters, which nobody reads on white.
    const fn light() -> Self {
        let bold = Style::new().add_modifier(Modifier::BOLD);
        Theme {
            title: bold.fg(Color::Blue),
            comment: bold.fg(Color::Magenta),
            warn: bold.fg(Color::Black).bg(Color::Yellow),
            warn_frame: bold,
            key: bold.fg(Color::Blue),
            ..Theme::dark()
        }
    }
}
