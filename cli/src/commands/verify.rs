//! `verify`: whether what must always hold does hold in the stores.

use std::collections::BTreeMap;

use crate::args::{Common, VerifyStores};
use crate::config::{Config, Overrides, Purpose};
use crate::exit::{Failure, Outcome};
use crate::log;
use crate::print::{Printer, Table};
use crate::verify::{self, Options, Progress, Report};

pub(crate) async fn run(common: &Common, args: VerifyStores, printer: Printer) -> Outcome {
    let overrides = Overrides::default()
        .with("verify.patience".to_owned(), "--patience", args.patience.as_deref())
        .with("verify.entry_limit".to_owned(), "--entry-limit", args.entry_limit.as_deref());
    let config = Config::load(common, Purpose::Client, overrides)?;
    let _log = log::to_stderr(&config.log, "error")?;
    let report = verify::run(&config, Options::new(&config, Progress::new(printer))).await?;
    printer.data(&report, || in_words(&report))?;
    if report.is_clean() {
        return Ok(());
    }
    Err(Failure::refused(format!("{} violations", report.violations_found))
        .hint("`lanchonete order track ID` and `lanchonete payment events ID` tell what happened"))
}

pub(super) fn in_words(report: &Report) -> String {
    let mut text = String::new();
    for violation in &report.violations {
        text.push_str(&format!("{violation}\n"));
    }
    if report.truncated {
        text.push_str(&format!("… and {} more\n", report.violations_found - report.violations.len() as u64));
    }
    if !report.is_clean() {
        let mut kinds = BTreeMap::new();
        report.violations.iter().for_each(|violation| *kinds.entry(violation.kind).or_insert(0_u64) += 1);
        let mut table = Table::new(["INVARIANT", "VIOLATION", "LISTED"]);
        for (kind, many) in kinds {
            let invariant = kind.invariant().map_or_else(|| "-".to_owned(), |number| number.to_string());
            table.row([invariant, kind.to_string(), many.to_string()]);
        }
        text.push_str(&format!("\n{table}\n"));
    }
    let verdict = if report.is_clean() { "everything holds" } else { "not everything holds" };
    let Report { orders, payments, looked_again, under_way, .. } = report;
    text.push_str(&format!(
        "{verdict}: {orders} orders, {payments} payments; {looked_again} looked at again, {under_way} under way\n"
    ));
    text
}
