//! Cases on genuine MongoDB servers, each in a database of its own.

use store::Mongo;
use store::mongo::ConnectOptions;

pub(crate) use testkit::mongo::{Kind, Server, skip};

/// A database of a test's own.
pub(crate) struct Place {
    pub(crate) url: String,
}

impl Place {
    pub(crate) async fn connect(&self) -> Mongo {
        Mongo::connect(&self.url, &ConnectOptions::default()).await.unwrap()
    }
}

/// Runs a case on the shared server of this kind, in a new database that goes away when the case has passed.
pub(crate) async fn on<F: Future<Output = ()>>(kind: Kind, case: impl FnOnce(Place) -> F) {
    let Some(url) = testkit::mongo::database(kind) else { return };
    case(Place { url: url.clone() }).await;
    let mongo = Place { url }.connect().await;
    let database = mongo.database().clone();
    mongo.run(async move { database.drop().await }).await.unwrap();
    mongo.close().await;
}

/// Each case as a test on both kinds of server.
macro_rules! on_mongo {
    ($($case:ident,)*) => {
        mod standalone {
            $(#[tokio::test]
            async fn $case() {
                crate::mongo::server::on(crate::mongo::server::Kind::Standalone, super::$case).await;
            })*
        }
        mod replica_set {
            $(#[tokio::test]
            async fn $case() {
                crate::mongo::server::on(crate::mongo::server::Kind::ReplicaSet, super::$case).await;
            })*
        }
    };
}
pub(crate) use on_mongo;
