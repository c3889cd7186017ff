use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::print::Printer;

/// Off a terminal, a line this often.
const SAY_EVERY: Duration = Duration::from_secs(5);

/// Tells how far it is: a bar on a terminal, plain lines elsewhere, or nothing.
pub(crate) struct Progress {
    bar: ProgressBar,
    /// Who says it in lines, where there is no bar.
    lines: Option<Printer>,
    began: Instant,
    said: Instant,
    total: u64,
}

impl Progress {
    /// As this printer may talk.
    pub(crate) fn new(printer: Printer) -> Self {
        let animated = printer.may_animate();
        let bar = if animated { ProgressBar::new(0) } else { ProgressBar::hidden() };
        let style = "{msg} {wide_bar} {human_pos}/{human_len} {per_sec} {eta}";
        bar.set_style(ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()));
        Progress { bar, lines: (!animated).then_some(printer), ..Progress::silent() }
    }

    /// Says nothing.
    pub(crate) fn silent() -> Self {
        let now = Instant::now();
        Progress { bar: ProgressBar::hidden(), lines: None, began: now, said: now, total: 0 }
    }

    pub(super) fn begin(&mut self, what: &'static str, total: u64) {
        (self.total, self.began) = (total, Instant::now());
        self.bar.set_length(total);
        self.bar.set_position(0);
        self.bar.reset_eta();
        self.bar.set_message(what);
    }

    pub(super) fn at(&mut self, done: u64) {
        self.bar.set_position(done);
        if let Some(printer) = self.lines.filter(|_| self.said.elapsed() >= SAY_EVERY) {
            self.said = Instant::now();
            let rate = done as f64 / self.began.elapsed().as_secs_f64().max(0.001);
            printer.talk(format_args!("{} {done} of {}, {rate:.0}/s", self.bar.message(), self.total));
        }
    }

    /// Says what takes its time now.
    pub(super) fn say(&mut self, what: &str) {
        self.bar.set_message(what.to_owned());
        if let Some(printer) = self.lines {
            printer.talk(what);
        }
    }

    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
