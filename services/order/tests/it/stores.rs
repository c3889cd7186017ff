//! A store of each kind, for one case.

use order::store::{MongoStore, SqliteStore, Store};
use store::mongo::ConnectOptions;
use store::{Mongo, StoreUrl};
use testkit::mongo::{Kind, database};

pub(crate) async fn on_sqlite(case: impl AsyncFnOnce(&dyn Store)) {
    let dir = testkit::temp_dir();
    let store = SqliteStore::open(&dir.path().join("order.db")).unwrap();
    case(&store).await;
}

/// Runs a case in a new database of a genuine server, which goes away when the case has passed. Where there can be no
/// server it says so.
pub(crate) async fn on_mongo(kind: Kind, case: impl AsyncFnOnce(&dyn Store)) {
    on_mongo_url(kind, async |url| {
        let StoreUrl::Mongo(url) = url else { unreachable!("a server's database") };
        let store = MongoStore::open(&url, &ConnectOptions::default()).await.unwrap();
        case(&store).await;
        store.close().await;
    })
    .await;
}

/// The same for a case that opens the database itself.
pub(crate) async fn on_mongo_url(kind: Kind, case: impl AsyncFnOnce(StoreUrl)) {
    let Some(url) = database(kind) else { return };
    case(StoreUrl::Mongo(url.clone())).await;
    let mongo = Mongo::connect(&url, &ConnectOptions::default()).await.unwrap();
    let database = mongo.database().clone();
    mongo.run(async move { database.drop().await }).await.unwrap();
    mongo.close().await;
}
