use std::time::Duration;

use api::order::{TrackingActor, TrackingRow};
use domain::order::{Actor, Decision, Refused, StepKind, decide};
use domain::{OrderStatus, PaymentMethod, PaymentStatus, Role, Timestamp};

use super::{Cause, Charge, Errand, Order, Request};

/// What somebody wants of an order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wish {
    /// Where it shall go.
    pub status: Option<OrderStatus>,
    /// Why.
    pub reason: Option<String>,
    /// Whether it shall go first inside its status.
    pub prioritized: Option<bool>,
}

/// What came of a permitted change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stepped {
    /// It held already; there is nothing to store.
    Unchanged,
    /// To be stored, together with what must be done elsewhere.
    Changed(Vec<Errand>),
}

/// Why a line is not struck.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StrikeFault {
    /// The order has no such line.
    NoLine,
    /// The kitchen does not have the order now.
    Refused(Refused),
}

/// How often an order can be tried to be paid.
pub const MAX_ATTEMPTS: u32 = 20;
/// From its creation on, how many times as long as a charge an order can be paid at most, however often it is tried.
const LONGEST: u32 = 4;

/// Why there is no further attempt to pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoAttempt {
    /// There is nothing to pay any more.
    Settled,
    /// There were [`MAX_ATTEMPTS`].
    TooMany,
}

/// Who asks, and as whom it is written down.
struct By {
    actor: Actor,
    row: TrackingActor,
    reason: Option<String>,
    now: Timestamp,
}

/// How one of our services appears in the history.
pub(super) fn service(name: &str) -> TrackingActor {
    TrackingActor::new(Role::Service, name)
}

impl Order {
    /// Does what a person asks for, as far as the person may.
    ///
    /// # Errors
    /// [`Refused`], and then nothing is changed.
    pub fn wish(&mut self, wish: &Wish, actor: TrackingActor, now: Timestamp) -> Result<Stepped, Refused> {
        let mut changed = None;
        if let Some(to) = wish.status {
            let by = By { actor: Actor::Person(actor.role), row: actor, reason: wish.reason.clone(), now };
            changed = self.step(to, &by)?;
        }
        if let Some(first) = wish.prioritized
            && first != self.prioritized
        {
            self.prioritized = first;
            changed.get_or_insert_default();
        }
        Ok(self.finish(changed, now))
    }

    /// Strikes a line (from 1), or takes the strike back. The first strike starts a paid order, the last one makes it
    /// ready.
    ///
    /// # Errors
    /// [`StrikeFault`], and then nothing is changed.
    pub fn strike(
        &mut self,
        number: u32,
        struck: bool,
        actor: TrackingActor,
        now: Timestamp,
    ) -> Result<Stepped, StrikeFault> {
        let at = (number as usize).checked_sub(1).filter(|at| *at < self.lines.len()).ok_or(StrikeFault::NoLine)?;
        if self.lines[at].struck_at.is_some() == struck {
            return Ok(Stepped::Unchanged);
        }
        let by = By { actor: Actor::Person(actor.role), row: actor, reason: None, now };
        if !matches!(self.status, OrderStatus::Paid | OrderStatus::Preparing) {
            let allowed = domain::order::allowed(&self.position(), by.actor, now);
            return Err(StrikeFault::Refused(Refused::Illegal { allowed }));
        }
        let before = self.clone();
        self.lines[at].struck_at = struck.then_some(now);
        let moved = self.follow_strikes(struck, &by);
        match moved {
            Ok(()) => Ok(self.finish(Some(Vec::new()), now)),
            Err(refused) => {
                *self = before;
                Err(StrikeFault::Refused(refused))
            }
        }
    }

    fn follow_strikes(&mut self, struck: bool, by: &By) -> Result<(), Refused> {
        if struck && self.status == OrderStatus::Paid {
            self.step(OrderStatus::Preparing, by)?;
        }
        if self.status == OrderStatus::Preparing && self.lines.iter().all(|line| line.struck_at.is_some()) {
            self.step(OrderStatus::ReadyForPickup, by)?;
        }
        Ok(())
    }

    /// Ends an unpaid order whose time is over and that no charge will end.
    pub fn expire(&mut self, now: Timestamp) -> Stepped {
        if self.ends_at.is_none_or(|end| now < end) {
            return Stepped::Unchanged;
        }
        let changed =
            self.system_step(OrderStatus::Cancelled, Actor::Expiry, "order", "prazo de pagamento vencido", now);
        self.finish(changed.ok().flatten(), now)
    }

    /// Opens the next attempt to pay, which can be paid for as long as a charge can, within the time of the whole order.
    ///
    /// # Errors
    /// [`NoAttempt`], and then nothing is changed.
    pub fn pay_again(
        &mut self,
        method: PaymentMethod,
        request: Option<Request>,
        expires_after: Duration,
        now: Timestamp,
    ) -> Result<Vec<Errand>, NoAttempt> {
        if self.status != OrderStatus::Requested {
            return Err(NoAttempt::Settled);
        }
        let last = self.last_attempt();
        if last >= MAX_ATTEMPTS {
            return Err(NoAttempt::TooMany);
        }
        let errand = match method {
            PaymentMethod::Counter => Errand::Cancel { attempt: last, reason: "outra forma de pagamento".to_owned() },
            PaymentMethod::Pix | PaymentMethod::Checkout => Errand::Charge { attempt: last + 1 },
        };
        self.open(Charge { request, ..Charge::new(last + 1, method) });
        let end = self.created_at.plus(expires_after.saturating_mul(LONGEST));
        self.pay_by = self.pay_by.max(now.plus(expires_after).min(end));
        self.touch(now);
        Ok(vec![errand])
    }

    /// A step that no person asked for.
    pub(super) fn system_step(
        &mut self,
        to: OrderStatus,
        actor: Actor,
        name: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<Option<Vec<Errand>>, Refused> {
        let reason = Some(reason.to_owned()).filter(|reason| !reason.is_empty());
        self.step(to, &By { actor, row: service(name), reason, now })
    }

    pub(super) fn finish(&mut self, changed: Option<Vec<Errand>>, now: Timestamp) -> Stepped {
        match changed {
            None => Stepped::Unchanged,
            Some(errands) => {
                self.touch(now);
                Stepped::Changed(errands)
            }
        }
    }

    pub(super) fn last_attempt(&self) -> u32 {
        self.charges.iter().map(|charge| charge.attempt).max().unwrap_or(0)
    }

    /// Adds a charge that speaks for the order from now on.
    fn open(&mut self, charge: Charge) {
        self.charges.push(charge);
        self.current = self.charges.len() - 1;
    }

    /// One step, if it is legal: `None` when it holds already, else what must be done elsewhere.
    fn step(&mut self, to: OrderStatus, by: &By) -> Result<Option<Vec<Errand>>, Refused> {
        let kind = match decide(&self.position(), to, by.actor, by.reason.is_some(), by.now)? {
            Decision::Already => return Ok(None),
            Decision::Go(kind) => kind,
        };
        let from = self.status;
        self.status = to;
        self.tracking.push(TrackingRow {
            status: to,
            at: by.now,
            actor: by.row.clone(),
            reason: by.reason.clone(),
            kind,
        });
        if kind == StepKind::Recall {
            self.take_back(to);
            return Ok(Some(Vec::new()));
        }
        Ok(Some(self.arrive(from, by)))
    }

    /// A recall clears the later timestamp and the strikes.
    fn take_back(&mut self, to: OrderStatus) {
        match to {
            OrderStatus::Preparing => self.ready_at = None,
            OrderStatus::ReadyForPickup => self.delivered_at = None,
            _ => {}
        }
        for line in &mut self.lines {
            line.struck_at = None;
        }
    }

    /// What follows from having arrived at a status.
    fn arrive(&mut self, from: OrderStatus, by: &By) -> Vec<Errand> {
        match self.status {
            OrderStatus::Paid => {
                self.paid_at = Some(by.now);
                if by.actor == Actor::PaymentApproved { Vec::new() } else { vec![self.take_cash(&by.row)] }
            }
            OrderStatus::ReadyForPickup => {
                self.ready_at = Some(by.now);
                Vec::new()
            }
            OrderStatus::Delivered => {
                self.delivered_at = Some(by.now);
                Vec::new()
            }
            OrderStatus::Cancelled if from == OrderStatus::Requested => self.close_charges(by.reason.as_deref()),
            OrderStatus::Cancelled => self.give_back(Cause::Cancelled, by),
            OrderStatus::Rejected => self.give_back(Cause::Rejected, by),
            _ => Vec::new(),
        }
    }

    /// Cash counts at once; the payment service closes what is open and writes the money down.
    fn take_cash(&mut self, who: &TrackingActor) -> Errand {
        if self.method() != PaymentMethod::Counter {
            let attempt = self.last_attempt() + 1;
            self.open(Charge::new(attempt, PaymentMethod::Counter));
        }
        let current = self.current.min(self.charges.len() - 1);
        self.charges[current].status = PaymentStatus::Approved;
        Errand::Counter { attempt: self.charges[current].attempt, actor: who.clone() }
    }

    /// Closes what the customer could still pay.
    pub(super) fn close_charges(&self, reason: Option<&str>) -> Vec<Errand> {
        let open = self.charges.iter().filter(|charge| charge.is_open()).map(|charge| charge.attempt).max();
        let reason = reason.unwrap_or("pedido cancelado").to_owned();
        open.map(|attempt| Errand::Cancel { attempt, reason }).into_iter().collect()
    }

    /// Asks for all money that is still with us. Where it has gone back before, the order is refunded at once.
    fn give_back(&mut self, cause: Cause, by: &By) -> Vec<Errand> {
        let reason = by.reason.clone().unwrap_or_else(|| "pedido cancelado".to_owned());
        let held: Vec<usize> = (0..self.charges.len())
            .filter(|n| self.charges[*n].status == PaymentStatus::Approved && !self.charges[*n].refund_asked)
            .collect();
        if held.is_empty() && self.is_all_given_back() {
            let row = service("payment");
            let by = By { actor: Actor::RefundConfirmed, row, reason: None, now: by.now };
            return self.step(OrderStatus::Refunded, &by).ok().flatten().unwrap_or_default();
        }
        held.into_iter().map(|n| self.ask_refund(n, cause, &reason)).collect()
    }

    pub(super) fn ask_refund(&mut self, n: usize, cause: Cause, reason: &str) -> Errand {
        let charge = &mut self.charges[n];
        charge.refund_asked = true;
        let (attempt, payment_id) = (charge.attempt, charge.payment_id);
        Errand::Refund { attempt, payment_id, cause, reason: reason.to_owned() }
    }

    /// Whether money came, and none of it is with us any more.
    pub(super) fn is_all_given_back(&self) -> bool {
        let with_us = self.charges.iter().any(|charge| charge.status == PaymentStatus::Approved);
        !with_us && self.charges.iter().any(|charge| charge.status.was_paid())
    }
}
