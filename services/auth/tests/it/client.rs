//! The typed client that the other services and the commands use.

use std::time::Duration;

use api::auth::{Identify, Register};
use api::client::{AuthClient, CallError, FixedToken, Http, http_client};
use domain::Role;

use crate::house::{House, PASSWORD, cpf, email, person};

fn client(house: &House, role: Option<Role>) -> AuthClient {
    let http = Http::new(http_client(Duration::from_secs(10)).unwrap(), house.running.url.clone());
    AuthClient::new(match role {
        Some(role) => {
            let token = house.service.authority().issue(role, None, Duration::from_secs(60), None).unwrap().token;
            http.with_bearer(FixedToken::new(token.into()))
        }
        None => http,
    })
}

#[tokio::test]
async fn the_typed_client_finds_everything() {
    let house = House::new().await;
    let (anyone, kiosk) = (client(&house, None), client(&house, Some(Role::Kiosk)));
    let body: Register = serde_json::from_value(person(1)).unwrap();
    let ana = kiosk.register(&body).await.unwrap();
    assert_eq!(kiosk.identify(&Identify { cpf: cpf(1).parse().unwrap() }).await.unwrap().id, ana.id);
    assert_ne!(kiosk.anonymous().await.unwrap().id, ana.id);
    assert_eq!(kiosk.me().await.unwrap().id, "cli:kiosk");
    assert_eq!(anyone.password_token(&email(1), PASSWORD).await.unwrap().customer_id, ana.id.to_string());
    assert_eq!(anyone.client_token("order", "order-secret").await.unwrap().role, Role::Service);
    assert_eq!(anyone.jwks().await.unwrap(), house.service.authority().jwks());
    let admin = client(&house, Some(Role::Admin));
    let boss = serde_json::from_value(person(2)).unwrap();
    assert_eq!(admin.create_admin(&boss).await.unwrap().role, Role::Admin);
}

#[tokio::test]
async fn the_typed_client_tells_refusals_apart() {
    let house = House::new().await;
    let wrong = client(&house, None).password_token("ana@example.com", "outra senha").await.unwrap_err();
    assert!(matches!(&wrong, CallError::OAuth(error, 400, None) if error.error == "invalid_grant"), "{wrong:?}");
    let wrong = client(&house, None).client_token("order", "x").await.unwrap_err();
    assert!(matches!(&wrong, CallError::OAuth(error, 401, None) if error.error == "invalid_client"), "{wrong:?}");
    let nobody =
        client(&house, Some(Role::Kiosk)).identify(&Identify { cpf: cpf(1).parse().unwrap() }).await.unwrap_err();
    assert!(matches!(&nobody, CallError::Refused(problem, _) if problem.code == "not_found"), "{nobody:?}");
}
