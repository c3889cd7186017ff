//! The terminal: taken, listened to, lent to the shell, and given back whatever happens.

use std::io::{self, IsTerminal};
use std::time::Duration;

use crossterm::cursor::Hide;
use crossterm::event::{self, Event};
use crossterm::execute;
use crossterm::style::Print;
use crossterm::terminal::{EnterAlternateScreen, disable_raw_mode, enable_raw_mode};
use ratatui::DefaultTerminal;
use tokio::sync::mpsc::Sender;

use crate::error::BoardError;

/// How long the listening thread waits before it looks whether it is still needed.
const PATIENCE: Duration = Duration::from_millis(100);
/// Presses and the wheel, but not every movement: over a slow line those would be most of what is sent (xterm's
/// modes 1000 and 1006).
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1000l";

/// The terminal while a screen has it. Given back when dropped, and by a hook on a panic.
pub(crate) struct Screen {
    pub(crate) terminal: DefaultTerminal,
    mouse: bool,
}

impl Screen {
    /// Takes the terminal.
    pub(crate) fn open(mouse: bool) -> Result<Self, BoardError> {
        if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
            return Err(BoardError::NotATerminal);
        }
        if mouse {
            let hook = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |info| {
                let _ = execute!(io::stdout(), Print(MOUSE_OFF));
                hook(info);
            }));
        }
        let screen = Screen { terminal: ratatui::try_init()?, mouse };
        screen.listen_to_the_mouse()?;
        Ok(screen)
    }

    fn listen_to_the_mouse(&self) -> io::Result<()> {
        if self.mouse { execute!(io::stdout(), Print(MOUSE_ON)) } else { Ok(()) }
    }

    /// Gives the terminal back, for good or for a while.
    fn give_back(&mut self) {
        if self.mouse {
            let _ = execute!(io::stdout(), Print(MOUSE_OFF));
        }
        let _ = self.terminal.show_cursor();
        ratatui::restore();
    }

    /// Gives the terminal to the shell and stops, with everything of this job when a key asked for it. Whoever
    /// continues the program calls [`take_again`](Self::take_again) when the signal has come.
    pub(crate) fn suspend(&mut self, whole_job: bool) -> io::Result<()> {
        self.give_back();
        stop(whole_job)
    }

    /// Takes the terminal again after the program was stopped: the shell may have changed everything about it.
    pub(crate) fn take_again(&mut self) -> io::Result<()> {
        let _ = disable_raw_mode();
        enable_raw_mode()?;
        execute!(io::stdout(), EnterAlternateScreen, Hide)?;
        self.listen_to_the_mouse()?;
        self.terminal.clear()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.give_back();
    }
}

#[cfg(unix)]
fn stop(whole_job: bool) -> io::Result<()> {
    use rustix::process::{Signal, getpid, kill_current_process_group, kill_process};
    let sent = if whole_job { kill_current_process_group(Signal::STOP) } else { kill_process(getpid(), Signal::STOP) };
    sent.map_err(io::Error::from)
}

#[cfg(not(unix))]
fn stop(_: bool) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Passes on what the terminal says, from a thread of its own, until nobody listens any more.
pub(crate) fn listen(sender: Sender<io::Result<Event>>) {
    std::thread::spawn(move || {
        while !sender.is_closed() {
            let event = match event::poll(PATIENCE) {
                Ok(true) => event::read(),
                Ok(false) => continue,
                Err(error) => Err(error),
            };
            let failed = event.is_err();
            if sender.blocking_send(event).is_err() || failed {
                return;
            }
        }
    });
}

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// To end.
    End,
    /// To stop for a while.
    Stop,
    /// To go on.
    GoOn,
}

/// The signals that concern a screen.
#[cfg(unix)]
pub(crate) struct Signals {
    ends: [tokio::signal::unix::Signal; 3],
    stops: tokio::signal::unix::Signal,
    goes_on: tokio::signal::unix::Signal,
}

/// Listens to the signals that concern a screen.
#[cfg(unix)]
pub(crate) fn signals() -> io::Result<Signals> {
    use tokio::signal::unix::{SignalKind, signal};
    let kinds = [SignalKind::terminate(), SignalKind::hangup(), SignalKind::interrupt()];
    let [terminate, hangup, interrupt] = kinds.map(signal);
    let number = |signal: rustix::process::Signal| SignalKind::from_raw(signal.as_raw());
    let stops = signal(number(rustix::process::Signal::TSTP))?;
    let goes_on = signal(number(rustix::process::Signal::CONT))?;
    Ok(Signals { ends: [terminate?, hangup?, interrupt?], stops, goes_on })
}

#[cfg(unix)]
impl Signals {
    /// Waits for any of them.
    pub(crate) async fn wait(&mut self) -> Asked {
        let [terminate, hangup, interrupt] = &mut self.ends;
        tokio::select! {
            _ = terminate.recv() => Asked::End,
            _ = hangup.recv() => Asked::End,
            _ = interrupt.recv() => Asked::End,
            _ = self.stops.recv() => Asked::Stop,
            _ = self.goes_on.recv() => Asked::GoOn,
        }
    }
}

/// The signals that concern a screen.
#[cfg(not(unix))]
pub(crate) struct Signals;

/// Listens to the signals that concern a screen.
#[cfg(not(unix))]
pub(crate) fn signals() -> io::Result<Signals> {
    Ok(Signals)
}

#[cfg(not(unix))]
impl Signals {
    /// Waits for Ctrl-C.
    pub(crate) async fn wait(&mut self) -> Asked {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        Asked::End
    }
}
