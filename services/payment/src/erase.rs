//! Taking a person out of their payments (LGPD). The payments stay, as the law on bookkeeping asks.

use domain::{CustomerId, Page};
use store::StoreError;

use crate::desk::Desk;
use crate::payment::Actor;
use crate::store::Filter;

/// Payments of one look.
const AT_ONCE: u32 = 100;

impl Desk {
    /// How many payments named the person; none does any more.
    pub(crate) async fn erase_customer(&self, customer: CustomerId, actor: &Actor) -> Result<u32, StoreError> {
        let theirs = Filter { customer_id: Some(customer), ..Filter::default() };
        let mut erased = 0;
        loop {
            let page = self.store.list(theirs, Page { skip: 0, limit: AT_ONCE }).await?;
            if page.items.is_empty() && page.total > 0 {
                return Err(StoreError::internal("a payment of the person cannot be read, and so not be erased"));
            }
            if page.items.is_empty() {
                break;
            }
            for payment in page.items {
                // The name goes last: a payment that still has it is found again if this ends here.
                self.store.forget_reasons(payment.id).await?;
                self.apply(payment.id, actor, |payment, now| payment.forget_customer(actor, now)).await?;
                erased += 1;
            }
        }
        self.store.purge().await?;
        Ok(erased)
    }
}
