//! The same on a genuine MongoDB server.

use store::Mongo;
use store::mongo::bson::{Bson, Document, doc};
use testkit::mongo::{Kind, database};

use super::healthy::Shop;
use super::violations;
use crate::support::{ANYWHERE, Home};

/// A collection, a document, its update, and what must be said of it.
type Damage = (&'static str, &'static str, Document, [&'static str; 3]);

fn damages(shop: &Shop) -> Vec<Damage> {
    let entry = doc! {
        "id": shop.named("other"), "kind": "refund", "payload": "{}", "created_at": 1_i64, "due_at": 1_i64,
        "attempts": 9_i64, "raised": 1_i64, "lease_until": 0_i64, "state": "dead", "last_error": "404 not_found",
    };
    vec![
        (
            "order_orders",
            "waiting",
            doc! { "$set": { "lines.0.price": 1000.5 } },
            ["not_whole_centavos", "waiting", ""],
        ),
        (
            "order_orders",
            "cooking",
            doc! { "$set": { "charges.0.refunded": 1_i64 } },
            ["charge_out_of_date", "cooking", "cooking_payment"],
        ),
        ("order_orders", "delivered", doc! { "$set": { "outbox": [entry] } }, ["dead_letter", "delivered", ""]),
        (
            "payment_payments",
            "given_up_payment",
            doc! { "$push": { "log": { "$each": [], "$slice": 1 } } },
            ["log_differs", "given_up", "given_up_payment"],
        ),
        (
            "payment_payments",
            "refunded_payment",
            doc! { "$set": { "provider_payments": Bson::Array(Vec::new()) } },
            ["provider_payment_shared", "refunded", "refunded_payment"],
        ),
        (
            "payment_payments",
            "cash_payment",
            doc! { "$set": { "live": true } },
            ["payment_index_differs", "cash", "cash_payment"],
        ),
    ]
}

#[test]
fn every_damage_is_found_on_mongodb() {
    let Some(url) = database(Kind::Standalone) else { return };
    let home = Home::new();
    let running = home.start(&[&["up", "--database", &url], &ANYWHERE[..]].concat());
    let shop = Shop::play(&home);
    assert_eq!(violations(&home.json(&["verify"])), []);
    assert!(running.stop().0.success());

    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let damages = damages(&shop);
    let mut expected: Vec<super::Said> = damages
        .iter()
        .map(|(.., [kind, order, payment])| ((*kind).to_owned(), shop.named(order), shop.named(payment)))
        .collect();
    expected.sort();
    runtime.block_on(async {
        let mongo = Mongo::connect(&url, &Default::default()).await.expect("a server");
        for (collection, name, update, _) in damages {
            let (service, collection) = collection.split_once('_').expect("a service");
            let docs = mongo.docs(service, collection, "a document");
            let changed = docs.update(doc! { "_id": shop.named(name) }, update).await.expect("it answers");
            assert_eq!(changed, Ok(true), "{name}");
        }
        mongo.close().await;
    });
    let done = home.run(&["verify", "-o", "json", "-q", "--patience", "20ms"]);
    assert_eq!(done.code, 1, "{}", done.err);
    let report = serde_json::from_str(&done.out).expect("JSON");
    assert_eq!(violations(&report), expected, "{report}");

    let elsewhere = url.replace("/test_", "/test_empty_");
    let said = home.fails(4, &["verify", "--order-database", &elsewhere]);
    assert!(said.contains("holds no orders of ours"), "{said}");
}
