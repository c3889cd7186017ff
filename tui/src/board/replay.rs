//! A recording played back: in a terminal at the speed it happened, or its last screen as text.

use std::path::Path;
use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use domain::Timestamp;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout};
use ratatui::text::Line;

use super::record::{self, RecordError};
use super::{Model, Msg, update, view};
use crate::error::BoardError;
use crate::runtime::{self, App, Step};
use crate::text::fit;
use crate::texts::fill;
use crate::theme::Theme;

/// Plays a recording on this terminal until somebody quits.
///
/// # Errors
/// When the file is no recording, or there is no terminal.
pub async fn play(path: &Path) -> Result<(), BoardError> {
    runtime::run(Player::open(path)?).await
}

/// The last screen of a recording as text, as large as it was.
///
/// # Errors
/// When the file is no recording.
pub fn last(path: &Path) -> Result<String, BoardError> {
    let mut player = Player::open(path)?;
    player.end();
    let (columns, rows) = player.model.size;
    Ok(crate::frame::draw(columns, rows, |frame| view::draw(&player.model, frame)))
}

/// A recording and how far it was played.
struct Player {
    model: Model,
    messages: std::vec::IntoIter<Msg>,
    all: usize,
    next: Option<Msg>,
    /// The time in the recording, and the real time when it was that.
    clock: Timestamp,
    real: Option<Timestamp>,
    is_paused: bool,
}

/// What can happen to the player.
enum Happened {
    Tick(Timestamp),
    Key(KeyEvent),
    Resize,
}

/// What the player asks for.
enum Asked {
    Suspend,
    Quit,
}

impl Player {
    fn open(path: &Path) -> Result<Self, BoardError> {
        let file = std::fs::File::open(path).map_err(RecordError::from)?;
        let (model, messages) = record::read(file)?;
        let (clock, all) = (model.now, messages.len());
        Ok(Player { model, messages: messages.into_iter(), all, next: None, clock, real: None, is_paused: false })
    }

    /// Takes the next message in, if it is not later than `until`.
    fn step(&mut self, until: Timestamp) -> bool {
        let next = self.next.take().or_else(|| self.messages.next());
        match next {
            Some(Msg::Tick(at)) if at > until => {
                self.next = Some(Msg::Tick(at));
                false
            }
            Some(msg) => {
                // What the board asked for then was done then.
                let _ = update(&mut self.model, msg);
                true
            }
            None => false,
        }
    }

    fn end(&mut self) {
        while self.step(Timestamp::from_millis(i64::MAX)) {}
        self.clock = self.model.now;
    }

    fn tick(&mut self, now: Timestamp) {
        let passed = self.real.map_or(Duration::ZERO, |real| now.since(real));
        self.real = Some(now);
        if !self.is_paused {
            self.clock = self.clock.plus(passed);
            let clock = self.clock;
            while self.step(clock) {}
        }
    }
}

impl App for Player {
    type Msg = Happened;
    type Effect = Asked;

    fn update(&mut self, msg: Happened) -> Vec<Asked> {
        let key = match msg {
            Happened::Tick(now) => {
                self.tick(now);
                return Vec::new();
            }
            Happened::Key(key) if key.kind != KeyEventKind::Release => key,
            Happened::Key(_) | Happened::Resize => return Vec::new(),
        };
        match (key.modifiers.contains(KeyModifiers::CONTROL), key.code) {
            (true, KeyCode::Char('c')) | (false, KeyCode::Char('q') | KeyCode::Esc) => return vec![Asked::Quit],
            (true, KeyCode::Char('z')) => return vec![Asked::Suspend],
            (_, KeyCode::Char(' ')) => self.is_paused = !self.is_paused,
            (_, KeyCode::End) => self.end(),
            (_, KeyCode::Right) => {
                self.is_paused = true;
                self.step(Timestamp::from_millis(i64::MAX));
                self.clock = self.model.now;
            }
            _ => {}
        }
        Vec::new()
    }

    fn view(&self, frame: &mut Frame<'_>) {
        view::draw(&self.model, frame);
        let [_, foot] = Layout::vertical([Constraint::Fill(1), Constraint::Length(1)]).areas(frame.area());
        let played = self.all - self.messages.len() - usize::from(self.next.is_some());
        let time = self.model.settings.time_of_day(self.model.now);
        let places = [("at", &*played.to_string()), ("of", &self.all.to_string()), ("time", &time)];
        let text = fill(self.model.texts().replay_state, &places);
        let theme = Theme::new(self.model.settings.look);
        let text =
            format!("{:width$}", fit(&format!(" {text}"), usize::from(foot.width)), width = usize::from(foot.width));
        frame.buffer_mut().set_line(foot.x, foot.y, &Line::styled(text, theme.selected), foot.width);
    }

    fn tick(now: Timestamp) -> Happened {
        Happened::Tick(now)
    }

    fn event(event: Event) -> Option<Happened> {
        match event {
            Event::Key(key) => Some(Happened::Key(key)),
            Event::Resize(..) => Some(Happened::Resize),
            _ => None,
        }
    }

    fn perform(&self, effect: Asked) -> Step<Happened> {
        match effect {
            Asked::Suspend => Step::Suspend,
            Asked::Quit => Step::Quit,
        }
    }
}
