//! The loop that every screen runs in: messages in, effects out, a frame drawn.

use std::io::Write;
use std::time::Duration;

use api::client::CallError;
use crossterm::event::Event;
use domain::{Clock, SystemClock, Timestamp};
use ratatui::Frame;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::error::BoardError;
use crate::terminal::{Asked, Screen};

/// How often time is looked at.
const TICK: Duration = Duration::from_millis(200);
/// How long changes on their way may take after the last key.
const LAST_CHANGES: Duration = Duration::from_secs(3);

/// What a screen is made of.
pub(crate) trait App {
    /// What can happen.
    type Msg: Send + 'static;
    /// What can be done.
    type Effect;

    /// Takes a message in.
    fn update(&mut self, msg: Self::Msg) -> Vec<Self::Effect>;
    /// Draws.
    fn view(&self, frame: &mut Frame<'_>);
    /// Time went on.
    fn tick(now: Timestamp) -> Self::Msg;
    /// The terminal says something; `None` for what the screen does not care about.
    fn event(event: Event) -> Option<Self::Msg>;
    /// Begins to do something.
    fn perform(&self, effect: Self::Effect) -> Step<Self::Msg>;
    /// Whether clicks are listened to.
    fn wants_mouse(&self) -> bool {
        false
    }
}

/// What an effect comes to.
pub(crate) enum Step<M> {
    /// A question, a change, a program: work that may end in a message.
    Work(std::pin::Pin<Box<dyn Future<Output = Option<M>> + Send>>),
    /// The bell.
    Bell,
    /// The shell shall have the terminal.
    Suspend,
    /// The end.
    Quit,
}

impl<M> Step<M> {
    /// Work that ends in a message.
    pub(crate) fn ask(work: impl Future<Output = M> + Send + 'static) -> Self {
        Step::Work(Box::pin(async move { Some(work.await) }))
    }
}

/// What else moves the loop but messages.
enum Turn<M> {
    Msg(M),
    Signal(Asked),
    Nothing,
}

/// Runs a screen until it is told to end.
pub(crate) async fn run<A: App>(mut app: A) -> Result<(), BoardError> {
    let mut screen = Screen::open(app.wants_mouse())?;
    let mut signals = crate::terminal::signals()?;
    let mut work: JoinSet<Option<A::Msg>> = JoinSet::new();
    let (sender, mut events) = mpsc::channel(256);
    crate::terminal::listen(sender);
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    let mut is_stopped = false;
    loop {
        let turn = tokio::select! {
            // An answer that is here already counts before the key that was pressed after it: else a board that was held
            // up would take its own news for old.
            biased;
            asked = signals.wait() => Turn::Signal(asked),
            Some(done) = work.join_next() => match done {
                Ok(msg) => msg.map_or(Turn::Nothing, Turn::Msg),
                // Work is never cancelled here, so this is a fault of ours: let it be seen.
                Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                Err(_) => Turn::Nothing,
            },
            event = events.recv() => match event {
                Some(event) => A::event(event?).map_or(Turn::Nothing, Turn::Msg),
                None => break,
            },
            _ = ticks.tick(), if !is_stopped => Turn::Msg(A::tick(SystemClock.now())),
        };
        let msg = match turn {
            Turn::Msg(msg) => msg,
            Turn::Nothing => continue,
            Turn::Signal(Asked::End) => break,
            Turn::Signal(Asked::Stop) => {
                is_stopped = true;
                screen.suspend(false)?;
                continue;
            }
            Turn::Signal(Asked::GoOn) => {
                is_stopped = false;
                screen.take_again()?;
                A::tick(SystemClock.now())
            }
        };
        let mut effects = app.update(A::tick(SystemClock.now()));
        effects.extend(app.update(msg));
        match perform(&app, effects, &mut work, &mut screen)? {
            Then::GoOn if is_stopped => {}
            Then::GoOn => {
                screen.terminal.draw(|frame| app.view(frame))?;
            }
            Then::Stop => {
                is_stopped = true;
                screen.suspend(true)?;
            }
            Then::End => break,
        }
    }
    drop(screen);
    // A change that was asked for with the last keys still reaches the service.
    let _ = tokio::time::timeout(LAST_CHANGES, async { while work.join_next().await.is_some() {} }).await;
    Ok(())
}

/// What comes after the effects.
enum Then {
    GoOn,
    Stop,
    End,
}

/// Begins each effect.
fn perform<A: App>(
    app: &A,
    effects: Vec<A::Effect>,
    work: &mut JoinSet<Option<A::Msg>>,
    screen: &mut Screen,
) -> Result<Then, BoardError> {
    let mut then = Then::GoOn;
    for effect in effects {
        match app.perform(effect) {
            Step::Work(future) => {
                work.spawn(future);
            }
            Step::Bell => {
                let out = screen.terminal.backend_mut();
                out.write_all(b"\x07")?;
                Write::flush(out)?;
            }
            Step::Suspend => then = Then::Stop,
            Step::Quit => return Ok(Then::End),
        }
    }
    Ok(then)
}

/// An answer within a time, or as good as none.
pub(crate) async fn within<T>(
    time: Duration,
    call: impl Future<Output = Result<T, CallError>>,
    url: &str,
) -> Result<T, CallError> {
    match tokio::time::timeout(time, call).await {
        Ok(answer) => answer,
        Err(_) => Err(CallError::Unreachable { url: url.to_owned(), reason: "timed out".to_owned() }),
    }
}
