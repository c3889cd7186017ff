//! A person's whole visit, at the loudest log level, and what is left of them after they were erased.

use std::path::Path;

use serde_json::{Value, json};
use store::mongo::Mongo;
use store::mongo::bson::{RawDocumentBuf, doc};
use testkit::Caller;
use testkit::mongo::{Kind, database};

use crate::separate::Separate;
use crate::support::{ANYWHERE, Home, at, eventually, with_stdin};

const NAME: &str = "Zulmira Quaresma";
const EMAIL: &str = "zulmira.quaresma@example.com";
const CPF: &str = "529.982.247-25";
const PASSWORD: &str = "cavalo bateria grampo";
const COMMENT: &str = "sem cebola para a Quaresma";

/// What must not be found: of the name each half, in whatever case.
fn personal() -> Vec<String> {
    [CPF, "52998224725", EMAIL, "Zulmira", "Quaresma", PASSWORD].map(str::to_lowercase).to_vec()
}

fn found_in(what: &str, bytes: &[u8], texts: &[String]) -> Vec<String> {
    let bytes = bytes.to_ascii_lowercase();
    let holds = |text: &&String| bytes.windows(text.len()).any(|part| part == text.as_bytes());
    texts.iter().filter(holds).map(|text| format!("{what}: {text}")).collect()
}

/// Everything of ours in the data directory that holds one of these. The sandbox plays MercadoPago, which is another
/// company: what it was told is not ours to erase.
fn found_in_files(dir: &Path, texts: &[String]) -> Vec<String> {
    let files = std::fs::read_dir(dir).expect("readable").map(|entry| entry.expect("an entry").path());
    let ours = files.filter(|path| !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("sandbox")));
    ours.flat_map(|path| found_in(&path.display().to_string(), &std::fs::read(&path).expect("read"), texts)).collect()
}

struct Visit {
    /// Every token that somebody used.
    tokens: Vec<String>,
    me: Caller,
    order: String,
}

fn url(home: &Home, service: &str) -> String {
    at(&home.credentials(), &format!("/urls/{service}"))
}

/// Registers, signs in, orders twice; one order is paid and then cancelled for a reason that names her.
async fn visit(home: &Home) -> Visit {
    let register = ["customer", "register", "--name", NAME, "--email", EMAIL, "--cpf", CPF, "--password-stdin"];
    let done = with_stdin(&mut home.command(&register), &format!("{PASSWORD}\n"));
    assert_eq!(done.code, 0, "{}", done.err);
    let auth = Caller::new(url(home, "auth"));
    let form = [("username", EMAIL), ("password", PASSWORD)];
    let signed_in = auth.send(auth.request(reqwest::Method::POST, "/token").form(&form)).await.expect(200);
    let token = at(&signed_in.json, "/access_token");
    let me = Caller::new(url(home, "order")).with_token(&token);
    let menu = me.get("/products?q=X-Burger").await.expect(200).json;
    let product = menu.pointer("/0/id").expect("the menu");
    let body = json!({
        "order_items": [{"product_id": product, "quantity": 1, "comment": COMMENT}],
        "payment_method": "pix", "email": EMAIL, "pickup_name": "Zulmira",
    });
    let order = at(&me.post("/orders", &body).await.expect(201).json, "/id");
    me.post("/orders", &body).await.expect(201);
    eventually("charged", || home.json(&["order", "show", &order])["qr_code"].is_string().then_some(()));
    home.json(&["webhook", "simulate", "--order", &order, "--status", "approved"]);
    let status = |wanted: &str| (at(&home.json(&["order", "show", &order]), "/status") == wanted).then_some(());
    eventually("paid", || status("paid"));
    home.json(&["order", "cancel", &order, "--reason", "a Quaresma desistiu"]);
    eventually("refunded", || status("refunded"));
    let mut tokens = vec![token];
    let kept = home.credentials();
    tokens.extend(["admin", "kitchen", "kiosk"].map(|role| at(&kept, &format!("/tokens/{role}"))));
    Visit { tokens, me, order }
}

async fn erase(home: &Home, visit: &Visit) {
    let everything = home.json(&["privacy", "export", "--cpf", CPF]);
    assert_eq!((&everything["person"]["name"], &everything["person"]["cpf"]), (&json!(NAME), &json!("52998224725")));
    assert_eq!(everything["person"]["email"], EMAIL);
    let count = |list: &str| everything[list].as_array().map(Vec::len);
    assert_eq!((count("orders"), count("payments")), (Some(2), Some(2)), "{everything}");
    let text = everything.to_string();
    assert!(text.contains(COMMENT) && text.contains("a Quaresma desistiu") && text.contains("tracking"), "{text}");
    let receipt = home.json(&["privacy", "erase", "--cpf", CPF]);
    let records = |place: &str| receipt[place]["records"].as_u64();
    assert_eq!((records("auth"), records("order"), records("payment")), (Some(1), Some(2), Some(2)), "{receipt}");
    assert!(
        receipt["completed_at"].is_string()
            && found_in("receipt", receipt.to_string().as_bytes(), &personal()).is_empty()
    );

    // Nobody comes back: not with the token, not with the password, not with the CPF.
    assert_eq!(visit.me.get("/orders").await.status, 401);
    let auth = Caller::new(url(home, "auth"));
    let form = [("username", EMAIL), ("password", PASSWORD)];
    auth.send(auth.request(reqwest::Method::POST, "/token").form(&form)).await.expect(400);
    assert!(home.fails(1, &["privacy", "erase", "--cpf", CPF]).contains("404"));
    let order = home.json(&["order", "show", &visit.order]);
    assert_eq!((&order["status"], &order["customer_id"]), (&json!("refunded"), &Value::Null));
    let track = home.json(&["order", "track", &visit.order]).to_string();
    assert!(found_in("order", format!("{order}{track}").as_bytes(), &personal()).is_empty(), "{order} {track}");
}

/// The part of a token without which it is worth nothing.
fn signatures(visit: &Visit) -> Vec<String> {
    let signature = |token: &String| token.rsplit('.').next().expect("a signature").to_lowercase();
    visit.tokens.iter().map(signature).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_left_of_a_person_in_one_process() {
    let separate = Separate::new("[log]\nlevel = \"trace\"\n");
    let running = separate.up();
    let home = &separate.home;
    let visit = visit(home).await;
    let written = found_in_files(&home.data_dir(), &personal());
    assert!(written.len() >= 4, "the files were not read: {written:?}");
    erase(home, &visit).await;
    assert_eq!(found_in_files(&home.data_dir(), &personal()), Vec::<String>::new(), "while it runs");
    let said = running.log();
    assert_eq!(found_in_files(&home.data_dir(), &personal()), Vec::<String>::new(), "after it ended");
    let secrets = [personal(), signatures(&visit)].concat();
    let logs = std::fs::read_dir(home.data_dir()).expect("readable").map(|entry| entry.expect("an entry").path());
    let logs: Vec<_> = logs.filter(|path| path.extension().is_some_and(|end| end == "log")).collect();
    let log = logs.iter().flat_map(|path| std::fs::read(path).expect("read")).collect::<Vec<_>>();
    assert!(log.windows(5).any(|word| word == b"TRACE"), "the log was not read: {logs:?}");
    assert_eq!(found_in("log", &[log, said.into_bytes()].concat(), &secrets), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_left_of_a_person_in_four_processes() {
    let separate = Separate::new("[log]\nlevel = \"trace\"\n");
    let running = separate.start_all();
    let home = &separate.home;
    let visit = visit(home).await;
    let written = found_in_files(&home.data_dir(), &personal());
    assert!(written.len() >= 4, "the files were not read: {written:?}");
    erase(home, &visit).await;
    assert_eq!(found_in_files(&home.data_dir(), &personal()), Vec::<String>::new(), "while they run");
    let secrets = [personal(), signatures(&visit)].concat();
    for service in running {
        let log = service.log();
        assert!(log.contains("TRACE"), "the log was not read");
        assert_eq!(found_in("log", log.as_bytes(), &secrets), Vec::<String>::new());
    }
    assert_eq!(found_in_files(&home.data_dir(), &personal()), Vec::<String>::new(), "after they ended");
}

/// Everything in a database that holds one of these, as its bytes are. The server's journal is not ours to empty.
async fn found_in_documents(url: &str, texts: &[String]) -> Vec<String> {
    let mongo = Mongo::connect(url, &Default::default()).await.expect("a server");
    let mut found = Vec::new();
    for collection in mongo.database().list_collection_names().await.expect("it answers") {
        let (service, rest) = collection.split_once('_').expect("a service");
        let all = mongo.docs(service, rest, "a document").all::<RawDocumentBuf>(doc! {}, doc! { "_id": 1 }).await;
        let all = all.expect("it answers").iter().flat_map(|one| one.as_bytes().to_vec()).collect::<Vec<_>>();
        found.extend(found_in(&collection, &all, texts));
    }
    mongo.close().await;
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_left_of_a_person_on_mongodb() {
    let Some(url) = database(Kind::ReplicaSet) else { return };
    let home = &Home::new();
    let running = home.start(&[&["up", "--database", &url], &ANYWHERE[..]].concat());
    let visit = visit(home).await;
    let written = found_in_documents(&url, &personal()).await;
    let has = |collection: &str| written.iter().any(|place| place.starts_with(collection));
    assert!(has("auth_persons") && has("order_orders") && has("payment_payments"), "{written:?}");
    erase(home, &visit).await;
    assert_eq!(found_in_documents(&url, &personal()).await, Vec::<String>::new());
    assert_eq!(found_in_files(&home.data_dir(), &personal()), Vec::<String>::new());
    let log = running.log();
    assert_eq!(found_in("log", log.as_bytes(), &[personal(), signatures(&visit)].concat()), Vec::<String>::new());
}
