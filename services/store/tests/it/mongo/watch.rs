use std::sync::Arc;
use std::time::Duration;

use store::mongo::bson::doc;
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::server::{Kind, Place, on};

const PATIENT: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_change_by_another_process_wakes() {
    on(Kind::ReplicaSet, async |place: Place| {
        let (mongo, other) = (place.connect().await, place.connect().await);
        let (wake, shutdown) = (Arc::new(Notify::new()), CancellationToken::new());
        let docs = mongo.docs("order", "orders", "an order");
        let watching = tokio::spawn(store::mongo::watch(docs, wake.clone(), shutdown.clone()));
        timeout(PATIENT, wake.notified()).await.expect("it says that it watches");
        let orders = other.docs("order", "orders", "an order");
        for n in 0..3 {
            orders.insert(&doc! { "_id": n }).await.unwrap().unwrap();
            timeout(PATIENT, wake.notified()).await.expect("a change wakes");
        }
        shutdown.cancel();
        timeout(PATIENT, watching).await.unwrap().unwrap();
        mongo.close().await;
    })
    .await;
}

#[tokio::test]
async fn without_change_streams_it_leaves_polling_to_the_worker() {
    on(Kind::Standalone, async |place: Place| {
        let mongo = place.connect().await;
        let docs = mongo.docs("order", "orders", "an order");
        let watching = store::mongo::watch(docs, Arc::new(Notify::new()), CancellationToken::new());
        timeout(PATIENT, watching).await.unwrap();
    })
    .await;
}
