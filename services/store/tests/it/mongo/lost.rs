//! Writes whose answer never comes: a proxy hands them to the server and cuts the connection instead of answering.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use store::Mongo;
use store::mongo::bson::{Bson, Document, doc};
use store::mongo::{ConnectOptions, Docs, Index, Schema};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::server::{Place, on_mongo};

/// A proxy before one server, and how many answers it still has to lose.
struct Lossy {
    url: String,
    to_lose: Arc<AtomicUsize>,
}

impl Lossy {
    async fn before(place: &Place) -> Lossy {
        let rest = place.url.strip_prefix("mongodb://").unwrap();
        let (server, rest) = rest.split_once('/').unwrap();
        let database = rest.split('?').next().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("mongodb://{}/{database}?directConnection=true", listener.local_addr().unwrap());
        let to_lose = Arc::new(AtomicUsize::new(0));
        let (server, lose) = (server.to_owned(), to_lose.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if let Ok(server) = TcpStream::connect(&server).await {
                    tokio::spawn(forward(client, server, lose.clone()));
                }
            }
        });
        Lossy { url, to_lose }
    }

    async fn orders(&self) -> Docs {
        let mongo = Mongo::connect(&self.url, &ConnectOptions::default()).await.unwrap();
        mongo.docs("order", "orders", "an order")
    }

    fn lose(&self, answers: usize) {
        self.to_lose.store(answers, Ordering::SeqCst);
    }
}

/// One question and one answer after the other, as the driver speaks on connections that are not its monitor's.
async fn forward(client: TcpStream, server: TcpStream, to_lose: Arc<AtomicUsize>) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let writes = Arc::new(AtomicUsize::new(0));
    let seen = writes.clone();
    let questions = async move {
        while let Some(question) = message(&mut from_client).await {
            let write = [&b"\x02insert\0"[..], b"\x02update\0"];
            let found = write.iter().any(|word| question.windows(word.len()).any(|part| part == *word));
            seen.store(usize::from(found), Ordering::SeqCst);
            if to_server.write_all(&question).await.is_err() {
                return;
            }
        }
    };
    let answers = async move {
        while let Some(answer) = message(&mut from_server).await {
            let lost = writes.load(Ordering::SeqCst) > 0
                && to_lose.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
            if lost || to_client.write_all(&answer).await.is_err() {
                return;
            }
        }
    };
    // Whichever ends closes both.
    tokio::select! {
        () = questions => {}
        () = answers => {}
    }
}

/// One message of the wire protocol: it begins with its length.
async fn message(from: &mut (impl tokio::io::AsyncRead + Unpin)) -> Option<Vec<u8>> {
    let length = from.read_i32_le().await.ok()?;
    let mut whole = length.to_le_bytes().to_vec();
    whole.resize(usize::try_from(length).ok()?, 0);
    from.read_exact(&mut whole[4..]).await.ok()?;
    Some(whole)
}

async fn an_insert_whose_answer_is_lost_is_stored_once(place: Place) {
    let lossy = Lossy::before(&place).await;
    let orders = lossy.orders().await;
    orders.insert(&doc! { "_id": "warm" }).await.unwrap().unwrap();
    lossy.lose(1);
    orders.insert(&doc! { "_id": "1" }).await.unwrap().expect("it is ours");
    assert_eq!(lossy.to_lose.load(Ordering::SeqCst), 0, "an answer was lost");
    assert_eq!(orders.count_to(doc! { "_id": "1" }, 5).await.unwrap(), 1);
    let taken = orders.insert(&doc! { "_id": "1" }).await.unwrap().unwrap_err();
    assert_eq!(taken.index, "_id_");
}

async fn a_write_that_stays_unanswered_is_unavailable_and_whole(place: Place) {
    let lossy = Lossy::before(&place).await;
    let orders = lossy.orders().await;
    orders.insert(&doc! { "_id": "1", "version": 1 }).await.unwrap().unwrap();
    lossy.lose(usize::MAX);
    let change = doc! { "$set": { "version": 2 }, "$push": { "log": "changed" } };
    let error = orders.update(doc! { "_id": "1", "version": 1 }, change.clone()).await.unwrap_err();
    assert!(error.is_unavailable(), "{error:?}");
    let error = orders.insert(&doc! { "_id": "2" }).await.unwrap_err();
    assert!(error.is_unavailable(), "{error:?}");
    lossy.lose(0);
    // The same change again finds that it was made, once.
    assert!(!orders.update(doc! { "_id": "1", "version": 1 }, change).await.unwrap().unwrap());
    let order: Document = orders.get(doc! { "_id": "1" }).await.unwrap().unwrap();
    assert_eq!(order, doc! { "_id": "1", "version": 2, "log": ["changed"] });
}

/// Tells the server to refuse that many of these commands of this client, as one that is stepping down or going away does.
async fn refuse(mongo: &Mongo, app: &str, command: &str, times: i32, code: i32) {
    let admin = mongo.database().client().database("admin");
    let point = doc! {
        "configureFailPoint": "failCommand",
        "mode": if times > 0 { Bson::from(doc! { "times": times }) } else { Bson::from("off") },
        "data": { "failCommands": [command], "errorCode": code, "appName": app },
    };
    mongo.run(async move { admin.run_command(point).await }).await.unwrap();
}

/// One at a time on each server: it has only one fail point of this kind.
static FAIL_POINT: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

async fn a_server_that_steps_down_is_asked_again_and_then_unavailable(place: Place) {
    let _alone = FAIL_POINT.lock().await;
    let app = "steps-down";
    let options = ConnectOptions { app_name: app.to_owned(), ..ConnectOptions::default() };
    let mongo = Mongo::connect(&place.url, &options).await.unwrap();
    let orders = mongo.docs("order", "orders", "an order");
    // NotWritablePrimary, InterruptedDueToReplStateChange, ShutdownInProgress, PrimarySteppedDown.
    for code in [10107, 11602, 91, 189] {
        refuse(&mongo, app, "insert", 1, code).await;
        orders.insert(&doc! { "_id": code }).await.unwrap().unwrap();
    }
    refuse(&mongo, app, "insert", 100, 10107).await;
    let error = orders.insert(&doc! { "_id": 1 }).await.unwrap_err();
    assert!(error.is_unavailable(), "{error:?}");
    refuse(&mongo, app, "insert", 0, 0).await;
    assert_eq!(orders.count_to(doc! {}, 9).await.unwrap(), 4);
}

async fn a_server_that_goes_away_while_it_is_prepared_is_waited_for(place: Place) {
    let _alone = FAIL_POINT.lock().await;
    let app = "prepares";
    let options = ConnectOptions { app_name: app.to_owned(), ..ConnectOptions::default() };
    let mongo = Mongo::connect(&place.url, &options).await.unwrap();
    let key = Index::on("by_key", doc! { "key": 1 }).unique();
    let schema = Schema { service: "shop", version: 1, indexes: vec![("orders", vec![key])] };
    refuse(&mongo, app, "createIndexes", 2, 91).await;
    mongo.prepare(&schema).await.unwrap();
    refuse(&mongo, app, "createIndexes", 0, 0).await;
    let orders = mongo.docs("shop", "orders", "an order");
    orders.insert(&doc! { "_id": 1, "key": 1 }).await.unwrap().unwrap();
    assert_eq!(orders.insert(&doc! { "_id": 2, "key": 1 }).await.unwrap().unwrap_err().index, "by_key");
    assert_eq!(mongo.check(&schema).await.unwrap(), Some(1));
}

on_mongo! {
    a_server_that_goes_away_while_it_is_prepared_is_waited_for,
    a_server_that_steps_down_is_asked_again_and_then_unavailable,
    an_insert_whose_answer_is_lost_is_stored_once,
    a_write_that_stays_unanswered_is_unavailable_and_whole,
}
