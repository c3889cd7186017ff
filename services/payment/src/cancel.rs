//! Giving up the live charge of an order, for the order service.

use std::sync::Arc;

use domain::{OrderId, Page, PaymentId};
use store::StoreError;

use crate::desk::Desk;
use crate::payment::{Actor, Payment, Why};
use crate::store::Filter;

impl Desk {
    /// Closes what is open of an order, up to this attempt, and waits a short time for MercadoPago's answer. Returns that
    /// payment, or the latest one where none is open.
    pub(crate) async fn cancel_charge(
        self: &Arc<Self>,
        order: OrderId,
        attempt: u32,
        actor: &Actor,
    ) -> Result<Option<Payment>, StoreError> {
        let payments = self.payments_of(order).await?;
        let upto: Vec<Payment> = payments.into_iter().filter(|payment| payment.attempt <= attempt).collect();
        if let Some(open) = upto.iter().find(|payment| payment.is_open()) {
            return self.give_up(open.id, actor).await.map(Some);
        }
        Ok(upto.into_iter().next())
    }

    /// Closes one charge and waits a short time for the answer.
    pub(crate) async fn give_up(self: &Arc<Self>, id: PaymentId, actor: &Actor) -> Result<Payment, StoreError> {
        let lease = self.timings.lease;
        let changed = self.apply(id, actor, |payment, now| payment.close(Why::Order, actor, Some(lease), now)).await?;
        if changed.held.is_empty() {
            // Somebody else is at it, or the charge itself is still being asked for.
            return self.until_closed(id).await;
        }
        self.run(changed.held).await;
        Ok(self.store.payment(id).await?.unwrap_or(changed.payment))
    }

    /// The latest payments of an order, newest first.
    pub(crate) async fn payments_of(&self, order: OrderId) -> Result<Vec<Payment>, StoreError> {
        let filter = Filter { order_id: Some(order), ..Filter::default() };
        let page = Page { skip: 0, limit: Page::MAX_LIMIT };
        Ok(self.store.list(filter, page).await?.items)
    }
}
