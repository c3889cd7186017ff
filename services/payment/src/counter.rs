//! Cash that was taken at the counter.

use std::sync::Arc;

use api::payment::CounterPayment;
use domain::{PaymentMethod, PaymentStatus};
use store::StoreError;

use crate::create::CreateFailed;
use crate::desk::Desk;
use crate::idempotency::{Key, ORDER};
use crate::payment::{Actor, Charge, Payment, Why};
use crate::store::Inserted;

impl Desk {
    /// Records the cash once per order and attempt, whoever repeats it, and closes what could still be paid otherwise. A
    /// payment that waited for this cash is the one that becomes approved. Says whether it was recorded before.
    pub(crate) async fn take_cash(
        self: &Arc<Self>,
        cash: &CounterPayment,
        actor: &Actor,
    ) -> Result<(Payment, bool), CreateFailed> {
        let payments = self.payments_of(cash.order_id).await?;
        let taken = |payment: &&Payment| {
            payment.method == PaymentMethod::Counter
                && payment.attempt >= cash.attempt
                && matches!(payment.status(), PaymentStatus::Approved | PaymentStatus::Refunded)
        };
        let seen = payments.iter().find(taken).cloned();
        if let Some(open) = payments.iter().find(|payment| payment.is_open()) {
            if seen.is_none() && open.method == PaymentMethod::Counter && open.amount == cash.amount {
                let attempt = cash.attempt;
                let pay = |payment: &mut Payment, now| payment.pay_cash(attempt, actor, now);
                return Ok((self.apply(open.id, actor, pay).await?.payment, false));
            }
            let close = |payment: &mut Payment, now| payment.close(Why::Order, actor, None, now);
            self.apply(open.id, actor, close).await?;
        }
        match seen {
            Some(seen) => Ok((seen, true)),
            None => self.record(cash, actor).await,
        }
    }

    async fn record(&self, cash: &CounterPayment, actor: &Actor) -> Result<(Payment, bool), CreateFailed> {
        let now = self.now();
        let scope = format!("{}/{}", cash.order_id, cash.attempt);
        let charge = Charge {
            order_id: cash.order_id,
            attempt: cash.attempt,
            customer_id: cash.customer_id,
            amount: cash.amount,
            method: PaymentMethod::Counter,
            description: String::new(),
            email: None,
            expires_at: now.plus(self.timings.expires_after),
            key: Some(Key::new(ORDER, "cash", &scope, &cash.amount)),
        };
        let (payment, step) = Payment::taken(charge, actor, now);
        match self.store.insert(&payment, step, now).await? {
            Inserted::New(_) => {
                self.outbox_wake.notify_one();
                Ok((payment, false))
            }
            Inserted::Replayed(seen) => Ok((*seen, true)),
            Inserted::KeyReused => Err(CreateFailed::KeyReused),
            // Only an open payment takes the place of a live charge, and this one is paid.
            Inserted::ChargeExists(_) => Err(StoreError::internal("a paid payment is no live charge").into()),
        }
    }
}
