use std::fmt;
use std::time::Duration;

use api::payment::PaymentEvent;
use domain::{EntryId, PaymentStatus, Role, Timestamp};
use store::NewWork;

use super::{Payment, Why};
use crate::task::Task;

/// Who or what changes a payment, as its log names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Somebody with a token.
    Person {
        /// As what.
        role: Role,
        /// The subject of the token.
        id: String,
    },
    /// What MercadoPago reported.
    Provider,
    /// This service by itself.
    System,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Actor::Person { role, id } => write!(f, "{role}:{id}"),
            Actor::Provider => f.write_str("mercadopago"),
            Actor::System => f.write_str("payment"),
        }
    }
}

/// What must be stored together with a changed payment.
#[derive(Debug, Default)]
pub struct Step {
    /// Rows of the log, oldest first.
    pub events: Vec<PaymentEvent>,
    /// Work towards MercadoPago, in order.
    pub work: Vec<NewWork>,
    /// Whether the order service must hear of it.
    pub notify: bool,
}

impl Step {
    /// Adds a row to the log; the payment is the one after the change.
    pub(super) fn log(&mut self, payment: &Payment, at: Timestamp, kind: &str, actor: &Actor, detail: Option<String>) {
        self.events.push(PaymentEvent {
            id: EntryId::new(),
            at,
            kind: kind.to_owned(),
            status: payment.status(),
            actor: actor.to_string(),
            detail,
        });
    }

    /// Adds work that whoever stores this step holds for `lease`.
    pub(super) fn work(&mut self, payment: &Payment, task: &Task, at: Timestamp, lease: Option<Duration>) {
        let new = NewWork::new(payment.id, task.kind(), task.payload(payment.id), at);
        self.work.push(match lease {
            Some(lease) => new.leased_for(lease),
            None => new,
        });
    }
}

impl Payment {
    /// Closes a change off: the next version, a row where the status changed, and whether the order must hear of it.
    /// `None` when nothing changed and the log has nothing to add.
    pub fn finish(&mut self, before: &Payment, mut step: Step, actor: &Actor, now: Timestamp) -> Option<Step> {
        self.seal(now);
        if self == before && step.events.is_empty() && step.work.is_empty() {
            return None;
        }
        let (old, new) = (before.status(), self.status());
        if old != new {
            step.log(self, now, "status", actor, Some(format!("{old} -> {new} ({})", self.status_detail())));
        }
        step.notify = self.seen_by_order() != before.seen_by_order();
        self.version = before.version + 1;
        self.updated_at = now;
        Some(step)
    }

    /// What is closed stays closed: from here on only money that came changes it.
    fn seal(&mut self, now: Timestamp) {
        let (status, detail) = self.standing();
        if matches!(status, PaymentStatus::Rejected | PaymentStatus::Cancelled) && self.own.is_none() {
            let expired = self.closing.is_some_and(|closing| closing.why == Why::Expired);
            // MercadoPago calls it given up by us, but the order shall know why we did.
            let detail = if expired && status == PaymentStatus::Cancelled { Why::Expired.detail() } else { detail };
            self.own = Some(super::Own { status, detail: detail.to_owned(), at: now });
        }
    }
}
