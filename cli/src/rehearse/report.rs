//! What a rehearsal came to.

use std::time::Duration;

use mercadopago::control::ChaosDone;
use serde::Serialize;

use super::Played;
use super::meter::{Answers, Latency};
use super::stage::{Finding, Stage};
use super::truth::Fates;
use crate::print::Table;
use crate::verify;

/// Findings that people are shown; programs get all.
const SHOWN: usize = 50;

/// The whole of it.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// Repeats the choices.
    pub(crate) seed: u64,
    /// Customers who came.
    pub(crate) customers: u32,
    /// Orders that were answered with 201.
    pub(crate) orders: usize,
    /// From the first customer to the last check, in seconds.
    pub(crate) seconds: f64,
    /// How many orders that came right ended how.
    pub(crate) fates: Fates,
    /// What went wrong on purpose, since the sandbox was last started.
    pub(crate) storm: ChaosDone,
    /// How long things took.
    pub(crate) latency: Vec<Latency>,
    /// What came of the calls.
    pub(crate) answers: Answers,
    /// What is not as it must be, as seen from outside.
    pub(crate) findings: Vec<Finding>,
    /// What the stores say, where they could be read.
    pub(crate) verify: Option<verify::Report>,
}

impl Report {
    pub(crate) fn of(stage: &Stage, seed: u64, customers: u32, played: Played, took: Duration) -> Self {
        let (answers, mut findings) = (stage.meter.answers(), stage.findings());
        if answers.internal > 0 {
            let what = format!("{} calls were answered with 500", answers.internal);
            findings.push(Finding { order_id: None, customer: None, what });
        }
        Report {
            seed,
            customers,
            orders: stage.book.len(),
            seconds: took.as_secs_f64(),
            fates: played.fates,
            storm: played.storm,
            latency: stage.meter.latencies(),
            answers,
            findings,
            verify: None,
        }
    }

    /// How much is not as it must be.
    pub(crate) fn wrong(&self) -> u64 {
        self.findings.len() as u64 + self.verify.as_ref().map_or(0, |verified| verified.violations_found)
    }

    /// For people.
    pub(crate) fn in_words(&self) -> String {
        let mut table = Table::new(["LATENCY", "COUNT", "P50", "P90", "P99", "MAX"]);
        for row in &self.latency {
            let times = [row.p50_ms, row.p90_ms, row.p99_ms, row.max_ms].map(|millis| format!("{millis} ms"));
            let [p50, p90, p99, max] = times;
            table.row([row.what.to_owned(), row.count.to_string(), p50, p90, p99, max]);
        }
        let fates: Vec<String> = self.fates.iter().map(|(status, many)| format!("{many} {status}")).collect();
        let Answers { asked, unanswered, refused, unavailable, internal } = self.answers;
        let mut text = format!("{table}\n{} orders in {:.1} s: {}\n", self.orders, self.seconds, fates.join(", "));
        text += &format!(
            "{asked} calls: {refused} refused (4xx), {unavailable} to come again (503), {internal} failed (500), \
             {unanswered} without an answer\n"
        );
        let ChaosDone { notifications, dropped, duplicated, reordered, forged, requests, .. } = self.storm;
        let failed = failed(&self.storm);
        text += &format!(
            "{notifications} notifications: {dropped} lost, {duplicated} repeated, {reordered} reordered, {forged} forged; \
             {failed} of {requests} calls to MercadoPago failed\n"
        );
        for Finding { order_id, customer, what } in self.findings.iter().take(SHOWN) {
            let order = order_id.map(|id| format!("order {id}, ")).unwrap_or_default();
            let customer = customer.map(|n| format!("customer {n}: ")).unwrap_or_default();
            text += &format!("! {order}{customer}{what}\n");
        }
        if self.findings.len() > SHOWN {
            text += &format!("! and {} more; -o json has all\n", self.findings.len() - SHOWN);
        }
        text
    }
}

/// Requests that MercadoPago's double failed on purpose.
fn failed(storm: &ChaosDone) -> u64 {
    let before = storm.rate_limited + storm.server_error + storm.locked + storm.bad_gateway;
    before + storm.timeout_before_commit + storm.timeout_after_commit
}
