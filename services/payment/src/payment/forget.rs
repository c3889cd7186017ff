use api::payment::PaymentEvent;
use domain::Timestamp;

use super::{Actor, Payment, Step};
use crate::idempotency::Key;

/// The rows whose detail ends with what somebody gave as a reason.
const WITH_REASON: [&str; 2] = ["manual", "refund_requested"];
/// In place of what somebody wrote for the payer to read.
const NEUTRAL: &str = "Pedido";
/// Between what happened and the reason.
const BEFORE_REASON: &str = ": ";

impl Payment {
    /// Nobody's payment any more. What is sent to MercadoPago from here on names nobody either.
    pub fn forget_customer(&mut self, actor: &Actor, now: Timestamp) -> Step {
        self.customer_id = None;
        self.payer_email = None;
        NEUTRAL.clone_into(&mut self.description);
        self.key = self.key.take().and_then(Key::without_person);
        for refund in &mut self.refunds {
            refund.key = refund.key.take().and_then(Key::without_person);
        }
        let mut step = Step::default();
        step.log(self, now, "customer_erased", actor, None);
        step
    }
}

/// The row without the reason that somebody gave, which may name a person; none where there is no reason.
pub(crate) fn without_reason(event: &PaymentEvent) -> Option<PaymentEvent> {
    if !WITH_REASON.contains(&event.kind.as_str()) {
        return None;
    }
    let (what, _) = event.detail.as_deref()?.split_once(BEFORE_REASON)?;
    Some(PaymentEvent { detail: Some(what.to_owned()), ..event.clone() })
}
