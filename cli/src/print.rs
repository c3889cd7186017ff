//! The one place that writes: data to stdout, talk to stderr.

use std::fmt;
use std::io::{self, IsTerminal, Write};

use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use serde::Serialize;
use serde_json::json;
use unicode_width::UnicodeWidthStr;

use crate::exit::Failure;

/// How data is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Output {
    /// For people.
    #[default]
    Human,
    /// For programs: one JSON value.
    Json,
}

const ERROR: Style = AnsiColor::Red.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default();
const STRONG: Style = Style::new().bold();

/// Writes what a command has to say. Colours go away where nobody sees them: `anstream` looks at the terminal and at
/// `NO_COLOR`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Printer {
    output: Output,
    quiet: bool,
}

impl Printer {
    pub(crate) const fn new(output: Output, quiet: bool) -> Self {
        Printer { output, quiet }
    }

    pub(crate) fn is_json(self) -> bool {
        self.output == Output::Json
    }

    /// Whether a moving progress bar would be seen.
    pub(crate) fn may_animate(self) -> bool {
        !self.quiet && !self.is_json() && io::stderr().is_terminal()
    }

    /// Data: as JSON, or as the text for people.
    pub(crate) fn data(self, value: &impl Serialize, human: impl FnOnce() -> String) -> io::Result<()> {
        match self.output {
            Output::Json => {
                let mut line = serde_json::to_string(value)?;
                line.push('\n');
                self.text(&line)
            }
            Output::Human => self.text(&human()),
        }
    }

    /// Data that has one form only.
    pub(crate) fn text(self, text: &str) -> io::Result<()> {
        let mut out = anstream::stdout().lock();
        out.write_all(text.as_bytes())?;
        if !text.ends_with('\n') && !text.is_empty() {
            out.write_all(b"\n")?;
        }
        out.flush()
    }

    /// Talk: what happens, for whoever looks on. Nobody may be, so a failed write does not matter.
    pub(crate) fn talk(self, text: impl fmt::Display) {
        if !self.quiet {
            let _ = writeln!(anstream::stderr().lock(), "{text}");
        }
    }

    /// The next thing to try.
    pub(crate) fn hint(self, text: impl fmt::Display) {
        self.talk(format_args!("{HINT}hint:{HINT:#} {text}"));
    }

    /// What went wrong, whatever `--quiet` says.
    pub(crate) fn failure(self, failure: &Failure) {
        let mut err = anstream::stderr().lock();
        let _ = match self.output {
            Output::Json => {
                let body = json!({
                    "kind": failure.exit.word(), "exit": failure.exit as u8,
                    "message": failure.message, "hint": failure.hint,
                });
                writeln!(err, "{}", json!({ "error": body }))
            }
            Output::Human => {
                let hint = failure.hint.as_ref().map(|hint| format!("\n{HINT}hint:{HINT:#} {hint}"));
                writeln!(err, "{ERROR}error:{ERROR:#} {}{}", failure.message, hint.unwrap_or_default())
            }
        };
    }
}

/// A text that stands out.
pub(crate) fn strong(text: impl fmt::Display) -> String {
    format!("{STRONG}{text}{STRONG:#}")
}

/// Columns that line up, whatever letters they hold. The first row is the head.
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new<const N: usize>(head: [&str; N]) -> Self {
        Table { rows: vec![head.map(str::to_owned).to_vec()] }
    }

    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.to_vec());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows[0].len();
        let widths: Vec<usize> =
            (0..columns).map(|at| self.rows.iter().map(|row| row[at].width()).max().unwrap_or(0)).collect();
        for (at, row) in self.rows.iter().enumerate() {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                line.push_str(cell);
                line.extend(std::iter::repeat_n(' ', width - cell.width() + 2));
            }
            let line = line.trim_end();
            if at == 0 { writeln!(f, "{STRONG}{line}{STRONG:#}")? } else { writeln!(f, "{line}")? }
        }
        Ok(())
    }
}
