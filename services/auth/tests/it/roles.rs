use std::fmt::Write;

use domain::{CustomerId, Role};
use reqwest::Method;
use serde_json::{Value, json};

use crate::house::{House, cpf, person};

/// Each route with a body that would do.
fn routes(id: CustomerId) -> Vec<(Method, String, Option<Value>)> {
    let mut routes =
        vec![(Method::GET, "/.well-known/jwks.json".to_owned(), None), (Method::GET, "/auth".to_owned(), None)];
    for prefix in ["/customer", "/customers"] {
        routes.push((Method::GET, format!("{prefix}/"), None));
        routes.push((Method::GET, format!("{prefix}/{id}"), None));
        routes.push((Method::POST, format!("{prefix}/admin"), Some(json!({}))));
        routes.push((Method::POST, format!("{prefix}/identify"), Some(json!({"cpf": cpf(1)}))));
        routes.push((Method::POST, format!("{prefix}/register"), Some(json!({}))));
        routes.push((Method::POST, format!("{prefix}/anonymous"), None));
    }
    routes
}

/// An empty body of register and admin is 422 for whoever may call them, and nobody else gets so far.
#[tokio::test]
async fn every_role_on_every_route() {
    let house = House::new().await;
    house.register(1).await.expect(201);
    let id = CustomerId::new();
    let mut table = format!("{:<36}{:>9}", "", "nobody");
    Role::ALL.iter().for_each(|role| write!(table, "{:>9}", role.as_str()).unwrap());
    for (method, path, body) in routes(id) {
        write!(table, "\n{:<36}", format!("{method} {path}").replace(&id.to_string(), "{id}")).unwrap();
        let callers = std::iter::once(house.anyone()).chain(Role::ALL.map(|role| house.a(role)));
        for caller in callers {
            let request = caller.request(method.clone(), &path);
            let request = match &body {
                Some(body) => request.json(body),
                None => request,
            };
            write!(table, "{:>9}", caller.send(request).await.status).unwrap();
        }
    }
    insta::assert_snapshot!(table);
}

#[tokio::test]
async fn both_prefixes_answer_alike() {
    let house = House::new().await;
    let kiosk = house.a(Role::Kiosk);
    for (n, path) in
        ["/customer/register", "/customers/register", "/customer/register/", "/customers/register/"].iter().enumerate()
    {
        kiosk.post(path, &person(u32::try_from(n).unwrap())).await.expect(201);
    }
    let admin = house.a(Role::Admin);
    let mut lists = Vec::new();
    for path in ["/customer", "/customer/", "/customers", "/customers/"] {
        let answer = admin.get(path).await.expect(200);
        assert_eq!(answer.header("x-total-count"), Some("4"));
        lists.push(answer.json);
    }
    assert!(lists.iter().all(|list| list == &lists[0]));
}
