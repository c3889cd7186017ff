//! The original system's defects that concern persons and tokens, by the row of our list of them.

use api::ProblemKind;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Role;
use serde_json::json;

use crate::house::{House, PASSWORD, cpf, email, person, punctuated};

#[tokio::test]
async fn row_8_admin_was_an_ordinary_customer() {
    let house = House::new().await;
    let made = house.a(Role::Admin).post("/customers/admin", &person(1)).await.expect(201);
    assert_eq!(made.json["role"], "admin");
    assert_eq!(house.login(&email(1), PASSWORD).await.expect(200).json["role"], "admin");
}

#[tokio::test]
async fn row_8_any_customer_could_make_an_admin() {
    let house = House::new().await;
    house.register(1).await.expect(201);
    let token = house.login(&email(1), PASSWORD).await.expect(200).json["access_token"].as_str().unwrap().to_owned();
    let answer = house.anyone().with_token(token).post("/customers/admin", &person(2)).await;
    answer.expect(403).refused(ProblemKind::Forbidden);
    house.login(&email(2), PASSWORD).await.expect(400);
}

#[tokio::test]
async fn row_9_a_new_client_could_not_get_in() {
    let house = House::new().await;
    for path in ["/customer/register", "/customer/anonymous"] {
        let body = if path.ends_with("register") { person(1) } else { json!({}) };
        let admitted = house.a(Role::Kiosk).post(path, &body).await.expect(201);
        let customer = house.anyone().with_token(admitted.json["access_token"].as_str().unwrap());
        assert_eq!(customer.get("/auth").await.expect(200).json["id"], admitted.json["id"], "{path}");
    }
}

#[tokio::test]
async fn row_9_identify_handed_out_the_person_and_no_token() {
    let house = House::new().await;
    house.register(1).await.expect(201);
    let answer = house.a(Role::Kiosk).post("/customer/identify", &json!({"cpf": cpf(1)})).await.expect(200);
    let customer = house.anyone().with_token(answer.json["access_token"].as_str().unwrap());
    let me = customer.get("/auth").await.expect(200);
    for text in [answer.text, me.text] {
        assert!(!text.contains("Souza") && !text.contains(&email(1)) && !text.contains(&cpf(1)), "{text}");
    }
}

#[tokio::test]
async fn row_10_the_list_was_always_500() {
    let house = House::new().await;
    house.register(1).await.expect(201);
    for path in ["/customers", "/customer/"] {
        let answer = house.a(Role::Admin).get(path).await.expect(200);
        assert_eq!(answer.json[0]["email"], email(1), "{path}");
    }
}

#[tokio::test]
async fn row_11_a_cpf_was_any_text() {
    let house = House::new().await;
    let kiosk = house.a(Role::Kiosk);
    for bad in ["999", "123", "1-2-3", "", "11111111111", "12345678900", "123.456.78900"] {
        let register = json!({"name": "Ana", "email": email(1), "cpf": bad});
        for (path, body) in [("/customer/register", register), ("/customer/identify", json!({"cpf": bad}))] {
            let problem = kiosk.post(path, &body).await.expect(422).refused(ProblemKind::InvalidBody);
            assert_eq!(problem.errors[0].pointer.as_deref(), Some("/cpf"), "{path} {bad}");
        }
    }
    assert_eq!(house.a(Role::Admin).get("/customers").await.expect(200).json, json!([]));
}

#[tokio::test]
async fn row_11_punctuation_made_another_cpf() {
    let house = House::new().await;
    let plain = house.register(1).await.expect(201).json["id"].clone();
    let kiosk = house.a(Role::Kiosk);
    let found = kiosk.post("/customer/identify", &json!({"cpf": punctuated(&cpf(1))})).await.expect(200);
    assert_eq!(found.json["id"], plain);
    let again = json!({"name": "Ana", "email": email(2), "cpf": punctuated(&cpf(1))});
    kiosk.post("/customer/register", &again).await.expect(409);
}

#[tokio::test]
async fn row_11_a_duplicate_cpf_was_500() {
    let house = House::new().await;
    house.register(1).await.expect(201);
    house.register(1).await.expect(409).refused(ProblemKind::Conflict);
}

#[tokio::test]
async fn row_11_no_password_was_500() {
    let house = House::new().await;
    let body = json!({"name": "Ana", "email": email(1), "cpf": cpf(1)});
    let problem = house.a(Role::Admin).post("/customers/admin", &body).await.expect(422);
    assert_eq!(problem.refused(ProblemKind::InvalidBody).errors[0].pointer.as_deref(), Some("/password"));
    house.a(Role::Kiosk).post("/customer/register", &body).await.expect(201);
    let answer = house.token(&[("username", &email(1))]).await.expect(400);
    assert_eq!(answer.json["error"], "invalid_request");
}

/// The secret was empty unless somebody set one; here there is no shared secret at all.
#[tokio::test]
async fn row_11_anybody_could_forge_a_token() {
    let house = House::new().await;
    let now =
        house.service.authority().issue(Role::Admin, None, std::time::Duration::from_secs(60), None).unwrap().claims;
    for secret in ["", "order-secret"] {
        let header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256);
        let key = jsonwebtoken::EncodingKey::from_secret(secret.as_bytes());
        let forged = jsonwebtoken::encode(&header, &now, &key).unwrap();
        house.anyone().with_token(forged).get("/customers").await.expect(401);
    }
    let part = |json: serde_json::Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let unsigned = format!("{}.{}.", part(json!({"alg": "none"})), part(serde_json::to_value(&now).unwrap()));
    house.anyone().with_token(unsigned).get("/customers").await.expect(401);
}

#[tokio::test]
async fn row_11_token_answered_without_token_type() {
    let house = House::new().await;
    house.register(1).await.expect(201);
    assert_eq!(house.login(&email(1), PASSWORD).await.expect(200).json["token_type"], "bearer");
    assert_eq!(house.login(&email(1), "outra senha").await.expect(400).json["error"], "invalid_grant");
}
