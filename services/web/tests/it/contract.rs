//! The published schemas let the bodies of the contract pass, and keep their bounds: a schema that contradicts itself
//! would shut a route for good.

use std::sync::Arc;

use api::auth::{Anonymous, Identify, NewAdmin, Register};
use api::order::{
    NewCategory, NewOrder, NewProduct, PatchCategory, PatchOrder, PatchProduct, PayAgain, PaymentNotice, StrikeItem,
};
use api::payment::{CounterPayment, NewPayment, NewRefund, PatchPayment};
use api::{Dependency, ProblemKind};
use async_trait::async_trait;
use axum::http::StatusCode;
use axum::routing::post;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use testkit::{Caller, Running};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use web::{Body, Limits, Metrics, Readiness, Shell};

struct Always;

#[async_trait]
impl Readiness for Always {
    async fn check(&self) -> Vec<Dependency> {
        Vec::new()
    }
}

/// A route that takes a body of this type.
fn taking<T: DeserializeOwned + ToSchema + Send + 'static>() -> Running {
    let routes = OpenApiRouter::new().route("/", post(async |Body(_): Body<T>| StatusCode::NO_CONTENT));
    let shell = Shell {
        name: "demo",
        openapi: utoipa::openapi::OpenApi::default(),
        readiness: Arc::new(Always),
        verifier: None,
        limits: Limits::default(),
        metrics: Arc::new(Metrics::new("demo")),
    };
    testkit::spawn(web::shell(routes, shell))
}

async fn check<T: DeserializeOwned + ToSchema + Send + 'static>(good: &[Value], bad: &[(Value, &str)]) {
    let server = taking::<T>();
    let caller: Caller = server.caller();
    for body in good {
        let answer = caller.post("/", body).await;
        assert_eq!(answer.status, 204, "{body}: {}", answer.text);
    }
    for (body, pointer) in bad {
        let problem = caller.post("/", body).await.refused(ProblemKind::InvalidBody);
        let pointers: Vec<_> = problem.errors.iter().filter_map(|fault| fault.pointer.as_deref()).collect();
        assert_eq!(pointers, [*pointer], "{body}");
    }
}

const ID: &str = "01939d2e-7c9a-7c3e-9a55-0c1de0a1b2c3";

#[tokio::test]
async fn bodies_of_auth() {
    let ana = json!({"name": "Ana", "email": "ana@example.com", "cpf": "529.982.247-25", "password": "correta-cavalo"});
    let with = |name: &str, value: &str| {
        let mut body = ana.clone();
        body[name] = value.into();
        body
    };
    check::<Identify>(&[json!({"cpf": "52998224725"})], &[(json!({"cpf": "52998224724"}), "/cpf")]).await;
    check::<Anonymous>(&[json!({})], &[(json!({"name": "Ana"}), "/name")]).await;
    let bad = [
        (with("name", ""), "/name"),
        (with("name", &"a".repeat(81)), "/name"),
        (with("email", "ana"), "/email"),
        (with("cpf", "111.111.111-11"), "/cpf"),
        (with("password", "short"), "/password"),
    ];
    check::<NewAdmin>(std::slice::from_ref(&ana), &bad).await;
    let without = json!({"name": "Ana", "email": "ana@example.com", "cpf": "52998224725"});
    check::<Register>(&[ana.clone(), without], &bad).await;
}

#[tokio::test]
async fn bodies_of_the_menu() {
    let category = json!({"name": "Lanches", "position": 1});
    check::<NewCategory>(&[category, json!({"name": "Lanches"})], &[(json!({"name": 1}), "/name")]).await;
    check::<PatchCategory>(&[json!({}), json!({"position": 0})], &[(json!({"position": -1}), "/position")]).await;
    let product = |price: f64| json!({"name": "X-Tudo", "price": price, "category_id": ID});
    let good = [product(0.01), product(9999.99), product(35.1), product(35.0)];
    let bad = [(product(0.0), "/price"), (product(10_000.0), "/price"), (product(35.105), "/price")];
    check::<NewProduct>(&good, &bad).await;
    let good = [json!({}), json!({"price": 0.29, "enabled": false, "description": "", "category_id": ID})];
    let bad =
        [(json!({"price": 0}), "/price"), (json!({"price": 10_000}), "/price"), (json!({"enabled": 1}), "/enabled")];
    check::<PatchProduct>(&good, &bad).await;
}

#[tokio::test]
async fn bodies_of_orders() {
    let line = json!({"product_id": ID, "quantity": 2, "comment": "sem cebola"});
    let order = |lines: Vec<Value>| json!({"order_items": lines});
    let full = json!({
        "customer_id": ID, "order_items": [line], "payment_method": "pix", "email": "ana@example.com",
        "pickup_name": "Ana",
    });
    let quantity = |quantity: u32| order(vec![json!({"product_id": ID, "quantity": quantity})]);
    let bad = [
        (order(Vec::new()), "/order_items"),
        (order(vec![line.clone(); 51]), "/order_items"),
        (quantity(0), "/order_items/0/quantity"),
        (quantity(100), "/order_items/0/quantity"),
        (order(vec![json!({"product_id": ID, "quantity": 1, "price": 1})]), "/order_items/0/price"),
        (order(vec![json!({"quantity": 1})]), "/order_items/0/product_id"),
    ];
    check::<NewOrder>(&[full, order(vec![line.clone(); 50]), quantity(1), quantity(99)], &bad).await;
    let good = [json!({}), json!({"status": "cancelled", "reason": "caiu"}), json!({"prioritized": true})];
    check::<PatchOrder>(&good, &[(json!({"status": "eaten"}), "/status")]).await;
    check::<StrikeItem>(&[json!({"struck": true})], &[(json!({}), "/struck")]).await;
    check::<PayAgain>(&[json!({"payment_method": "checkout"})], &[(json!({"payment_method": ""}), "/payment_method")])
        .await;
    let notice = json!({
        "payment_id": ID, "attempt": 1, "version": 3, "method": "pix", "status": "approved",
        "status_detail": "accredited", "amount": 35.1, "paid_amount": 35.1, "refunded_amount": 0.0, "qr_code": null,
        "payment_link": null, "expires_at": "2026-11-23T21:00:00.000Z", "from_a_later_version": 1,
    });
    check::<PaymentNotice>(&[notice], &[]).await;
}

#[tokio::test]
async fn bodies_of_payments() {
    let payment = |amount: f64| json!({"order_id": ID, "amount": amount, "description": "Pedido 7"});
    let full = json!({
        "order_id": ID, "amount": 70.2, "description": "Pedido 7", "customer_id": ID, "currency": "BRL",
        "email": "ana@example.com", "method": "pix", "attempt": 1, "expires_at": "2026-11-23T21:00:00Z",
    });
    let bad = [
        (payment(0.0), "/amount"),
        (payment(100_000.0), "/amount"),
        (payment(35.105), "/amount"),
        (json!({"order_id": ID, "amount": 1, "description": "x", "currency": "USD"}), "/currency"),
    ];
    check::<NewPayment>(&[full, payment(99_999.99), payment(0.01)], &bad).await;
    let patch = json!({"status": "approved", "reason": "conferido"});
    check::<PatchPayment>(&[patch], &[(json!({"status": "approved", "reason": ""}), "/reason")]).await;
    let good = [json!({"reason": "frio"}), json!({"reason": "frio", "amount": 4.35})];
    check::<NewRefund>(&good, &[(json!({"reason": "frio", "amount": 0}), "/amount")]).await;
    let cash = json!({
        "order_id": ID, "amount": 35.1, "attempt": 1, "customer_id": null, "actor": {"role": "cashier", "id": "cli:cashier"},
    });
    check::<CounterPayment>(&[cash], &[]).await;
}
