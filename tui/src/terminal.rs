//! The terminal: taken, listened to, and given back whatever happens.

use std::io::{self, IsTerminal};
use std::time::Duration;

use crossterm::event::{self, Event};
use ratatui::DefaultTerminal;
use tokio::sync::mpsc::Sender;

use crate::error::BoardError;

/// How long the listening thread waits before it looks whether it is still needed.
const PATIENCE: Duration = Duration::from_millis(100);

/// The terminal while a screen has it. Given back when dropped, and by ratatui's hook on a panic.
pub(crate) struct Screen {
    pub(crate) terminal: DefaultTerminal,
}

impl Screen {
    /// Takes the terminal.
    pub(crate) fn open() -> Result<Self, BoardError> {
        if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
            return Err(BoardError::NotATerminal);
        }
        Ok(Screen { terminal: ratatui::try_init()? })
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.terminal.show_cursor();
        ratatui::restore();
    }
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

/// The signals that ask a program to end.
#[cfg(unix)]
pub(crate) struct Signals {
    signals: [tokio::signal::unix::Signal; 3],
}

/// Listens to the signals that ask a program to end.
#[cfg(unix)]
pub(crate) fn signals() -> io::Result<Signals> {
    use tokio::signal::unix::{SignalKind, signal};
    let kinds = [SignalKind::terminate(), SignalKind::hangup(), SignalKind::interrupt()];
    let [terminate, hangup, interrupt] = kinds.map(signal);
    Ok(Signals { signals: [terminate?, hangup?, interrupt?] })
}

#[cfg(unix)]
impl Signals {
    /// Waits for any of them.
    pub(crate) async fn wait(&mut self) {
        let [terminate, hangup, interrupt] = &mut self.signals;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
            _ = interrupt.recv() => {}
        }
    }
}

/// The signals that ask a program to end.
#[cfg(not(unix))]
pub(crate) struct Signals;

/// Listens to the signals that ask a program to end.
#[cfg(not(unix))]
pub(crate) fn signals() -> io::Result<Signals> {
    Ok(Signals)
}

#[cfg(not(unix))]
impl Signals {
    /// Waits for Ctrl-C.
    pub(crate) async fn wait(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
