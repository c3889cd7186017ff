//! The program that somebody wants to be run for an alert: without a shell, one at a time, and not for long.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::process::Command;
use tokio::sync::Semaphore;

use crate::board::news::Alert;
use crate::texts::fill;

/// The longest that it may run.
const LONGEST: Duration = Duration::from_secs(10);

/// Runs a program for alerts.
#[derive(Debug, Clone)]
pub(crate) struct Runner {
    command: Vec<String>,
    turn: Arc<Semaphore>,
}

impl Runner {
    pub(crate) fn new(command: Vec<String>) -> Self {
        Runner { command, turn: Arc::new(Semaphore::new(1)) }
    }

    /// Runs it and waits for its end; why it did not work, if so. While one runs, no other is begun: the alert is
    /// repeated anyway.
    pub(crate) async fn run(&self, alert: Alert) -> Option<String> {
        let _turn = self.turn.try_acquire().ok()?;
        let places =
            [("kind", alert.kind.name()), ("number", &*alert.number.to_string()), ("count", &*alert.count.to_string())];
        let mut words = self.command.iter().map(|word| fill(word, &places));
        let mut command = Command::new(words.next()?);
        command.args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => return Some(format!("{}: {error}", self.command.first()?)),
        };
        match tokio::time::timeout(LONGEST, child.wait()).await {
            Ok(Ok(status)) if status.success() => None,
            Ok(Ok(status)) => Some(status.to_string()),
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => Some(format!("> {} s", LONGEST.as_secs())),
        }
    }
}
