//! The sender: does the errands that orders have at the payment service, until each is done.

use std::sync::Arc;
use std::time::Duration;

use api::ProblemKind;
use api::client::{CallError, trace};
use api::order::PaymentNotice;
use api::payment::{CancelCharge, CounterPayment, NewPayment, NewRefund, Payment};
use domain::{Money, OrderId, OrderStatus, PaymentStatus};
use store::{Hold, Verdict, Work};
use tokio::task::JoinHandle;

use crate::core::Core;
use crate::notice;
use crate::order::{Cause, Charge, Errand, Order};

/// How long an errand is held by an instance that does not renew its lease: one that was killed.
pub(crate) const LEASE: Duration = Duration::from_secs(10);
/// How errands are held while they are done: the worker's, and the first try of a new order.
pub(crate) const HOLD: Hold = Hold { lease_for: LEASE, limit: Duration::from_secs(30) };
/// Shortly before the end of the time to pay, a charge that is refused is not missed: by the payment service's clock the
/// time may be over.
const TOO_LATE: Duration = Duration::from_secs(30);

/// Does an errand whose lease the caller holds, in a task that outlives the caller.
pub(crate) fn send_now(core: Arc<Core>, work: Work) -> JoinHandle<()> {
    trace::spawn(async move {
        let doing = handle(core.clone(), work.clone());
        store::finish(core.store.outbox().as_ref(), core.clock.as_ref(), &work, HOLD, doing).await;
    })
}

/// Does one errand.
pub(crate) async fn handle(core: Arc<Core>, work: Work) -> Verdict {
    let errand: Errand = match serde_json::from_value(work.payload.clone()) {
        Ok(errand) => errand,
        // serde's message may quote a value, which may be a person's.
        Err(error) => return bury(format!("not an errand: line {} column {}", error.line(), error.column())),
    };
    let Ok(id) = work.aggregate.parse::<OrderId>() else { return bury("not an order's id") };
    let order = match core.store.order(id).await {
        Ok(Some(order)) => order,
        Ok(None) => return bury("no such order"),
        Err(error) => return Verdict::Retry { error: error.to_string(), after: None },
    };
    let run = Run { core: &core, order: &order };
    let verdict = match errand {
        Errand::Charge { attempt } => run.charge(attempt).await,
        Errand::Cancel { attempt, reason } => run.cancel(attempt, reason).await,
        Errand::Counter { attempt, actor } => run.counter(attempt, actor).await,
        Errand::Refund { attempt, payment_id, cause, reason } => {
            let payment = payment_id.or_else(|| run.attempt(attempt).and_then(|charge| charge.payment_id));
            run.refund(attempt, payment, cause, reason).await
        }
    };
    verdict.unwrap_or_else(|verdict| verdict)
}

/// One errand under way. Its steps end early with a verdict.
struct Run<'a> {
    core: &'a Arc<Core>,
    order: &'a Order,
}

impl Run<'_> {
    fn attempt(&self, attempt: u32) -> Option<&Charge> {
        self.order.charges.iter().find(|charge| charge.attempt == attempt)
    }

    /// Asks for a charge, after the attempt before it was closed.
    async fn charge(&self, attempt: u32) -> Result<Verdict, Verdict> {
        let order = self.order;
        let newest = order.charges.iter().all(|charge| charge.attempt <= attempt);
        let waits = self.attempt(attempt).is_some_and(|charge| charge.payment_id.is_none());
        let over = order.status != OrderStatus::Requested || self.core.now() >= order.pay_by;
        if over || !newest || !waits {
            return Ok(Verdict::Done);
        }
        if attempt > 1 {
            let reason = "nova tentativa de pagamento".to_owned();
            if let Some(payment) = self.close(attempt - 1, reason).await?
                && payment.status.was_paid()
            {
                return Ok(Verdict::Done);
            }
        }
        let method = self.attempt(attempt).map(|charge| charge.method);
        let body = NewPayment {
            order_id: order.id,
            amount: order.amount,
            description: format!("Pedido {}", order.number),
            customer_id: order.customer_id,
            currency: Some("BRL".to_owned()),
            email: order.email.clone(),
            method,
            attempt: Some(attempt),
            expires_at: Some(order.pay_by),
        };
        let payment = match self.core.payments.create(&body, &format!("{}-{attempt}", order.id)).await {
            Err(error) if is_final(&error) && self.core.now().plus(TOO_LATE) >= order.pay_by => {
                tracing::info!(order = %order.id, error = %error.in_brief(), "a charge came too late");
                self.core.peer.answered();
                return Ok(Verdict::Done);
            }
            answer => self.answer(answer)?,
        };
        self.learn(attempt, 0, &payment).await
    }

    async fn cancel(&self, attempt: u32, reason: String) -> Result<Verdict, Verdict> {
        self.close(attempt, reason).await?;
        Ok(Verdict::Done)
    }

    /// Closes charges up to an attempt; what the payment service knows of them is taken in.
    async fn close(&self, attempt: u32, reason: String) -> Result<Option<Payment>, Verdict> {
        let body = CancelCharge { attempt, reason };
        let answer = match self.core.payments.cancel_charge(self.order.id, &body).await {
            // An order without any charge is as good as one whose charge is closed.
            Err(CallError::Refused(problem, _)) if problem.status == 404 => {
                self.core.peer.answered();
                return Ok(None);
            }
            answer => self.answer(answer)?,
        };
        if let Some(payment) = &answer.payment {
            self.learn(answer.attempt.unwrap_or(attempt), answer.version, payment).await?;
        }
        Ok(answer.payment)
    }

    async fn counter(&self, attempt: u32, actor: api::order::TrackingActor) -> Result<Verdict, Verdict> {
        let order = self.order;
        let (amount, customer_id) = (order.amount, order.customer_id);
        let body = CounterPayment { order_id: order.id, amount, attempt, customer_id, actor };
        let key = format!("{}-{attempt}-counter", order.id);
        let payment = self.answer(self.core.payments.counter(&body, &key).await)?;
        self.learn(attempt, 0, &payment).await
    }

    async fn refund(
        &self,
        attempt: u32,
        payment: Option<domain::PaymentId>,
        cause: Cause,
        reason: String,
    ) -> Result<Verdict, Verdict> {
        let Some(payment) = payment else { return Err(bury("no payment is known that could be refunded")) };
        let key = format!("{}-{}-{attempt}", self.order.id, cause.as_str());
        let body = NewRefund { amount: None, reason };
        let refused = match self.core.payments.refund(payment, &body, &key).await {
            // What MercadoPago refused is the payment service's to keep and to tell, as is what it refuses later.
            Err(CallError::Refused(problem, _)) if problem.code == ProblemKind::RefundRefused.code() => {
                self.core.peer.answered();
                return Ok(Verdict::Done);
            }
            Err(error @ CallError::Refused(..)) if error.status() == Some(409) => error,
            answer => {
                self.answer(answer)?;
                return Ok(Verdict::Done);
            }
        };
        // What was to go back may have gone back another way.
        let seen = self.answer(self.core.payments.payment(payment).await)?;
        match seen.status {
            PaymentStatus::Refunded | PaymentStatus::ChargedBack => Ok(Verdict::Done),
            _ => self.answer::<()>(Err(refused)).map(|()| Verdict::Done),
        }
    }

    /// Takes what the payment service answered into the order, as one of its notices: the first and oldest, where the answer
    /// has no version.
    async fn learn(&self, attempt: u32, version: u64, payment: &Payment) -> Result<Verdict, Verdict> {
        let notice = PaymentNotice {
            payment_id: payment.payment_id,
            attempt,
            version,
            method: payment.method,
            status: payment.status,
            status_detail: payment.status_detail.clone(),
            amount: payment.amount,
            paid_amount: if payment.status.was_paid() { payment.amount } else { Money::ZERO },
            refunded_amount: payment.refunded_amount,
            qr_code: payment.qr_code.clone(),
            payment_link: payment.payment_link.clone(),
            expires_at: payment.expires_at,
        };
        match notice::take(self.core, self.order.id, &notice).await {
            Ok(_) => Ok(Verdict::Done),
            Err(notice::NoticeError::Store(error)) => Err(Verdict::Retry { error: error.to_string(), after: None }),
            Err(error) => Err(bury(error.to_string())),
        }
    }

    /// An answer, or what becomes of the entry without one.
    fn answer<T>(&self, answer: Result<T, CallError>) -> Result<T, Verdict> {
        let now = self.core.now();
        let error = match answer {
            Ok(value) => {
                self.core.peer.answered();
                return Ok(value);
            }
            Err(error) => error,
        };
        let text = error.in_brief();
        if error.is_passing() {
            self.core.peer.failed(now);
            return Err(Verdict::Retry { error: text, after: error.retry_after() });
        }
        self.core.peer.answered();
        Err(if is_final(&error) { bury(text) } else { Verdict::Retry { error: text, after: None } })
    }
}

/// Whether asking again is of no use. A live charge is in the way only until it is closed, which takes as long as MercadoPago
/// takes, at most until the time to pay is over.
fn is_final(error: &CallError) -> bool {
    let collides = matches!(error, CallError::Refused(problem, _) if problem.code == ProblemKind::ChargeExists.code());
    !error.is_passing() && !collides
}

fn bury(error: impl Into<String>) -> Verdict {
    Verdict::Bury { error: error.into() }
}
