//! `rehearse`: a rush against a platform that runs, and whether all came right.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::verify;
use crate::args::{Common, Rehearse};
use crate::clients::Session;
use crate::config::{Config, Service};
use crate::duration;
use crate::exit::{Failure, Outcome};
use crate::platform;
use crate::print::Printer;
use crate::rehearse::{self, Plan, Report, Stage, Watcher, Weather};

/// The longest that a customer looks for the wallet; less when all is over sooner.
const THINKING: Duration = Duration::from_secs(8);
/// Off a terminal, a line about how far it is comes this often.
const TELL_EVERY: Duration = Duration::from_secs(10);

pub(crate) async fn run(common: &Common, args: Rehearse, printer: Printer) -> Outcome {
    let patience = duration::parse(&args.patience).map_err(|error| Failure::usage(format!("--patience {error}")))?;
    let session = Session::open(common, &args.target, Service::Order)?;
    if !session.config.uses_sandbox() {
        return Err(Failure::usage("payments go to MercadoPago, and a rehearsal pays with the sandbox's money only")
            .hint("unset mercadopago.access_token, or rehearse on another data directory"));
    }
    let shutdown = platform::shutdown_signal()?;
    let seed = args.seed.unwrap_or_else(|| uuid::Uuid::new_v4().as_u64_pair().0);
    let span = Duration::from_secs_f64(args.minutes * 60.0);
    let plan = Plan::new(seed, args.orders);
    let thinking = THINKING.min(span / 10);
    let stage = Stage::set(&session, plan, Weather::of(&args, seed), patience, thinking).await?;
    let stage = Arc::new(stage);
    printer.talk(format_args!("{} customers over {} minutes, seed {seed}", args.orders, args.minutes));
    let begun = Instant::now();
    let progress = Progress::new(printer);
    let played = tokio::select! {
        () = shutdown.cancelled() => Err(Failure::refused("interrupted: what was begun was not checked")),
        played = rehearse::play(&stage, args.orders, span, usize::from(args.customers), &progress) => played,
    };
    progress.bar.finish_and_clear();
    if played.is_err() {
        rehearse::calm(&stage).await?;
    }
    let mut report = Report::of(&stage, seed, args.orders, played?, begun.elapsed());
    report.verify = verified(&session.config, printer).await;
    printer.data(&report, || report.in_words() + &report.verify.as_ref().map(verify::in_words).unwrap_or_default())?;
    match report.wrong() {
        0 => Ok(()),
        wrong => Err(Failure::refused(format!("not everything holds: {wrong} findings; seed {seed}"))),
    }
}

/// What the stores say, where they can be read from here.
async fn verified(config: &Config, printer: Printer) -> Option<crate::verify::Report> {
    let options = crate::verify::Options::new(config, crate::verify::Progress::new(printer));
    match crate::verify::run(config, options).await {
        Ok(report) => Some(report),
        Err(failure) => {
            printer.talk(format_args!("the stores were not verified: {}", failure.message));
            None
        }
    }
}

/// A bar on a terminal, a line now and then elsewhere.
struct Progress {
    bar: ProgressBar,
    printer: Printer,
    begun: Instant,
    /// When something was told last, in milliseconds.
    told: AtomicU64,
}

impl Progress {
    fn new(printer: Printer) -> Self {
        let bar = if printer.may_animate() { ProgressBar::new(0) } else { ProgressBar::hidden() };
        let style = ProgressStyle::with_template("{msg:9} {wide_bar} {pos}/{len} {eta}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Progress { bar, printer, begun: Instant::now(), told: AtomicU64::new(0) }
    }

    fn tell(&self) {
        let many = self.bar.length().unwrap_or_default();
        self.printer.talk(format_args!("{} {} of {many}", self.bar.message(), self.bar.position()));
        self.told.store(self.begun.elapsed().as_millis() as u64, Ordering::Relaxed);
    }
}

impl Watcher for Progress {
    fn begins(&self, what: &'static str, many: u64) {
        self.bar.reset();
        self.bar.set_length(many);
        self.bar.set_message(what);
    }

    fn goes_on(&self, many: u64) {
        self.bar.inc(many);
        let told = Duration::from_millis(self.told.load(Ordering::Relaxed));
        if !self.printer.may_animate() && self.begun.elapsed() >= told + TELL_EVERY {
            self.tell();
        }
    }
}
