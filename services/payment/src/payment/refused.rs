use domain::{EntryId, PaymentStatus, Timestamp};

use super::{Actor, Payment, Refund, RefundProgress, Step};
use crate::idempotency::Key;

impl Refund {
    /// The idempotency key at MercadoPago. A refusal is final for its key, so each try after one has a key of its own.
    pub fn provider_key(&self) -> String {
        match self.refusals {
            0 => self.id.to_string(),
            refusals => format!("{}-{refusals}", self.id),
        }
    }
}

impl Payment {
    /// Writes down that MercadoPago said no. Where the money can't go back any more, because it went another way, that is
    /// the end of it; else the refund waits for a person.
    pub(super) fn refused_for_good(&mut self, id: EntryId, code: &str, now: Timestamp, step: &mut Step) {
        let Some(refund) = self.refunds.iter_mut().find(|refund| refund.id == id) else { return };
        refund.progress = RefundProgress::Rejected;
        refund.refusals += 1;
        tracing::error!(payment = %self.id, refund = %id, code, "MercadoPago refused a refund");
        step.log(self, now, "refund_refused", &Actor::Provider, Some(code.to_owned()));
        if !self.may_try(id) {
            self.give_up_refund(id, now, step);
        }
    }

    /// Whether the money of a refused refund is still here to go back.
    fn may_try(&self, id: EntryId) -> bool {
        let Some(refund) = self.refund(id) else { return false };
        let payer = refund.provider_payment_id.as_ref();
        if let Some(surplus) = payer.filter(|payer| self.surplus.contains(*payer)) {
            let approved = |s: &&domain::payment::Snapshot| s.status == PaymentStatus::Approved;
            return self.snapshots.iter().filter(approved).any(|s| s.provider_payment_id == *surplus);
        }
        self.status() == PaymentStatus::Approved && refund.amount <= self.left()
    }

    fn give_up_refund(&mut self, id: EntryId, now: Timestamp, step: &mut Step) {
        self.set_progress(id, RefundProgress::GivenUp, None);
        let what = self.refund(id).map(|refund| refund.amount.to_string());
        step.log(self, now, "refund_given_up", &Actor::System, what);
    }

    /// Sends a refused refund once more, or gives it up where its money is gone.
    pub(super) fn try_again(&mut self, id: EntryId, actor: &Actor, now: Timestamp, step: &mut Step) {
        if !self.may_try(id) {
            return self.give_up_refund(id, now, step);
        }
        self.set_progress(id, RefundProgress::Requested, None);
        let amount = self.refund(id).map(|refund| format!("{}: once more", refund.amount));
        step.log(self, now, "refund_requested", actor, amount);
    }

    /// Sends everything once more that MercadoPago refused.
    pub fn retry_refused(&mut self, actor: &Actor, now: Timestamp) -> Step {
        let mut step = Step::default();
        for id in self.all_refused() {
            self.try_again(id, actor, now, &mut step);
        }
        step
    }

    /// Another refund takes the place of those that were refused. What came on top is other money, and is tried again.
    pub(super) fn give_up_refused(&mut self, now: Timestamp, step: &mut Step) {
        for id in self.all_refused() {
            let payer = self.refund(id).and_then(|refund| refund.provider_payment_id.clone());
            if payer.is_some_and(|payer| self.surplus.contains(&payer)) {
                self.try_again(id, &Actor::System, now, step);
            } else {
                self.give_up_refund(id, now, step);
            }
        }
    }

    fn all_refused(&self) -> Vec<EntryId> {
        self.refunds.iter().filter(|r| r.progress == RefundProgress::Rejected).map(|r| r.id).collect()
    }

    /// The refused refund that was asked for with this key and body.
    pub(super) fn refused_with(&self, key: Option<&Key>) -> Option<EntryId> {
        let key = key?;
        let same = |r: &&Refund| {
            r.progress == RefundProgress::Rejected && r.key.as_ref().is_some_and(|first| key.repeats(first))
        };
        self.refunds.iter().find(same).map(|refund| refund.id)
    }
}
