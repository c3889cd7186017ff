use domain::payment::{Snapshot, merge};
use domain::{EntryId, PaymentStatus, Timestamp};
use mercadopago::Payment as Report;

use super::{Actor, Own, Payment, Refund, RefundProgress, Step};
use crate::task::Task;

/// What a report must say next to what the payment itself knows.
#[derive(Debug, Clone, Copy)]
pub struct Expected {
    /// Whether real money moves.
    pub live: bool,
}

/// MercadoPago's text may be anything; the log keeps a short plain word of it.
fn word(text: &str) -> String {
    let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    text.chars().filter(plain).take(60).collect()
}

impl Payment {
    /// Takes in what MercadoPago says of one of its payments. A report about other money is logged and not applied; a
    /// status that is new to us changes nothing; an older report than the one that is known changes nothing.
    pub fn report(&mut self, report: &Report, expected: Expected, now: Timestamp) -> Step {
        let mut step = Step::default();
        let wrong = self.wrong(report, expected);
        if !wrong.is_empty() {
            let what = format!("{}: {}", word(&report.id), wrong.join(", "));
            if self.mismatch.as_ref() != Some(&what) {
                tracing::error!(payment = %self.id, %what, "a report of MercadoPago does not fit the payment");
                self.mismatch = Some(what.clone());
                step.log(self, now, "mismatch", &Actor::Provider, Some(what));
            }
            return step;
        }
        let Some(mut snapshot) = report.snapshot() else {
            self.odd(report, now, &mut step);
            return step;
        };
        snapshot.status_detail = word(&snapshot.status_detail);
        let came_at = report.approved_at.unwrap_or(snapshot.updated_at);
        self.take(snapshot, came_at, now, &mut step);
        self.follow_refunds(&report.refunds, now, &mut step);
        if self.qr_code.is_none() && self.method == domain::PaymentMethod::Pix {
            self.qr_code.clone_from(&report.qr_code);
            self.payment_link.clone_from(&report.ticket_url);
        }
        self.payer_email = None;
        step
    }

    fn wrong(&self, report: &Report, expected: Expected) -> Vec<&'static str> {
        let checks = [
            ("amount", report.amount == self.amount),
            ("currency", report.currency == "BRL"),
            ("external_reference", report.external_reference.as_deref() == Some(&self.id.to_string())),
            ("live_mode", report.live_mode == expected.live),
        ];
        checks.into_iter().filter(|(_, right)| !right).map(|(what, _)| what).collect()
    }

    fn odd(&mut self, report: &Report, now: Timestamp, step: &mut Step) {
        let what = format!("{}: {}", word(&report.id), word(&report.status));
        if self.oddity.as_ref() != Some(&what) {
            tracing::warn!(payment = %self.id, %what, "MercadoPago reports a status that is new to us");
            self.oddity = Some(what.clone());
            step.log(self, now, "unknown_status", &Actor::Provider, Some(what));
        }
    }

    /// `came_at` is when the money came, if it came at all.
    fn take(&mut self, snapshot: Snapshot, came_at: Timestamp, now: Timestamp, step: &mut Step) {
        let id = snapshot.provider_payment_id.clone();
        let what = format!("{id} {} ({}) refunded {}", snapshot.status, snapshot.status_detail, snapshot.refunded);
        let known = self.snapshots.iter().find(|known| known.provider_payment_id == id);
        if known.is_some_and(|known| known.is_unsaid_by(&snapshot)) {
            self.retreat(what, now, step);
            return;
        }
        let kind = if known.is_none() { "charge_sent" } else { "provider_report" };
        let came_before = known.is_some_and(|known| known.status.was_paid());
        let gone = known.is_some_and(|known| known.status.was_paid() && known.status != PaymentStatus::Approved);
        let here = snapshot.status == PaymentStatus::Approved;
        if merge(&mut self.snapshots, snapshot) {
            if !came_before {
                self.set_aside(&id, came_at);
            }
            if gone && here {
                tracing::warn!(payment = %self.id, %what, "money that had gone is here again");
            }
            step.log(self, now, kind, &Actor::Provider, Some(what));
            self.return_surplus(&id, now, step);
        }
    }

    /// MercadoPago takes its word back that money came, or that it went back. That is for a person to look into.
    fn retreat(&mut self, what: String, now: Timestamp, step: &mut Step) {
        if self.oddity.as_ref() != Some(&what) {
            tracing::error!(payment = %self.id, %what, "MercadoPago takes its word back; the payment stays as it is");
            self.oddity = Some(what.clone());
            step.log(self, now, "retreat", &Actor::Provider, Some(what));
        }
    }

    /// Money that comes on top of money that came does not speak for the payment.
    fn set_aside(&mut self, id: &str, came_at: Timestamp) {
        let paid = |s: &&Snapshot| s.status.was_paid() && !self.is_surplus(s);
        let (fresh, others): (Vec<_>, Vec<_>) =
            self.snapshots.iter().filter(paid).partition(|s| s.provider_payment_id == id);
        if !fresh.is_empty() && (!others.is_empty() || self.came_another_way(came_at)) {
            self.surplus.push(id.to_owned());
        }
    }

    /// Whether what comes now is other money than our own word speaks of. Money that had come when an administrator said
    /// so is what was meant; once money was handed back, no other is.
    fn came_another_way(&self, came_at: Timestamp) -> bool {
        let handed_back = self.refunds.iter().any(|refund| refund.provider_payment_id.is_none());
        let before = |own: &Own| own.status == PaymentStatus::Approved && own.at < came_at;
        handed_back || self.own.as_ref().is_some_and(before)
    }

    /// What was set aside goes back at once, and once.
    fn return_surplus(&mut self, id: &str, now: Timestamp, step: &mut Step) {
        let here = |s: &&Snapshot| s.provider_payment_id == id && s.status == PaymentStatus::Approved;
        let Some(surplus) = self.snapshots.iter().find(here).filter(|s| self.is_surplus(s)) else { return };
        let amount = surplus.amount.checked_sub(surplus.refunded).unwrap_or_default();
        let of_it = |r: &&Refund| r.provider_payment_id.as_deref() == Some(id);
        let mut goes = self.refunds.iter().filter(of_it).map(|refund| refund.progress);
        if goes.any(|progress| progress != RefundProgress::GivenUp) || !amount.is_positive() {
            return;
        }
        let refund = Refund {
            id: EntryId::new(),
            provider_payment_id: Some(id.to_owned()),
            amount,
            progress: RefundProgress::Requested,
            provider_refund_id: None,
            created_at: now,
            key: None,
            refusals: 0,
        };
        step.work(self, &Task::Refund(refund.id), now, None);
        step.log(self, now, "second_approval", &Actor::System, Some(format!("{id}: {amount} goes back")));
        self.refunds.push(refund);
    }
}
