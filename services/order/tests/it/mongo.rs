//! What holds on MongoDB alone: what a call costs, and what is left of a database that somebody damaged.

use std::sync::Arc;
use std::time::Duration;

use domain::{CustomerId, OrderId, OrderStatus, Page, Role, SystemClock};
use order::audit::Number;
use order::order::Request;
use order::store::{MongoStore, OrderFilter, Store};
use serde::Deserialize;
use serde_json::json;
use store::mongo::ConnectOptions;
use store::mongo::bson::{Document, doc};
use store::{Mongo, StoreError, StoreUrl};
use testkit::mongo::Kind;

use crate::conformance::{T0, burger, draft, insert, later, moved};
use crate::kit::Shop;
use crate::stores::on_mongo_url;

const SECOND: Duration = Duration::from_secs(1);

/// The database behind the store's back.
async fn raw(url: &StoreUrl) -> Mongo {
    let StoreUrl::Mongo(url) = url else { unreachable!("a server's database") };
    Mongo::connect(url, &ConnectOptions::default()).await.unwrap()
}

async fn open(url: &StoreUrl) -> Result<MongoStore, StoreError> {
    let StoreUrl::Mongo(url) = url else { unreachable!("a server's database") };
    MongoStore::open(url, &ConnectOptions::default()).await
}

async fn damage(mongo: &Mongo, id: OrderId, set: Document) {
    let orders = mongo.docs("order", "orders", "an order");
    let changed = orders.update(doc! { "_id": id.to_string() }, doc! { "$set": set }).await.unwrap().unwrap();
    assert!(changed);
}

#[tokio::test]
async fn a_damaged_order_is_named_and_the_rest_goes_on() {
    on_mongo_url(Kind::Standalone, async |url| {
        let shop = Shop::on(url.clone(), Arc::new(SystemClock)).await;
        let [good, bad, other] = [shop.paid().await, shop.paid().await, shop.paid().await];
        let mongo = raw(&url).await;
        damage(&mongo, bad.id, doc! { "lines": "x", "version": 99_i64 }).await;
        let store = open(&url).await.unwrap();
        let error = store.order(bad.id).await.unwrap_err();
        assert!(matches!(&error, StoreError::Corrupt { id: Some(id), .. } if *id == bad.id.to_string()), "{error:?}");
        let path = format!("/orders/{}", bad.id);
        shop.a(Role::Admin).expecting_faults().get(&path).await.refused(api::ProblemKind::Internal);
        let listed = shop.a(Role::Admin).get("/orders").await.expect(200);
        assert_eq!(listed.json.as_array().unwrap().len(), 2);
        shop.to(good.id, "preparing").await;
        let queue = testkit::eventually(crate::kit::SOON, || async {
            let queue = shop.a(Role::Kitchen).get("/orders/queue").await.expect(200).json;
            (queue.as_array().unwrap().len() == 2).then_some(queue)
        })
        .await;
        assert_eq!((&queue[0]["id"], &queue[1]["id"]), (&json!(good.id), &json!(other.id)));
        // Also for an instance that meets it at its start.
        let later = shop.beside().await;
        assert_eq!(later.a(Role::Kitchen).get("/orders/queue").await.expect(200).json, queue);
        assert_eq!(store.changed(good.created_at, None, 2).await.unwrap().len(), 2, "a full page, without it");
        for mut closing in [shop, later] {
            closing.close().await;
        }
        store.close().await;
        mongo.close().await;
    })
    .await;
}

/// All numbers, in pages of this many.
async fn numbers(url: &StoreUrl, limit: u32) -> Vec<Number> {
    let audit = order::audit::open(url, &ConnectOptions::default()).await.unwrap();
    let mut all: Vec<Number> = Vec::new();
    loop {
        let page = audit.numbers(&all.last().cloned().unwrap_or_default(), limit).await.unwrap();
        if page.is_empty() {
            break;
        }
        all.extend(page);
    }
    audit.close().await;
    all
}

#[tokio::test]
async fn numbers_are_checked_in_the_order_of_their_index() {
    on_mongo_url(Kind::Standalone, async |url| {
        let store = open(&url).await.unwrap();
        let product = burger(&store).await;
        let mut orders = Vec::new();
        for _ in 0..40 {
            orders.push(insert(&store, draft(&product, T0, None, None)).await);
        }
        store.close().await;
        let mongo = raw(&url).await;
        let database = mongo.database().clone();
        mongo.run(async move { database.run_command(doc! { "profile": 2 }).await }).await.unwrap();
        let found: Vec<i64> = numbers(&url, 7).await.into_iter().map(|number| number.number).collect();
        assert_eq!(found, (1..=40).collect::<Vec<_>>());
        let database = mongo.database().clone();
        mongo.run(async move { database.run_command(doc! { "profile": 0 }).await }).await.unwrap();
        let profile = mongo.database().collection::<Document>("system.profile");
        let sorted = doc! { "command.find": "order_orders", "command.sort.number": 1 };
        let calls: Vec<Document> = mongo
            .run(async move {
                let mut found = profile.find(sorted).max_time(SECOND * 10).await?;
                let mut calls = Vec::new();
                while found.advance().await? {
                    calls.push(found.deserialize_current()?);
                }
                Ok(calls)
            })
            .await
            .unwrap();
        assert!(calls.len() > 5, "{calls:?}");
        for call in calls {
            assert!(!call.get_bool("hasSortStage").unwrap_or(false), "{call}");
            assert!(call.get_i32("keysExamined").unwrap() <= 10, "{call}");
        }

        // Without the index that keeps them apart, two orders can have one number, wherever a page ends.
        let collection = mongo.docs("order", "orders", "an order").raw();
        mongo.run(async move { collection.drop_index("number").await }).await.unwrap();
        damage(&mongo, orders[20].id, doc! { "number": 20_i64 }).await;
        for limit in 1..=25 {
            let found = numbers(&url, limit).await;
            assert_eq!(found.len(), 40, "{limit}");
            let twice = found.windows(2).filter(|two| two[0].number == two[1].number).count();
            assert_eq!(twice, 1, "{limit}");
        }
        mongo.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_first_menu_is_one_change() {
    on_mongo_url(Kind::Standalone, async |url| {
        let mut shop = Shop::on(url.clone(), Arc::new(SystemClock)).await;
        let store = open(&url).await.unwrap();
        // Each change of the menu counts one.
        assert_eq!(store.foreign_writes().await.unwrap().menu, 1);
        assert_eq!(store.menu().await.unwrap().products().len(), 4);
        store.close().await;
        shop.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_damaged_product_is_left_out_and_stays_where_it_is() {
    on_mongo_url(Kind::Standalone, async |url| {
        let store = open(&url).await.unwrap();
        let burger = burger(&store).await;
        let juice = api::order::Product { id: domain::ProductId::new(), name: "Suco".to_owned(), ..burger.clone() };
        store.add_product(juice.clone()).await.unwrap();
        let mongo = raw(&url).await;
        let menu = mongo.docs("order", "menu", "the menu");
        let damage = doc! { "$set": { "products.0.centavos": "dear" } };
        assert!(menu.update(doc! { "_id": "menu" }, damage).await.unwrap().unwrap());
        assert_eq!(store.menu().await.unwrap().products(), std::slice::from_ref(&juice));
        insert(&store, draft(&juice, T0, None, None)).await;
        let patch = api::order::PatchProduct { enabled: Some(false), ..api::order::PatchProduct::default() };
        store.patch_product(juice.id, patch).await.unwrap();
        let left: Document = menu.get(doc! { "_id": "menu" }).await.unwrap().unwrap();
        let products = left.get_array("products").unwrap();
        assert_eq!(products[0].as_document().unwrap().get_str("centavos").unwrap(), "dear");
        store.close().await;
        mongo.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    on_mongo_url(Kind::Standalone, async |url| {
        open(&url).await.unwrap().close().await;
        let mongo = raw(&url).await;
        let meta = mongo.docs("order", "meta", "a note");
        meta.update(doc! { "_id": "schema" }, doc! { "$set": { "version": 1000_i64 } }).await.unwrap().unwrap();
        let error = open(&url).await.err().unwrap();
        assert!(matches!(error, StoreError::TooNew { found: 1000, .. }), "{error:?}");
        mongo.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_count_that_was_lost_gives_no_number_twice() {
    on_mongo_url(Kind::Standalone, async |url| {
        let store = open(&url).await.unwrap();
        let product = burger(&store).await;
        for _ in 0..5 {
            insert(&store, draft(&product, T0, None, None)).await;
        }
        let mongo = raw(&url).await;
        assert!(mongo.docs("order", "days", "a day").delete(doc! {}).await.unwrap());
        assert_eq!(insert(&store, draft(&product, T0, None, None)).await.number, 6);
        store.close().await;
        mongo.close().await;
    })
    .await;
}

/// A line of the server's profiler.
#[derive(Debug, Deserialize)]
struct Profiled {
    #[serde(rename = "planSummary", default)]
    plan: String,
    #[serde(rename = "keysExamined", default)]
    keys: i64,
    #[serde(rename = "docsExamined", default)]
    docs: i64,
}

/// What the server did for the call.
async fn cost(mongo: &Mongo, call: impl AsyncFnOnce()) -> (Vec<String>, i64, i64) {
    let database = mongo.database().clone();
    mongo.run(async move { database.run_command(doc! { "profile": 2 }).await }).await.unwrap();
    call().await;
    let database = mongo.database().clone();
    mongo.run(async move { database.run_command(doc! { "profile": 0 }).await }).await.unwrap();
    let profile = mongo.database().collection::<Document>("system.profile");
    let lines = mongo
        .run(async move {
            let mut cursor = profile.find(doc! { "ns": { "$regex": "order_orders$" } }).await?;
            let mut lines: Vec<Profiled> = Vec::new();
            while cursor.advance().await? {
                lines.push(store::mongo::bson::deserialize_from_slice(cursor.current().as_bytes())?);
            }
            profile.drop().await?;
            Ok(lines)
        })
        .await
        .unwrap();
    assert!(!lines.is_empty(), "nothing was asked");
    let (keys, docs) = lines.iter().fold((0, 0), |(keys, docs), line| (keys + line.keys, docs + line.docs));
    (lines.into_iter().map(|line| line.plan).collect(), keys, docs)
}

/// Orders that ended long ago, put there as they would be.
async fn history(mongo: &Mongo, like: OrderId, many: u32) {
    let orders = mongo.docs("order", "orders", "an order");
    let like: Document = orders.get(doc! { "_id": like.to_string() }).await.unwrap().unwrap();
    let past = (1..=many).map(|number| {
        let mut past = like.clone();
        past.insert("_id", OrderId::new().to_string());
        past.insert("day", "2020-01-01");
        past.insert("number", i64::from(number));
        past.insert("status", OrderStatus::Delivered.as_str());
        past.insert("ends_at", store::mongo::bson::Bson::Null);
        for time in ["created_at", "updated_at"] {
            past.insert(time, "2020-01-01T12:00:00.000Z");
        }
        past
    });
    let past: Vec<Document> = past.collect();
    let collection = mongo.database().collection::<Document>(orders.name());
    mongo.run(async move { collection.insert_many(past).await.map(|_| ()) }).await.unwrap();
}

#[tokio::test]
async fn a_long_history_costs_nothing() {
    const PAST: u32 = 500;
    const FEW: i64 = 20;
    on_mongo_url(Kind::Standalone, async |url| {
        let store = open(&url).await.unwrap();
        let mongo = raw(&url).await;
        let product = burger(&store).await;
        let request = Request { scope: "totem".to_owned(), key: "k".to_owned(), hash: "h".to_owned() };
        let ana = CustomerId::new();
        let waiting = insert(&store, draft(&product, T0, Some(ana), Some(request.clone()))).await;
        let paid = insert(&store, draft(&product, T0, None, None)).await;
        history(&mongo, paid.id, PAST).await;
        let paid = moved(&store, paid, OrderStatus::Paid, later(1)).await;
        macro_rules! cheap {
            ($call:expr) => {{
                let (plans, keys, docs) = cost(&mongo, async || $call).await;
                let what = stringify!($call);
                assert!(!plans.iter().any(|plan| plan.contains("COLLSCAN")), "{what}: {plans:?}");
                assert!(keys <= FEW && docs <= FEW, "{what}: {keys} keys, {docs} documents, {plans:?}");
                docs
            }};
        }
        let covered = [
            cheap!(assert_eq!(store.queue_versions().await.unwrap().unwrap().len(), 1)),
            cheap!(assert_eq!(store.changed_versions(T0).await.unwrap().len(), 2)),
            cheap!(assert_eq!(store.count_open().await.unwrap(), 2)),
        ];
        assert_eq!(covered, [0, 0, 0], "documents, where the index tells all");
        cheap!(assert_eq!(store.queued().await.unwrap().len(), 1));
        cheap!(assert_eq!(store.changed(T0, None, 9).await.unwrap().len(), 2));
        cheap!(assert!(store.made_by(&request, T0.minus(SECOND)).await.unwrap().is_some()));
        cheap!(assert_eq!(store.overdue(later(9999), 9).await.unwrap().len(), 1));
        cheap!(assert!(store.order(waiting.id).await.unwrap().is_some()));
        cheap!(assert!(store.outbox().claim(later(1), SECOND, 9).await.unwrap().is_empty()));
        cheap!(assert_eq!(store.outbox_counts().await.unwrap().open, 0));
        let own = OrderFilter { customer_id: Some(ana), ..OrderFilter::default() };
        cheap!(assert_eq!(store.orders(own, Page::default()).await.unwrap().total, 1));
        let waiting = OrderFilter { status: Some(OrderStatus::Requested), ..OrderFilter::default() };
        cheap!(assert_eq!(store.orders(waiting, Page::default()).await.unwrap().total, 1));
        cheap!(assert!(insert(&store, draft(&product, T0, None, None)).await.number > 0));
        cheap!(assert_eq!(moved(&store, paid, OrderStatus::Preparing, later(2)).await.version, 3));
        store.close().await;
        mongo.close().await;
    })
    .await;
}
