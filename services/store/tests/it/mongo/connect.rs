use std::time::Duration;

use store::mongo::bson::doc;
use store::mongo::{ConnectOptions, Index, Schema};
use store::{Mongo, StoreError};
use tokio::net::TcpListener;

use super::server::{Kind, Place, Server, on_mongo, skip};

const PATIENT: Duration = Duration::from_secs(60);

/// Where it has to work out, however slow the machine is.
fn patient() -> ConnectOptions {
    ConnectOptions { wait_for: PATIENT, ..ConnectOptions::default() }
}

/// Where nobody answers.
fn brief() -> ConnectOptions {
    ConnectOptions {
        wait_for: Duration::from_millis(50),
        server_selection_timeout: Duration::from_millis(600),
        ..ConnectOptions::default()
    }
}

fn schema() -> Schema {
    let by_name = Index::on("by_name", doc! { "name": 1 }).unique();
    Schema { service: "order", version: 1, indexes: vec![("orders", vec![by_name])] }
}

async fn a_server_that_is_there_is_used_at_once(place: Place) {
    let mongo = place.connect().await;
    mongo.ping().await.unwrap();
    assert_eq!(mongo.has_change_streams(), place.url.contains("replicaSet"));
    mongo.close().await;
    assert!(mongo.ping().await.is_err_and(|error| error.is_unavailable()));
}

async fn the_url_names_the_database(place: Place) {
    let named = place.connect().await;
    assert!(named.database().name().starts_with("test_"));
    let url = place.url.replace(named.database().name(), "");
    let mongo = Mongo::connect(&url, &patient()).await.unwrap();
    assert_eq!(mongo.database().name(), "lanchonete");
    mongo.close().await;
}

async fn written_is_on_the_journal_of_the_majority_whatever_the_url_says(place: Place) {
    for more in ["", "&w=1", "&journal=false&readPreference=secondary"] {
        let mongo = Mongo::connect(&format!("{}{more}", place.url), &patient()).await.unwrap();
        let concern = mongo.database().write_concern().cloned().unwrap();
        assert_eq!(format!("{:?}", concern.w.unwrap()), "Majority", "{more}");
        assert_eq!(concern.journal, Some(true), "{more}");
        assert!(format!("{:?}", mongo.database().selection_criteria()).contains("Primary"), "{more}");
        mongo.close().await;
    }
}

on_mongo! {
    a_server_that_is_there_is_used_at_once,
    the_url_names_the_database,
    written_is_on_the_journal_of_the_majority_whatever_the_url_says,
}

#[tokio::test]
async fn a_url_that_is_none_is_refused_without_its_password() {
    for (url, why) in [
        ("mongodb://ana:s3cret/x@host/db", "to be written as %"),
        ("mongodb://ana:s3cret@x@host/db", "to be written as %"),
        ("mongodb://ana:s3cret?x@host/db", "to be written as %"),
        ("mongodb://ana:s3cret%zz@host/db", "unescaped %"),
        ("mongodb://ana:s3cret@host:port/db", "port"),
        ("mongodb://ana:s3cret@host/d$b", "database name"),
        ("mongodb://ana:s3cret@host/db?connectTimeoutMS=soon", "connecttimeoutms"),
        ("mongodb+srv://ana:s3cret@a.example,b.example/db", "exactly one host"),
        ("mongodb://ana:s3cret@host/db?tls=false&tlsCertificateKeyFilePassword=s3cret", ""),
    ] {
        let error = Mongo::connect(url, &brief()).await.unwrap_err();
        let StoreError::Refused { why: found, .. } = &error else { panic!("{url}: {error:?}") };
        assert!(found.contains(why), "{url}: {found}");
        assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
    }
}

#[tokio::test]
async fn nobody_there_is_told_with_the_address_and_without_the_password() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let url = format!("mongodb://ana:s3cret@{closed}/db");
    let error = Mongo::connect(&url, &brief()).await.unwrap_err();
    assert!(error.is_unavailable());
    let text = format!("{error:?}");
    assert!(text.contains(&format!("mongodb://***@{closed}/db")) && text.contains("refused"), "{text}");
    assert!(!text.contains("s3cret"));
}

#[tokio::test]
async fn a_server_that_never_answers_does_not_hold_the_start_for_ever() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("mongodb://{}/db", silent.local_addr().unwrap());
    let error = tokio::time::timeout(PATIENT, Mongo::connect(&url, &brief())).await.unwrap().unwrap_err();
    assert!(error.is_unavailable(), "{error:?}");
}

#[tokio::test]
async fn a_server_that_comes_later_is_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let server = match Server::run(Some(dir.path()), Kind::Standalone, &[]) {
        Ok(server) => server,
        Err(why) => return skip(&why),
    };
    Server::kill(dir.path());
    let url = server.database("late");
    let waiting = tokio::spawn(async move { Mongo::connect(&url, &patient()).await });
    let path = dir.path().to_owned();
    tokio::task::spawn_blocking(move || Server::start_again(&path, Kind::Standalone)).await.unwrap();
    waiting.await.unwrap().unwrap().ping().await.unwrap();
}

#[tokio::test]
async fn who_may_not_log_in_or_write_is_told_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let server = match Server::run(Some(dir.path()), Kind::Standalone, &["--auth"]) {
        Ok(server) => server,
        Err(why) => return skip(&why),
    };
    // The first user may be made without a login, from this machine.
    let admin = Mongo::connect(&server.database("admin"), &patient()).await.unwrap();
    let database = admin.database().clone();
    let user = |name: &str, role: &str| {
        doc! { "createUser": name, "pwd": "s3cret", "roles": [{ "role": role, "db": "lanchonete" }] }
    };
    let root = doc! { "createUser": "root", "pwd": "s3cret", "roles": ["root"] };
    admin.run(async move { database.run_command(root).await }).await.unwrap();
    let with = |user: &str, password: &str| {
        let url = server.database("lanchonete").replace("mongodb://", &format!("mongodb://{user}:{password}@"));
        format!("{url}&authSource=admin")
    };
    let root = Mongo::connect(&with("root", "s3cret"), &patient()).await.unwrap();
    let database = root.database().client().database("admin");
    for user in [user("reader", "read"), user("writer", "readWrite")] {
        let database = database.clone();
        root.run(async move { database.run_command(user).await }).await.unwrap();
    }

    let options = patient();
    let wrong = Mongo::connect(&with("writer", "gu3ss"), &options).await.unwrap_err();
    assert!(matches!(&wrong, StoreError::Refused { why, .. } if why.contains("login failed")), "{wrong:?}");
    assert!(!format!("{wrong} {wrong:?}").contains("gu3ss"));

    let reader = Mongo::connect(&with("reader", "s3cret"), &options).await.unwrap();
    let refused = reader.prepare(&schema()).await.unwrap_err();
    assert!(matches!(&refused, StoreError::Refused { why, .. } if why.contains("may not")), "{refused:?}");
    assert!(!format!("{refused} {refused:?}").contains("s3cret"));

    let stranger = Mongo::connect(&server.database("lanchonete"), &options).await.unwrap();
    let refused = stranger.prepare(&schema()).await.unwrap_err();
    assert!(matches!(&refused, StoreError::Refused { why, .. } if why.contains("may not")), "{refused:?}");

    let writer = Mongo::connect(&with("writer", "s3cret"), &options).await.unwrap();
    writer.prepare(&schema()).await.unwrap();
}
