use api::order::{NoticeOutcome, PaymentNotice};
use domain::order::{Actor, Refused};
use domain::{OrderStatus, PaymentStatus, Role, Timestamp};

use super::{Cause, Charge, Errand, Order, Stepped};

/// What an order makes of a notice about its money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The answer.
    pub outcome: NoticeOutcome,
    /// Whether there is something to store.
    pub stepped: Stepped,
}

/// A notice that can't be about this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeFault {
    /// It speaks of another sum.
    Amount,
}

impl Order {
    /// Takes in what the payment service says. Harmless late, repeated or out of order: a version that is known already
    /// changes nothing. An approved payment is believed whatever else was said before or comes after.
    ///
    /// # Errors
    /// [`NoticeFault`], and then nothing is changed.
    pub fn take_notice(&mut self, notice: &PaymentNotice, now: Timestamp) -> Result<Taken, NoticeFault> {
        if notice.amount != self.amount {
            return Err(NoticeFault::Amount);
        }
        let n = self.charge_of(notice);
        let charge = &self.charges[n];
        if charge.payment_id.is_some() && notice.version <= charge.version {
            return Ok(Taken { outcome: known(charge, notice), stepped: Stepped::Unchanged });
        }
        if self.charges[n].is_unsaid_by(notice) {
            return Ok(Taken { outcome: NoticeOutcome::Applied, stepped: Stepped::Unchanged });
        }
        let was_gone = self.charges[n].is_gone();
        self.charges[n].learn(notice);
        let (outcome, errands) = match notice.status {
            PaymentStatus::Approved => self.money_came(n, was_gone, now),
            PaymentStatus::Refunded | PaymentStatus::ChargedBack => (NoticeOutcome::Applied, self.money_went(n, now)),
            PaymentStatus::Cancelled => (NoticeOutcome::Applied, self.charge_ended(n, now)),
            PaymentStatus::Pending | PaymentStatus::InProcess | PaymentStatus::Rejected => {
                (NoticeOutcome::Applied, self.still_open())
            }
        };
        Ok(Taken { outcome, stepped: self.finish(Some(errands), now) })
    }

    /// The charge a notice is about: the same payment, else the attempt that has none yet, else a new one.
    fn charge_of(&mut self, notice: &PaymentNotice) -> usize {
        let same = |charge: &Charge| charge.payment_id == Some(notice.payment_id);
        let waiting = |charge: &Charge| charge.payment_id.is_none() && charge.attempt == notice.attempt;
        if let Some(n) = self.charges.iter().position(same).or_else(|| self.charges.iter().position(waiting)) {
            return n;
        }
        self.charges.push(Charge::new(notice.attempt, notice.method));
        self.charges.len() - 1
    }

    /// Money is here, or here again. It pays an order that waits for it, and an order that it has paid keeps it; otherwise
    /// it can't be kept.
    fn money_came(&mut self, n: usize, was_gone: bool, now: Timestamp) -> (NoticeOutcome, Vec<Errand>) {
        if self.status == OrderStatus::Requested {
            self.current = n;
            return (NoticeOutcome::Applied, self.paid(now));
        }
        let ours = self.status.is_paid_or_later() && n == self.current;
        if ours || (self.charges[n].refund_asked && !was_gone) {
            return (NoticeOutcome::Applied, Vec::new());
        }
        let (cause, reason) = match self.status.is_paid_or_later() {
            _ if was_gone => (Cause::Regained, "o dinheiro voltou depois de encerrado o pedido"),
            true => (Cause::Duplicate, "o pedido já estava pago"),
            false => (Cause::Late, "o pedido já estava encerrado"),
        };
        (NoticeOutcome::RefundRequested, vec![self.ask_refund(n, cause, reason)])
    }

    /// The money that the order waits for is here; nothing else of it shall be paid.
    fn paid(&mut self, now: Timestamp) -> Vec<Errand> {
        let mut errands = or_nothing(self.system_step(OrderStatus::Paid, Actor::PaymentApproved, "payment", "", now));
        errands.extend(self.close_charges(Some("o pedido já foi pago")));
        errands
    }

    /// Money went back. An order that was given up ends here; one that the kitchen has not finished is given up first;
    /// from then on only the payment's status tells. Should the notice that the money came be missing, it is made up for,
    /// so that any order of arrival ends the same.
    fn money_went(&mut self, n: usize, now: Timestamp) -> Vec<Errand> {
        let mut errands = Vec::new();
        if self.status == OrderStatus::Requested && n == self.current {
            errands = self.paid(now);
        }
        let in_kitchen = matches!(self.status, OrderStatus::Paid | OrderStatus::Preparing);
        if in_kitchen && n == self.current {
            // Giving up what has no money any more ends at once as refunded.
            let owner = Actor::Person(Role::Admin);
            let given_up = self.system_step(OrderStatus::Cancelled, owner, "payment", "pagamento devolvido", now);
            errands.extend(or_nothing(given_up));
            return errands;
        }
        if matches!(self.status, OrderStatus::Cancelled | OrderStatus::Rejected) && self.is_all_given_back() {
            return or_nothing(self.system_step(OrderStatus::Refunded, Actor::RefundConfirmed, "payment", "", now));
        }
        Vec::new()
    }

    /// Nobody can pay this charge any more. If it was the one the order waits for, the order ends.
    fn charge_ended(&mut self, n: usize, now: Timestamp) -> Vec<Errand> {
        if self.status != OrderStatus::Requested || n != self.current {
            return Vec::new();
        }
        let reason = "prazo de pagamento vencido";
        or_nothing(self.system_step(OrderStatus::Cancelled, Actor::Expiry, "payment", reason, now))
    }

    /// A charge that is open although the order has ended must be closed.
    fn still_open(&self) -> Vec<Errand> {
        if self.status == OrderStatus::Requested { Vec::new() } else { self.close_charges(None) }
    }
}

fn or_nothing(step: Result<Option<Vec<Errand>>, Refused>) -> Vec<Errand> {
    step.ok().flatten().unwrap_or_default()
}

/// The answer to a notice that was taken in before, or that a later one has overtaken.
fn known(charge: &Charge, notice: &PaymentNotice) -> NoticeOutcome {
    if notice.version < charge.version {
        NoticeOutcome::Stale
    } else if charge.refund_asked && charge.status == PaymentStatus::Approved {
        NoticeOutcome::RefundRequested
    } else {
        NoticeOutcome::Applied
    }
}
