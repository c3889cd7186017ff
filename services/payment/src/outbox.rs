//! The work that a payment leaves behind, each kind to whoever does it.

use domain::{PaymentId, PaymentStatus};
use store::{Verdict, Work};

use crate::desk::Desk;
use crate::task::Task;
use crate::verdict::NotYet;

impl Desk {
    /// Does one entry of the outbox.
    pub(crate) async fn handle(&self, work: &Work) -> Verdict {
        let (id, task) = match Task::of(work) {
            Ok(task) => task,
            Err(unreadable) => return Verdict::Bury { error: unreadable.to_string() },
        };
        let done = match task {
            Task::Charge => self.charge(id, work).await,
            Task::Close => self.close(id, work).await,
            Task::Refund(refund) => self.send_refund(id, refund, work).await,
            Task::Notify => self.tell_order(id).await,
        };
        done.unwrap_or_else(Verdict::from)
    }

    /// Tells the order service where a payment is now. One entry stands for any number of changes: whoever tells the
    /// latest has told them all.
    async fn tell_order(&self, id: PaymentId) -> Result<Verdict, NotYet> {
        let Some(payment) = self.store.payment(id).await? else { return Ok(Verdict::Done) };
        match self.orders.notify_payment(payment.order_id, &payment.notice()).await {
            Ok(answer) => {
                tracing::debug!(payment = %id, outcome = ?answer.outcome, "the order service knows");
                Ok(Verdict::Done)
            }
            Err(error) if error.is_passing() => {
                Ok(Verdict::Retry { error: error.in_brief(), after: error.retry_after() })
            }
            // An order is stored before anybody asks for its payment: this one was never placed, and nobody misses the news,
            // unless money came for it.
            Err(error) if error.status() == Some(404) && payment.status() != PaymentStatus::Approved => {
                tracing::warn!(payment = %id, order = %payment.order_id, "a payment of an order that is not there");
                Ok(Verdict::Done)
            }
            Err(error) => Ok(Verdict::Bury { error: error.in_brief() }),
        }
    }
}
