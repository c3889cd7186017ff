//! A person who is erased, with the other services as they may be: there, or not yet.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use api::ProblemKind;
use auth::Peers;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use domain::Role;
use serde_json::{Value, json};
use store::StoreUrl;
use testkit::mongo::{Kind, database};
use testkit::{Running, eventually};
use tokio_util::sync::CancellationToken;
use web::TokenFault;

use crate::house::{House, PASSWORD, cpf, email};

const SOON: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// A service that knows customers, and what it was asked.
#[derive(Clone, Default)]
struct Peer(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    answers: bool,
    records: u32,
    asked: Vec<(String, String)>,
}

async fn erase(
    State((peer, name)): State<(Peer, &'static str)>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, StatusCode> {
    let mut known = peer.0.lock().unwrap();
    let token = headers["authorization"].to_str().unwrap().trim_start_matches("Bearer ").to_owned();
    known.asked.push((id.clone(), token));
    if !known.answers {
        return Err(StatusCode::BAD_GATEWAY);
    }
    let records = std::mem::take(&mut known.records);
    Ok(Json(json!({"customer_id": id, name: records, "erased_at": "2026-11-24T00:00:00Z"})))
}

impl Peer {
    fn new(records: u32) -> Self {
        Peer(Arc::new(Mutex::new(Known { answers: true, records, asked: Vec::new() })))
    }

    fn spawn(&self, name: &'static str) -> Running {
        testkit::spawn(
            Router::new().route("/internal/customers/{id}/erase", post(erase)).with_state((self.clone(), name)),
        )
    }

    fn answers(&self, answers: bool) {
        self.0.lock().unwrap().answers = answers;
    }

    fn asked(&self) -> usize {
        self.0.lock().unwrap().asked.len()
    }
}

/// Auth that works, between the two.
struct Shop {
    house: House,
    order: Peer,
    payment: Peer,
    shutdown: CancellationToken,
    _peers: [Running; 2],
}

async fn shop(store: Option<StoreUrl>) -> Shop {
    let (order, payment) = (Peer::new(2), Peer::new(1));
    let peers = [order.spawn("orders"), payment.spawn("payments")];
    let urls = Peers { order: peers[0].url.clone(), payment: peers[1].url.clone() };
    let house = House::with(|settings| {
        settings.peers = Some(urls);
        settings.timings.sweep_after = DAY;
        settings.store = store.unwrap_or_else(|| settings.store.clone());
    })
    .await;
    let shutdown = CancellationToken::new();
    tokio::spawn({
        let (service, shutdown) = (house.service.clone(), shutdown.clone());
        async move { service.run(shutdown).await }
    });
    Shop { house, order, payment, shutdown, _peers: peers }
}

impl Shop {
    async fn receipt(&self, path: &str) -> Value {
        self.house.a(Role::Admin).get(path).await.expect(200).json
    }
}

async fn a_person_goes_everywhere_and_leaves_a_receipt(store: Option<StoreUrl>) {
    let shop = shop(store).await;
    let house = &shop.house;
    let id = house.register(1).await.expect(201).json["id"].as_str().unwrap().to_owned();
    let mine = house.login(&email(1), PASSWORD).await.expect(200).json["access_token"].as_str().unwrap().to_owned();
    let me = house.anyone().with_token(&mine);
    shop.payment.answers(false);
    let answer = me.delete(&format!("/customer/{id}")).await.expect(204);
    let receipt = answer.header("location").unwrap().to_owned();

    // Here it is done, whatever the others do.
    assert_eq!(house.service.authority().inspect(&mine).fault, Some(TokenFault::Revoked));
    me.get("/auth").await.refused(ProblemKind::Unauthenticated);
    house.login(&email(1), PASSWORD).await.expect(400);
    house.a(Role::Kiosk).post("/customer/identify", &json!({"cpf": cpf(1)})).await.refused(ProblemKind::NotFound);
    house.a(Role::Admin).delete(&format!("/customer/{id}")).await.refused(ProblemKind::NotFound);

    // One that is silent holds back neither the other one nor the wish.
    eventually(SOON, || async { (shop.receipt(&receipt).await["order"]["records"] == 2).then_some(()) }).await;
    eventually(SOON, || async { (shop.payment.asked() > 0).then_some(()) }).await;
    assert_eq!(shop.receipt(&receipt).await["payment"], json!(null));

    // The others were asked with a service's token that they can check.
    let (whom, token) = shop.order.0.lock().unwrap().asked[0].clone();
    assert_eq!(whom, id);
    let claims = house.service.authority().inspect(&token).claims.unwrap();
    assert_eq!((claims.sub.as_str(), claims.role), ("auth", Role::Service));

    // When the next try is due is reckoned only after the failure was noted, so the clock has to go on.
    shop.payment.answers(true);
    eventually(SOON, || async {
        house.clock.advance(Duration::from_secs(1));
        (shop.receipt(&receipt).await["payment"]["records"] == 1).then_some(())
    })
    .await;
    assert_eq!(shop.receipt(&receipt).await["completed_at"], json!(null), "a last look is still to come");

    let asked = shop.order.asked();
    let done = eventually(SOON, || async {
        house.clock.advance(DAY);
        let receipt = shop.receipt(&receipt).await;
        (!receipt["completed_at"].is_null()).then_some(receipt)
    })
    .await;
    assert!(shop.order.asked() > asked, "asked once more when no token of the person holds anywhere");
    assert_eq!((&done["auth"]["records"], &done["order"]["records"]), (&json!(1), &json!(2)));
    assert!(!done.to_string().contains(&id), "{done}");
    house.register(1).await.expect(201);
    shop.shutdown.cancel();
}

#[tokio::test]
async fn a_person_goes_everywhere_and_leaves_a_receipt_on_sqlite() {
    a_person_goes_everywhere_and_leaves_a_receipt(None).await;
}

#[tokio::test]
async fn a_person_goes_everywhere_and_leaves_a_receipt_on_mongodb() {
    let Some(url) = database(Kind::Standalone) else { return };
    a_person_goes_everywhere_and_leaves_a_receipt(Some(StoreUrl::Mongo(url))).await;
}

#[tokio::test]
async fn only_an_administrator_and_the_person_with_a_password_may() {
    let house = House::new().await;
    let (ana, bia) = (house.register(1).await.expect(201).json, house.register(2).await.expect(201).json);
    let path = format!("/customers/{}", ana["id"].as_str().unwrap());
    house.anyone().delete(&path).await.refused(ProblemKind::Unauthenticated);
    for role in [Role::Kiosk, Role::Kitchen, Role::Cashier, Role::Service] {
        house.a(role).delete(&path).await.refused(ProblemKind::Forbidden);
    }
    let present = house.anyone().with_token(ana["access_token"].as_str().unwrap());
    present.delete(&path).await.refused(ProblemKind::Forbidden);
    let other = house.login(&email(2), PASSWORD).await.expect(200);
    let other = house.anyone().with_token(other.json["access_token"].as_str().unwrap());
    other.delete(&path).await.refused(ProblemKind::NotFound);
    house.a(Role::Admin).delete("/customer/not-an-id").await.refused(ProblemKind::NotFound);
    house.a(Role::Admin).get(&path).await.expect(200);

    house.a(Role::Admin).delete(&path).await.expect(204);
    house.a(Role::Admin).get(&path).await.refused(ProblemKind::NotFound);
    house.a(Role::Admin).get(&format!("/customer/{}", bia["id"].as_str().unwrap())).await.expect(200);
}

#[tokio::test]
async fn the_files_hold_nothing_of_who_was_erased() {
    let house = House::new().await;
    let ana = house.register(1).await.expect(201).json;
    house.register(2).await.expect(201);
    let files = || {
        let files = std::fs::read_dir(house.dir.path()).unwrap();
        files.map(|entry| std::fs::read(entry.unwrap().path()).unwrap()).collect::<Vec<_>>().concat()
    };
    let holds = |text: &str| files().windows(text.len()).any(|part| part == text.as_bytes());
    assert!(holds(&email(1)) && holds("Ana 1 Souza"), "the files were not read");
    house.a(Role::Admin).delete(&format!("/customer/{}", ana["id"].as_str().unwrap())).await.expect(204);
    assert!(!holds(&email(1)) && !holds("Ana 1 Souza"));
    assert!(holds(&email(2)), "the other one stays");
}
