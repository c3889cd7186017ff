//! The program's own log. Written by a thread of its own, so that a slow disk or terminal holds nobody up.
//!
//! `serve` and the client commands write to stderr; `up` writes to `lanchonete.DATE.log` in the data directory, a
//! file for each day, the last seven kept, so that the terminal shows what a person wants to see.

mod daily;

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use domain::{SystemClock, Timestamp};
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::config::LogConfig;
use crate::exit::{Failure, Outcome};

const FILE_PREFIX: &str = "lanchonete.";
const FILE_SUFFIX: &str = ".log";

/// Writes what is left when it is dropped.
pub(crate) struct Log(#[expect(dead_code, reason = "held for its drop")] WorkerGuard);

/// Logs to stderr.
pub(crate) fn to_stderr(config: &LogConfig, default_level: &str) -> Outcome<Log> {
    let (writer, guard) = tracing_appender::non_blocking(std::io::stderr());
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    start(config, default_level, writer, colour)?;
    Ok(Log(guard))
}

/// Logs to files in the data directory.
pub(crate) fn to_files(config: &LogConfig, default_level: &str, data_dir: &Path) -> Outcome<Log> {
    let file = daily::Daily::open(data_dir, SystemClock)
        .map_err(|error| Failure::usage(format!("can't write the log in {}: {error}", data_dir.display())))?;
    let (writer, guard) = tracing_appender::non_blocking(file);
    start(config, default_level, writer, false)?;
    Ok(Log(guard))
}

/// The log files of a data directory.
pub(crate) fn files(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        let date = name.to_str().and_then(|name| name.strip_prefix(FILE_PREFIX)?.strip_suffix(FILE_SUFFIX));
        if date.is_some_and(|date| format!("{date}T00:00:00Z").parse::<Timestamp>().is_ok()) {
            files.push(entry.path());
        }
    }
    Ok(files)
}

fn start<W>(config: &LogConfig, default_level: &str, writer: W, colour: bool) -> Outcome
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let level = config.level.as_deref().unwrap_or(default_level);
    let filter = EnvFilter::builder().parse(level).map_err(|_| Failure::usage(format!("{level} is no log level")))?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).with_ansi(colour);
    let started = if config.json { lines.json().flatten_event(true).try_init() } else { lines.try_init() };
    started.map_err(|error| Failure::internal(format!("can't start the log: {error}")))
}
