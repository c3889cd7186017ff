use store::mongo::bson::doc;
use store::mongo::{Index, MongoQueue, Schema};

/// The field of an order with its outbox.
pub(crate) const OUTBOX: &str = "outbox";
/// One number of a day belongs to one order.
pub(crate) const NUMBER: &str = "number";
/// One request belongs to one order.
pub(crate) const REQUEST: &str = "request";

/// An order is one document with its lines, history, charges and outbox. Times are RFC 3339 texts of one length, which
/// sort as they should. Filters of partial indexes use only what servers before 6.0 know.
pub(crate) fn schema() -> Schema {
    let orders = vec![
        Index::on(NUMBER, doc! { "day": 1, "number": 1 }).unique(),
        Index::on(REQUEST, doc! { "request.scope": 1, "request.key": 1 })
            .unique()
            .only(doc! { "request.key": { "$exists": true } }),
        Index::on("newest", doc! { "created_at": 1, "_id": 1 }),
        Index::on("customer", doc! { "customer_id": 1, "created_at": 1, "_id": 1 })
            .only(doc! { "customer_id": { "$gt": "" } }),
        // The versions of what is queued are read from the index alone.
        Index::on("status", doc! { "status": 1, "created_at": 1, "_id": 1, "version": 1 }),
        Index::on("changed", doc! { "updated_at": 1, "_id": 1, "version": 1 }),
        Index::on("ends", doc! { "ends_at": 1 }).only(doc! { "ends_at": { "$gt": "" } }),
        MongoQueue::index_inside(OUTBOX, OUTBOX),
    ];
    Schema { service: "order", version: 1, indexes: vec![("orders", orders)] }
}
