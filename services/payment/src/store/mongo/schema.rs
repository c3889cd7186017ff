use store::mongo::bson::doc;
use store::mongo::{Index, MongoQueue, Schema};

/// The field of a payment with its work towards MercadoPago, strictly in order.
pub(crate) const OUTBOX: &str = "outbox";
/// The field with the one entry that tells the order service; a list of its own, so that neither holds the other back.
pub(crate) const NOTICE: &str = "notice";
/// An order has one open payment.
pub(crate) const LIVE: &str = "live";
/// A key has made one payment.
pub(crate) const KEY: &str = "key";
/// Each of MercadoPago's payments belongs to one of ours.
pub(crate) const PROVIDER: &str = "provider";

/// Filters of partial indexes use only what servers before 6.0 know.
pub(crate) fn schema() -> Schema {
    let exists = || doc! { "$exists": true };
    let payments = vec![
        Index::on(LIVE, doc! { "order_id": 1 }).unique().only(doc! { "live": true }),
        Index::on(KEY, doc! { "key_scope": 1 }).unique().only(doc! { "key_scope": exists() }),
        Index::on(PROVIDER, doc! { "provider_payments": 1 }).unique().only(doc! { "provider_payments.0": exists() }),
        Index::on("by_order", doc! { "order_id": 1, "_id": 1 }),
        Index::on("by_customer", doc! { "customer_id": 1, "_id": 1 }).only(doc! { "customer_id": exists() }),
        Index::on("by_status", doc! { "status": 1, "_id": 1 }),
        Index::on("due", doc! { "next_check_at": 1 }).only(doc! { "next_check_at": exists() }),
        MongoQueue::index_inside(OUTBOX, OUTBOX),
        MongoQueue::index_inside(NOTICE, NOTICE),
    ];
    let inbox = vec![MongoQueue::index_of("due")];
    Schema { service: "payment", version: 1, indexes: vec![("payments", payments), ("inbox", inbox)] }
}
