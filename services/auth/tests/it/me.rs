use std::time::Duration;

use api::ProblemKind;
use domain::Role;
use serde_json::{Value, json};
use testkit::{Answer, Mint};

use crate::house::{House, PASSWORD, cpf, email};

async fn me(house: &House, token: &Value) -> Answer {
    house.anyone().with_token(token.as_str().unwrap()).get("/auth").await
}

#[tokio::test]
async fn after_a_login_it_is_the_whole_person() {
    let house = House::new().await;
    let id = house.register(1).await.expect(201).json["id"].clone();
    let login = house.login(&email(1), PASSWORD).await.expect(200);
    let answer = me(&house, &login.json["access_token"]).await.expect(200);
    let expected =
        json!({"id": id, "name": "Ana 1 Souza", "email": email(1), "cpf": "***.000.001-**", "role": "customer"});
    assert_eq!(answer.json, expected);
}

#[tokio::test]
async fn after_identify_it_is_no_more_than_identify_told() {
    let house = House::new().await;
    house.register(1).await.expect(201);
    let identified = house.a(Role::Kiosk).post("/customer/identify", &json!({"cpf": cpf(1)})).await.expect(200);
    let answer = me(&house, &identified.json["access_token"]).await.expect(200);
    for field in ["id", "name", "email", "cpf", "role"] {
        assert_eq!(answer.json[field], identified.json[field], "{field}");
    }
}

#[tokio::test]
async fn a_device_is_its_subject_and_its_label() {
    let house = House::new().await;
    let day = Duration::from_secs(86_400);
    let issue = |role, subject, name| house.service.authority().issue(role, subject, day, name).unwrap().token;
    let cases = [
        (
            issue(Role::Kitchen, None, Some("Chapa")),
            json!({"id": "cli:kitchen", "name": "Chapa", "email": null, "cpf": null, "role": "kitchen"}),
        ),
        (
            issue(Role::Kiosk, Some("totem-1"), None),
            json!({"id": "totem-1", "name": null, "email": null, "cpf": null, "role": "kiosk"}),
        ),
    ];
    for (token, expected) in cases {
        assert_eq!(me(&house, &json!(token)).await.expect(200).json, expected);
    }
}

#[tokio::test]
async fn without_a_token_that_holds_it_is_nobody() {
    let house = House::new().await;
    let answer = house.anyone().get("/auth").await.expect(401);
    assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    answer.refused(ProblemKind::Unauthenticated);
    let mint = Mint::with_clock(house.clock.clone());
    for (how, token) in mint.bad_tokens(Role::Admin).into_iter().chain([("another key", mint.token(Role::Admin))]) {
        let answer = house.anyone().with_token(token).get("/auth").await;
        assert_eq!(answer.status, 401, "{how}");
    }
}

#[tokio::test]
async fn a_token_ends() {
    let house = House::new().await;
    let kiosk = house.a(Role::Kiosk);
    house.clock.advance(Duration::from_secs(3600 + 29));
    kiosk.get("/auth").await.expect(200);
    house.clock.advance(Duration::from_secs(2));
    kiosk.get("/auth").await.expect(401);
}

#[tokio::test]
async fn a_parameter_that_is_unknown_is_refused() {
    let house = House::new().await;
    let id = house.register(1).await.expect(201).json["id"].as_str().unwrap().to_owned();
    for path in ["/auth".to_owned(), format!("/customer/{id}")] {
        house.a(Role::Admin).get(&format!("{path}?limite=1")).await.refused(ProblemKind::InvalidParameter);
    }
}
