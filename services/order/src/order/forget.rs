use domain::{CustomerId, Role, Timestamp};

use super::{Errand, Order, Stepped};

/// Stands where a person's id or words were.
const ERASED: &str = "apagado";

impl Order {
    /// Takes a customer out of the order, which stays: nobody's, without names, e-mail, comments or anything that people
    /// wrote. An order of somebody else is left alone.
    pub fn forget_customer(&mut self, customer: CustomerId, now: Timestamp) -> Stepped {
        if self.customer_id != Some(customer) {
            return Stepped::Unchanged;
        }
        let id = customer.to_string();
        self.customer_id = None;
        self.pickup_name = None;
        self.email = None;
        for line in &mut self.lines {
            line.comment = None;
        }
        for row in self.tracking.iter_mut().filter(|row| row.actor.role != Role::Service) {
            row.reason = None;
            if row.actor.id == id {
                row.actor.id = ERASED.to_owned();
            }
        }
        // Whoever asked for them may have written anything into the key.
        self.request = None;
        for charge in &mut self.charges {
            charge.request = None;
        }
        self.touch(now);
        Stepped::Changed(Vec::new())
    }
}

impl Errand {
    /// The errand without what people wrote; none when they wrote nothing.
    pub(crate) fn without_reason(&self) -> Option<Errand> {
        let mut errand = self.clone();
        match &mut errand {
            Errand::Cancel { reason, .. } | Errand::Refund { reason, .. } => *reason = ERASED.to_owned(),
            Errand::Charge { .. } | Errand::Counter { .. } => {}
        }
        (errand != *self).then_some(errand)
    }
}
