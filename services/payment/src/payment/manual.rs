use std::time::Duration;

use domain::{PaymentStatus, Timestamp};

use super::{Actor, Own, Payment, Step, Why};

/// A payment that is not open can't be changed by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the payment is {0}")]
pub struct NotOpen(pub PaymentStatus);

impl Payment {
    /// An administrator's word that the money came, or won't. The charge at MercadoPago is given up in both cases, so that
    /// nobody pays it as well.
    ///
    /// # Errors
    /// [`NotOpen`] unless it is pending or in process.
    pub fn decide(
        &mut self,
        approved: bool,
        reason: &str,
        actor: &Actor,
        lease: Option<Duration>,
        now: Timestamp,
    ) -> Result<Step, NotOpen> {
        if !self.is_open() {
            return Err(NotOpen(self.status()));
        }
        let mut step = Step::default();
        if self.closing.is_none() {
            self.begin_closing(Why::Manual, actor, lease, now, &mut step);
        }
        let status = if approved { PaymentStatus::Approved } else { PaymentStatus::Cancelled };
        self.own = Some(Own { status, detail: "manual".to_owned(), at: now });
        step.log(self, now, "manual", actor, Some(format!("{status}: {reason}")));
        Ok(step)
    }

    /// Cash for a payment that waited for it at the counter.
    pub fn pay_cash(&mut self, attempt: u32, actor: &Actor, now: Timestamp) -> Step {
        let mut step = Step::default();
        if self.is_open() {
            self.take_cash(now);
            self.attempt = self.attempt.max(attempt);
            step.log(self, now, "cash", actor, Some(self.amount.to_string()));
        }
        step
    }
}
