use std::sync::Arc;

use api::ProblemKind;
use domain::{CustomerId, Role};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::Caller;

use crate::house::{House, PASSWORD, cpf, email, person, punctuated};

#[tokio::test]
async fn register_answers_who_and_a_token() {
    let house = House::new().await;
    let answer = house.register(1).await.expect(201);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    insta::assert_json_snapshot!(answer.json, {".access_token" => "[token]", ".id" => "[id]"});
}

#[tokio::test]
async fn register_does_without_a_password() {
    let house = House::new().await;
    let body = json!({"name": "Bia", "email": email(2), "cpf": cpf(2)});
    house.a(Role::Kiosk).post("/customer/register", &body).await.expect(201);
    house.login(&email(2), "").await.expect(400);
}

#[tokio::test]
async fn identify_masks_and_gives_a_token_of_presence() {
    let house = House::new().await;
    let registered = house.register(1).await.expect(201);
    for cpf in [cpf(1), punctuated(&cpf(1)), format!(" {} ", cpf(1))] {
        let answer = house.a(Role::Kiosk).post("/customer/identify", &json!({"cpf": cpf})).await.expect(200);
        assert_eq!(answer.json["id"], registered.json["id"]);
        let inspection = house.service.authority().inspect(answer.json["access_token"].as_str().unwrap());
        let claims = inspection.claims.unwrap();
        assert_eq!((inspection.fault, claims.amr.as_deref()), (None, Some("presence")));
        assert_eq!((claims.role, claims.exp - claims.iat), (Role::Customer, 2 * 3600));
        insta::allow_duplicates! {
            insta::assert_json_snapshot!(answer.json, {".access_token" => "[token]", ".id" => "[id]"}, @r#"
            {
              "id": "[id]",
              "name": "Ana",
              "email": "a***@example.com",
              "cpf": "***.000.001-**",
              "role": "customer",
              "access_token": "[token]",
              "token_type": "bearer",
              "expires_in": 7200
            }
            "#);
        }
    }
}

#[tokio::test]
async fn identify_does_not_know_everybody() {
    let house = House::new().await;
    let problem = house.a(Role::Kiosk).post("/customer/identify", &json!({"cpf": cpf(1)})).await;
    problem.expect(404).refused(ProblemKind::NotFound);
}

#[tokio::test]
async fn an_administrator_who_identifies_is_a_customer() {
    let house = House::new().await;
    house.a(Role::Admin).post("/customers/admin", &person(1)).await.expect(201);
    let answer = house.a(Role::Kiosk).post("/customer/identify", &json!({"cpf": cpf(1)})).await.expect(200);
    let me = house.anyone().with_token(answer.json["access_token"].as_str().unwrap());
    assert_eq!(me.get("/auth").await.expect(200).json["role"], "customer");
    me.get("/customers").await.expect(403);
}

#[tokio::test]
async fn anonymous_may_say_nothing_at_all() {
    let house = House::new().await;
    let kiosk = house.a(Role::Kiosk);
    let mut ids = Vec::new();
    for body in [None, Some("{}")] {
        let request = kiosk.request(Method::POST, "/customer/anonymous");
        let request = match body {
            Some(body) => request.header("content-type", "application/json").body(body),
            None => request,
        };
        let answer = kiosk.send(request).await.expect(201);
        ids.push(answer.json["id"].clone());
        insta::allow_duplicates! {
            insta::assert_json_snapshot!(answer.json, {".access_token" => "[token]", ".id" => "[id]"}, @r#"
            {
              "id": "[id]",
              "name": null,
              "email": null,
              "cpf": null,
              "role": "customer",
              "access_token": "[token]",
              "token_type": "bearer",
              "expires_in": 7200
            }
            "#);
        }
    }
    assert_ne!(ids[0], ids[1]);
    kiosk.post("/customer/anonymous", &json!({"name": "Ana"})).await.expect(422);
}

#[tokio::test]
async fn an_administrator_is_made_and_can_sign_in() {
    let house = House::new().await;
    let answer = house.a(Role::Admin).post("/customers/admin", &person(1)).await.expect(201);
    insta::assert_json_snapshot!(answer.json, {".id" => "[id]"});
    let login = house.login(&email(1), PASSWORD).await.expect(200);
    assert_eq!(login.json["role"], "admin");
    house.anyone().with_token(login.json["access_token"].as_str().unwrap()).get("/customers").await.expect(200);
}

#[tokio::test]
async fn every_fault_of_a_body_is_told() {
    let house = House::new().await;
    let bad = json!({"name": "", "email": "ana", "cpf": "999", "password": "curta", "role": "admin"});
    for (role, path) in [(Role::Kiosk, "/customer/register"), (Role::Admin, "/customers/admin")] {
        let problem = house.a(role).post(path, &bad).await.expect(422).refused(ProblemKind::InvalidBody);
        let mut pointers: Vec<_> = problem.errors.into_iter().filter_map(|fault| fault.pointer).collect();
        pointers.sort();
        assert_eq!(pointers, ["/cpf", "/email", "/name", "/password", "/role"], "{path}");
    }
}

#[tokio::test]
async fn a_name_is_more_than_blanks_and_nothing_invisible() {
    let house = House::new().await;
    for name in ["   ", "Ana\u{202e}", "Ana\nSouza"] {
        let body = json!({"name": name, "email": email(1), "cpf": cpf(1)});
        let problem = house.a(Role::Kiosk).post("/customer/register", &body).await.expect(422);
        let problem = problem.refused(ProblemKind::InvalidBody);
        assert_eq!(problem.errors[0].pointer.as_deref(), Some("/name"), "{name:?}");
    }
}

async fn pointers_of_conflict(house: &House, mail: u32, number: u32) -> Vec<String> {
    let body = json!({"name": "Bia", "email": email(mail).to_uppercase(), "cpf": punctuated(&cpf(number))});
    let answer = house.a(Role::Kiosk).post("/customer/register", &body).await.expect(409);
    answer.refused(ProblemKind::Conflict).errors.into_iter().filter_map(|fault| fault.pointer).collect()
}

#[tokio::test]
async fn what_is_taken_is_told_at_once() {
    let house = House::new().await;
    house.register(1).await.expect(201);
    assert_eq!(pointers_of_conflict(&house, 1, 2).await, ["/email"]);
    assert_eq!(pointers_of_conflict(&house, 2, 1).await, ["/cpf"]);
    assert_eq!(pointers_of_conflict(&house, 1, 1).await, ["/email", "/cpf"]);
    let admin = house.a(Role::Admin).post("/customers/admin", &person(1)).await.expect(409);
    assert_eq!(admin.refused(ProblemKind::Conflict).errors.len(), 2);
    assert_eq!(house.a(Role::Admin).get("/customers").await.expect(200).header("x-total-count"), Some("1"));
}

#[tokio::test]
async fn of_many_at_once_with_one_cpf_one_is_registered() {
    let house = Arc::new(House::new().await);
    let tries = (0..32).map(|n| {
        let house = house.clone();
        let body = json!({"name": "Ana", "email": email(n), "cpf": cpf(7), "password": PASSWORD});
        tokio::spawn(async move { house.a(Role::Kiosk).post("/customer/register", &body).await.status })
    });
    let mut statuses = Vec::new();
    for one in tries.collect::<Vec<_>>() {
        statuses.push(one.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!(statuses[0], 201);
    assert_eq!(statuses[1..], [409; 31]);
    assert_eq!(house.a(Role::Admin).get("/customers").await.expect(200).header("x-total-count"), Some("1"));
}

#[tokio::test]
async fn the_list_is_newest_first_and_pages() {
    let house = House::new().await;
    let mut ids: Vec<Value> = Vec::new();
    for n in 0..12 {
        ids.insert(0, house.register(n).await.expect(201).json["id"].clone());
    }
    let admin = house.a(Role::Admin);
    for (query, expected) in
        [("", &ids[..10]), ("?skip=10", &ids[10..]), ("?skip=1&limit=2", &ids[1..3]), ("?skip=50", &[])]
    {
        let answer = admin.get(&format!("/customer/{query}")).await.expect(200);
        assert_eq!(answer.header("x-total-count"), Some("12"), "{query}");
        let found: Vec<Value> = answer.json.as_array().unwrap().iter().map(|one| one["id"].clone()).collect();
        assert_eq!(found, expected, "{query}");
    }
}

#[tokio::test]
async fn a_list_is_asked_for_within_its_limits() {
    let house = House::new().await;
    for query in
        ["limit=101", "limit=0", "limit=x", "skip=10001", "skip=-1", "customer_id=7", "role=admin", "limit=1&limit=2"]
    {
        let problem = house.a(Role::Admin).get(&format!("/customers?{query}")).await.expect(422);
        let problem = problem.refused(ProblemKind::InvalidParameter);
        assert!(problem.errors[0].parameter.is_some(), "{query}");
    }
}

#[tokio::test]
async fn a_filter_by_id_is_a_filter_and_a_path_is_a_thing() {
    let house = House::new().await;
    let id = house.register(1).await.expect(201).json["id"].as_str().unwrap().to_owned();
    house.register(2).await.expect(201);
    let admin = house.a(Role::Admin);

    let found = admin.get(&format!("/customer/?customer_id={id}")).await.expect(200);
    assert_eq!(found.header("x-total-count"), Some("1"));
    let one = admin.get(&format!("/customer/{id}")).await.expect(200);
    assert_eq!(found.json, json!([one.json]));
    insta::assert_json_snapshot!(one.json, {".id" => "[id]"});

    let nobody = CustomerId::new();
    assert_eq!(admin.get(&format!("/customer/?customer_id={nobody}")).await.expect(200).json, json!([]));
    admin.get(&format!("/customer/{nobody}")).await.expect(404).refused(ProblemKind::NotFound);
    admin.get("/customer/7").await.expect(404).refused(ProblemKind::NotFound);
}

/// Who asks for somebody who is not there, or who is not theirs, learns that first (contract §8.12).
#[tokio::test]
async fn what_is_wrong_with_a_query_comes_after_whom_it_is_about() {
    let house = House::new().await;
    let ana = house.register(1).await.expect(201).json;
    let (id, presence) = (ana["id"].as_str().unwrap(), ana["access_token"].as_str().unwrap());
    let (admin, stranger) = (house.a(Role::Admin), CustomerId::new());
    for path in [format!("/customer/{stranger}?x=1"), format!("/erasures/{stranger}?x=1")] {
        admin.get(&path).await.refused(ProblemKind::NotFound);
    }
    let erase = async |caller: &Caller, id: &str| {
        caller.send(caller.request(Method::DELETE, &format!("/customer/{id}?x=1"))).await
    };
    erase(&admin, &stranger.to_string()).await.refused(ProblemKind::NotFound);
    erase(&house.anyone().with_token(presence), id).await.refused(ProblemKind::Forbidden);
    admin.get(&format!("/customer/{id}?x=1")).await.refused(ProblemKind::InvalidParameter);
    erase(&admin, id).await.refused(ProblemKind::InvalidParameter);
    admin.get(&format!("/customer/{id}")).await.expect(200);
}
