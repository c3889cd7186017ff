//! `doctor`: looks at everything that can be wrong with an installation, from the ground up, and says what to do.

mod clock;
mod ground;
mod money;
mod services;
mod stations;

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use serde_json::json;

use crate::args::{Common, Doctor};
use crate::clients::Session;
use crate::config::{Config, Overrides, Purpose, Service};
use crate::credentials::Credentials;
use crate::exit::{Failure, Outcome};
use crate::log;
use crate::print::Printer;

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();

/// One thing that was looked at.
struct Finding {
    what: String,
    found: Result<String, Failure>,
}

/// Everything that was looked at, in order.
#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, what: impl Into<String>, found: Outcome<impl Into<String>>) {
        self.0.push(Finding { what: what.into(), found: found.map(Into::into) });
    }

    /// Notes a fault and hands on what is right.
    fn keep<T>(&mut self, what: &str, found: Outcome<T>, words: impl FnOnce(&T) -> String) -> Option<T> {
        match found {
            Ok(value) => {
                self.add(what, Ok(words(&value)));
                Some(value)
            }
            Err(failure) => {
                self.add(what, Err::<String, _>(failure));
                None
            }
        }
    }
}

pub(crate) async fn run(common: &Common, _: Doctor, printer: Printer) -> Outcome {
    let mut findings = Findings::default();
    let config = Config::load(common, Purpose::Client, Overrides::default());
    if let Some(config) = findings.keep("configuration", config, configuration) {
        let _log = log::to_stderr(&config.log, "error")?;
        examine(config, &mut findings).await?;
    }
    report(findings, printer)
}

async fn examine(config: Config, findings: &mut Findings) -> Outcome {
    ground::look(&config, findings).await;
    let credentials = Credentials::read(&config.data_dir).unwrap_or_default();
    let session = Session::new(config, credentials, None)?;
    let answering = services::look(&session, findings).await?;
    if answering.contains(&Service::Order) {
        stations::look(&session, findings).await;
    }
    money::look(&session, answering, findings).await
}

fn configuration(config: &Config) -> String {
    let money = if config.uses_sandbox() { "the sandbox" } else { "MercadoPago" };
    format!("right; payments go to {money}")
}

fn report(findings: Findings, printer: Printer) -> Outcome {
    let list: Vec<_> = findings.0.iter().map(as_json).collect();
    printer.data(&list, || findings.0.iter().map(in_words).collect())?;
    let mut faults = findings.0.into_iter().filter_map(|finding| finding.found.err());
    let Some(first) = faults.next() else { return Ok(()) };
    let many = 1 + faults.count();
    let noun = if many == 1 { "fault" } else { "faults" };
    Err(Failure::new(first.exit, format!("{many} {noun}")))
}

fn as_json(finding: &Finding) -> serde_json::Value {
    match &finding.found {
        Ok(said) => json!({ "check": finding.what, "ok": true, "detail": said, "fix": null }),
        Err(fault) => json!({ "check": finding.what, "ok": false, "detail": fault.message, "fix": fault.hint }),
    }
}

fn in_words(finding: &Finding) -> String {
    let mut text = String::new();
    let what = &finding.what;
    let _ = match &finding.found {
        Ok(said) => writeln!(text, "{GOOD}ok   {GOOD:#} {what}: {said}"),
        Err(fault) => {
            let fix = fault.hint.as_ref().map(|hint| format!("\n      do: {hint}")).unwrap_or_default();
            writeln!(text, "{BAD}FAULT{BAD:#} {what}: {}{fix}", fault.message)
        }
    };
    text
}
