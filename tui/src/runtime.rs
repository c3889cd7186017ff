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
use crate::terminal::Screen;

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
}

/// What an effect comes to.
pub(crate) enum Step<M> {
    /// A question or a change: work that ends in a message.
    Work(std::pin::Pin<Box<dyn Future<Output = M> + Send>>),
    /// The bell.
    Bell,
    /// The end.
    Quit,
}

/// Runs a screen until it is told to end.
pub(crate) async fn run<A: App>(mut app: A) -> Result<(), BoardError> {
    let mut screen = Screen::open()?;
    let mut signals = crate::terminal::signals()?;
    let mut work = JoinSet::new();
    let (sender, mut events) = mpsc::channel(256);
    crate::terminal::listen(sender);
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        let msg = tokio::select! {
            _ = ticks.tick() => Some(A::tick(SystemClock.now())),
            event = events.recv() => match event {
                Some(event) => A::event(event?),
                None => break,
            },
            Some(done) = work.join_next() => match done {
                Ok(msg) => Some(msg),
                // Work is never cancelled here, so this is a fault of ours: let it be seen.
                Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                Err(_) => None,
            },
            () = signals.wait() => break,
        };
        let Some(msg) = msg else { continue };
        let mut effects = app.update(A::tick(SystemClock.now()));
        effects.extend(app.update(msg));
        if !perform(&app, effects, &mut work, &mut screen)? {
            break;
        }
        screen.terminal.draw(|frame| app.view(frame))?;
    }
    drop(screen);
    // A change that was asked for with the last keys still reaches the service.
    let _ = tokio::time::timeout(LAST_CHANGES, async { while work.join_next().await.is_some() {} }).await;
    Ok(())
}

/// Begins each effect; `false` when it is time to end.
fn perform<A: App>(
    app: &A,
    effects: Vec<A::Effect>,
    work: &mut JoinSet<A::Msg>,
    screen: &mut Screen,
) -> Result<bool, BoardError> {
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
            Step::Quit => return Ok(false),
        }
    }
    Ok(true)
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
