//! A store of each kind, for one case.

use order::store::{MongoStore, SqliteStore, Store};
use store::Mongo;
use store::mongo::ConnectOptions;
use testkit::mongo::{Kind, database};

pub(crate) async fn on_sqlite(case: impl AsyncFnOnce(&dyn Store)) {
    let dir = testkit::temp_dir();
    let store = SqliteStore::open(&dir.path().join("order.db")).unwrap();
    case(&store).await;
}

/// Runs a case in a new database of a genuine server, which goes away when the case has passed. Where there can be no
/// server it says so.
pub(crate) async fn on_mongo(kind: Kind, case: impl AsyncFnOnce(&dyn Store)) {
    let Some(url) = database(kind) else { return };
    let store = MongoStore::open(&url, &ConnectOptions::default()).await.unwrap();
    case(&store).await;
    store.close().await;
    drop_database(&url).await;
}

pub(crate) async fn drop_database(url: &str) {
    let mongo = Mongo::connect(url, &ConnectOptions::default()).await.unwrap();
    let database = mongo.database().clone();
    mongo.run(async move { database.drop().await }).await.unwrap();
    mongo.close().await;
}
