//! Years of finished orders, put into a store at once: copies of a real one with ids, numbers and times of their own.

use std::path::Path;
use std::time::Duration;

use domain::{OrderId, Timestamp};
use order::order::Order;
use order::store::{MongoStore, SqliteStore, Store};
use store::Mongo;
use store::mongo::ConnectOptions;
use store::mongo::bson::serde_helpers::HumanReadable;
use store::mongo::bson::{self, Document};

/// How many a day, ten seconds apart from noon on (UTC), so that the day is the same in São Paulo.
const A_DAY: u32 = 2000;
const APART: Duration = Duration::from_secs(10);
const DAY: Duration = Duration::from_secs(24 * 3600);
/// Documents in one message to the server.
const BATCH: usize = 1000;

/// The `n`th of `many` copies, the last of which is of yesterday.
fn copy(like: &Order, n: u32, many: u32) -> Order {
    let days_ago = (many - 1 - n) / A_DAY + 1;
    let midnight = like.created_at.minus(Duration::from_secs(like.created_at.seconds().rem_euclid(86_400) as u64));
    let at = midnight.minus(DAY * days_ago).plus(DAY / 2 + APART * (n % A_DAY));
    let back = like.created_at.since(at);
    let earlier = |time: Timestamp| time.minus(back);
    let mut past = like.clone();
    let millis = u64::try_from(at.millis()).unwrap();
    let random: [u8; 16] = *uuid::Uuid::new_v4().as_bytes();
    let random: [u8; 10] = random[..10].try_into().unwrap();
    past.id = OrderId::from_uuid(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid());
    past.day = at.to_string()[..10].to_owned();
    past.number = n % A_DAY + 1;
    past.created_at = at;
    for time in [&mut past.updated_at, &mut past.pay_by] {
        *time = earlier(*time);
    }
    for time in [&mut past.paid_at, &mut past.ready_at, &mut past.delivered_at] {
        *time = time.map(earlier);
    }
    for row in &mut past.tracking {
        row.at = earlier(row.at);
    }
    past
}

/// Into the file of an order service that does not run.
pub(crate) async fn load_sqlite(file: &Path, like: OrderId, many: u32) {
    let store = SqliteStore::open(file).unwrap();
    let like = store.order(like).await.unwrap().unwrap();
    store.close().await;
    let mut file = rusqlite::Connection::open(file).unwrap();
    // Nothing is lost if this is cut off: it is a benchmark.
    file.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -200000").unwrap();
    let all = file.transaction().unwrap();
    {
        let mut insert = all.prepare("INSERT INTO orders (id, version, body) VALUES (?1, ?2, ?3)").unwrap();
        for n in 0..many {
            let past = copy(&like, n, many);
            let body = serde_json::to_string(&past).unwrap();
            insert.execute((past.id.to_string(), i64::try_from(past.version).unwrap(), body)).unwrap();
        }
    }
    all.commit().unwrap();
    file.execute_batch("PRAGMA journal_mode = WAL").unwrap();
}

/// Into the database of an order service that does not run.
pub(crate) async fn load_mongo(url: &str, like: OrderId, many: u32) {
    let options = ConnectOptions { call_timeout: Duration::from_secs(120), ..ConnectOptions::default() };
    let store = MongoStore::open(url, &options).await.unwrap();
    let like = store.order(like).await.unwrap().unwrap();
    store.close().await;
    let mongo = Mongo::connect(url, &options).await.unwrap();
    let orders = mongo.docs("order", "orders", "an order");
    let orders = mongo.database().collection::<Document>(orders.name());
    let written = |n| {
        let mut past = bson::serialize_to_document(&HumanReadable(copy(&like, n, many))).unwrap();
        let id = past.remove("id").unwrap();
        past.insert("_id", id);
        past.insert("outbox", bson::Bson::Array(Vec::new()));
        past
    };
    for first in (0..many).step_by(BATCH) {
        let batch: Vec<Document> = (first..many).take(BATCH).map(written).collect();
        let orders = orders.clone();
        mongo.run(async move { orders.insert_many(batch).await.map(drop) }).await.unwrap();
    }
    mongo.close().await;
}
