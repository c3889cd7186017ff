//! Placing orders, and every way in which that is refused.

use std::collections::HashSet;
use std::time::Duration;

use api::ProblemKind;
use api::order::{Order, Product};
use domain::{CustomerId, Money, OrderStatus, PaymentMethod, PaymentStatus, ProductId, Role};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::kit::{Shop, morning};
use crate::peer::Mood;

#[tokio::test]
async fn the_server_owns_the_price_and_the_qr_comes_with_the_answer() {
    let shop = Shop::open().await;
    let body = shop.body(PaymentMethod::Pix).await;
    let answer = shop.a(Role::Kiosk).post("/orders", &body).await.expect(201);
    let order: Order = answer.parse();
    assert_eq!(answer.header("location"), Some(format!("/orders/{}", order.id).as_str()));
    assert_eq!((order.status, order.payment_status), (OrderStatus::Requested, PaymentStatus::Pending));
    assert_eq!((order.number, order.amount, order.version), (1, Money::from_centavos(5480), 2));
    assert_eq!(order.items[0].comment.as_deref(), Some("sem cebola"));
    assert_eq!(order.items[0].total, Money::from_centavos(4580));
    assert!(order.qr_code.is_some() && order.qr_code_base64.drawn().is_some() && order.payment_id.is_some());
    assert_eq!(shop.order(order.id).await, order);
    let sent = shop.peer.log().creates[0].0.clone();
    assert_eq!((sent.order_id, sent.amount, sent.method), (order.id, order.amount, Some(PaymentMethod::Pix)));
}

#[tokio::test]
async fn the_trace_of_an_order_goes_on_to_its_charge() {
    let shop = Shop::open().await;
    let body = shop.body(PaymentMethod::Pix).await;
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let kiosk = shop.a(Role::Kiosk);
    let request = kiosk.request(http::Method::POST, "/orders").header("traceparent", parent);
    kiosk.send(request.header("x-request-id", "till-7").json(&body)).await.expect(201);
    assert_eq!(shop.peer.log().traces, [("till-7".to_owned(), parent.to_owned())]);
}

#[tokio::test]
async fn checkout_shows_the_link_as_a_picture_and_counter_shows_nothing() {
    let shop = Shop::open().await;
    let checkout = shop.place(PaymentMethod::Checkout).await;
    assert!(checkout.qr_code.is_none() && checkout.payment_link.is_some() && checkout.qr_code_base64.drawn().is_some());
    let counter = shop.place(PaymentMethod::Counter).await;
    assert!(
        counter.qr_code.is_none() && counter.payment_link.is_none() && counter.qr_code_base64 == api::Picture::None
    );
    assert_eq!(
        counter.expires_at,
        Some(counter.created_at.plus(Duration::from_secs(30 * 60))),
        "it ends by itself then"
    );
    let paid = shop.to(counter.id, "paid").await;
    assert_eq!(paid.expires_at, None);
    assert_eq!(shop.peer.log().creates.len(), 1);
}

#[tokio::test]
async fn a_price_that_changes_later_leaves_old_orders_alone() {
    let shop = Shop::open().await;
    let order = shop.place(PaymentMethod::Counter).await;
    let burger = shop.product("X-Burger").await;
    let change = json!({"price": 99.9, "name": "X-Burger caro"});
    shop.a(Role::Admin).patch(&format!("/products/{}", burger.id), &change).await.expect(200);
    assert_eq!(shop.order(order.id).await, order);
}

async fn refused(shop: &Shop, body: Value) -> Vec<String> {
    let problem = shop.a(Role::Kiosk).post("/orders", &body).await.refused(ProblemKind::InvalidBody);
    problem.errors.into_iter().filter_map(|fault| fault.pointer).collect()
}

#[tokio::test]
async fn bad_bodies_are_refused_with_pointers_and_leave_nothing() {
    let shop = Shop::open().await;
    let burger = shop.product("X-Burger").await.id;
    let line = |quantity: Value| json!({"product_id": burger, "quantity": quantity});
    let order = |lines: Vec<Value>| json!({ "order_items": lines });
    assert_eq!(refused(&shop, order(vec![])).await, ["/order_items"]);
    assert_eq!(refused(&shop, json!({})).await.len(), 1);
    assert_eq!(refused(&shop, order(vec![line(json!(1)); 51])).await, ["/order_items"]);
    for quantity in [json!(0), json!(-1), json!(100), json!(1e30), json!(1.5), json!("2")] {
        assert_eq!(refused(&shop, order(vec![line(quantity)])).await, ["/order_items/0/quantity"]);
    }
    let unknown = json!({"product_id": ProductId::new(), "quantity": 1});
    let both = order(vec![line(json!(0)), unknown.clone()]);
    assert_eq!(refused(&shop, both).await, ["/order_items/0/quantity", "/order_items/1/product_id"]);
    assert_eq!(refused(&shop, order(vec![line(json!(1)), unknown])).await, ["/order_items/1/product_id"]);
    let priced = json!({"product_id": burger, "quantity": 1, "price": 0.01});
    assert_eq!(refused(&shop, order(vec![priced])).await.len(), 1);
    let hidden = json!({"product_id": burger, "quantity": 1, "comment": "a\u{202e}b"});
    assert_eq!(refused(&shop, order(vec![hidden])).await, ["/order_items/0/comment"]);
    let long = json!({"product_id": burger, "quantity": 1, "comment": "a".repeat(301)});
    assert_eq!(refused(&shop, order(vec![long])).await, ["/order_items/0/comment"]);
    let all = shop.a(Role::Admin).get("/orders").await.expect(200);
    assert_eq!((all.json, all.headers["x-total-count"].to_str().unwrap()), (json!([]), "0"));
    assert!(shop.peer.log().creates.is_empty());
}

#[tokio::test]
async fn a_sold_out_product_cannot_be_ordered_until_it_is_back() {
    let shop = Shop::open().await;
    let body = shop.body(PaymentMethod::Counter).await;
    let path = format!("/products/{}", shop.product("Suco de laranja").await.id);
    shop.a(Role::Admin).patch(&path, &json!({"enabled": false})).await.expect(200);
    assert_eq!(refused(&shop, body.clone()).await, ["/order_items/1/product_id"]);
    shop.a(Role::Admin).patch(&path, &json!({"enabled": true})).await.expect(200);
    shop.a(Role::Kiosk).post("/orders", &body).await.expect(201);
}

#[tokio::test]
async fn a_total_over_the_limit_is_refused() {
    let shop = Shop::open().await;
    let drinks = shop.product("Água").await.category_id;
    let wine = json!({"name": "Vinho", "price": 9999.99, "category_id": drinks});
    let wine: Product = shop.a(Role::Admin).post("/products", &wine).await.expect(201).parse();
    let order = |quantity| {
        json!({"payment_method": "counter",
        "order_items": [{"product_id": wine.id, "quantity": quantity}]})
    };
    assert_eq!(refused(&shop, order(11)).await, ["/order_items"]);
    shop.a(Role::Kiosk).post("/orders", &order(10)).await.expect(201);
}

#[tokio::test]
async fn what_is_no_json_too_long_or_no_token_is_refused_as_such() {
    let shop = Shop::open().await;
    let kiosk = shop.a(Role::Kiosk);
    let post = || kiosk.request(http::Method::POST, "/orders");
    let json = |body: &str| post().header("content-type", "application/json").body(body.to_owned());
    kiosk.send(json("{\"order_items\": [")).await.refused(ProblemKind::InvalidJson);
    kiosk.send(post().body("{}")).await.refused(ProblemKind::UnsupportedMedia);
    kiosk.send(json(&" ".repeat(300 * 1024))).await.refused(ProblemKind::TooLarge);
    let body = shop.body(PaymentMethod::Pix).await;
    shop.nobody().post("/orders", &body).await.refused(ProblemKind::Unauthenticated);
    shop.a(Role::Kitchen).post("/orders", &body).await.refused(ProblemKind::Forbidden);
    for (name, token) in shop.mint.bad_tokens(Role::Admin) {
        let answer = shop.nobody().with_token(token).post("/orders", &body).await;
        assert_eq!(answer.status, 401, "{name}");
    }
    kiosk.get("/nowhere").await.refused(ProblemKind::NotFound);
    kiosk.delete("/orders").await.refused(ProblemKind::MethodNotAllowed);
    kiosk.get("/orders/not-an-id").await.refused(ProblemKind::NotFound);
    let bad = shop.a(Role::Admin).get("/orders?limit=101&skip=10001&status=eaten&colour=red").await;
    assert_eq!(bad.refused(ProblemKind::InvalidParameter).errors.len(), 4);
}

#[tokio::test]
async fn customers_order_for_themselves_and_see_only_their_own() {
    let shop = Shop::open().await;
    let (ana, bia) = (CustomerId::new(), CustomerId::new());
    let mut body = shop.body(PaymentMethod::Counter).await;
    let order: Order = shop.customer(ana, "password").post("/orders", &body).await.expect(201).parse();
    assert_eq!(order.customer_id, Some(ana));
    let path = format!("/orders/{}", order.id);
    shop.customer(ana, "password").get(&path).await.expect(200);
    shop.customer(bia, "password").get(&path).await.refused(ProblemKind::NotFound);
    shop.customer(bia, "password").get(&format!("{path}/tracking")).await.refused(ProblemKind::NotFound);
    let cancel = json!({"status": "cancelled"});
    shop.customer(bia, "password").patch(&path, &cancel).await.refused(ProblemKind::NotFound);
    let others = shop.customer(bia, "password").get(&format!("/orders?customer_id={ana}")).await.expect(200);
    assert_eq!(others.json, json!([]));
    body["customer_id"] = json!(ana);
    let problem = shop.customer(bia, "password").post("/orders", &body).await.refused(ProblemKind::InvalidBody);
    assert_eq!(problem.errors[0].pointer.as_deref(), Some("/customer_id"));
    let named: Order = shop.a(Role::Kiosk).post("/orders", &body).await.expect(201).parse();
    assert_eq!(named.customer_id, Some(ana));
}

#[tokio::test]
async fn somebody_who_only_showed_up_sees_one_day() {
    let clock = std::sync::Arc::new(domain::ManualClock::new(domain::Timestamp::from_millis(1_790_000_000_000)));
    let shop = Shop::with(clock.clone()).await;
    let ana = CustomerId::new();
    let body = shop.body(PaymentMethod::Counter).await;
    let order: Order = shop.customer(ana, "presence").post("/orders", &body).await.expect(201).parse();
    let path = format!("/orders/{}", order.id);
    shop.customer(ana, "presence").get(&path).await.expect(200);
    clock.advance(Duration::from_secs(24 * 3600 + 1));
    shop.customer(ana, "presence").get(&path).await.refused(ProblemKind::NotFound);
    assert_eq!(shop.customer(ana, "presence").get("/orders").await.expect(200).json, json!([]));
    shop.customer(ana, "password").get(&path).await.expect(200);
}

#[tokio::test]
async fn what_is_not_there_is_said_before_what_else_is_wrong() {
    let shop = Shop::open().await;
    let (admin, nowhere) = (shop.a(Role::Admin), domain::OrderId::new());
    let (category, product) = (domain::CategoryId::new(), domain::ProductId::new());
    let paths = [
        format!("/orders/{nowhere}"),
        format!("/orders/{nowhere}/tracking"),
        format!("/categories/{category}"),
        format!("/products/{product}"),
    ];
    for path in paths {
        admin.get(&format!("{path}?x=1")).await.refused(ProblemKind::NotFound);
    }
    let path = format!("/orders/{nowhere}/payment");
    let post = || admin.request(http::Method::POST, &path).header("idempotency-key", "a b");
    admin.send(post().body("<xml/>")).await.refused(ProblemKind::NotFound);
    let order = shop.place(PaymentMethod::Counter).await;
    let path = format!("/orders/{}/payment", order.id);
    let post = || admin.request(http::Method::POST, &path).header("idempotency-key", "a b");
    admin.send(post().header("content-type", "text/xml").body("<xml/>")).await.refused(ProblemKind::UnsupportedMedia);
    admin.send(post().json(&json!({"payment_method": "pix"}))).await.refused(ProblemKind::InvalidParameter);
    admin.get(&format!("/orders/{}?x=1", order.id)).await.refused(ProblemKind::InvalidParameter);
}

#[tokio::test]
async fn numbers_are_unique_when_many_order_at_once() {
    let shop = Shop::open().await;
    let body = shop.body(PaymentMethod::Counter).await;
    let mut orders = JoinSet::new();
    for _ in 0..40 {
        let (kiosk, body) = (shop.a(Role::Kiosk), body.clone());
        orders.spawn(async move { kiosk.post("/orders", &body).await.expect(201).parse::<Order>().number });
    }
    let numbers: HashSet<u32> = orders.join_all().await.into_iter().collect();
    assert_eq!(numbers, (1..=40).collect());
}

#[tokio::test]
async fn payment_down_still_takes_the_order_and_the_qr_comes_later() {
    let shop = Shop::open().await;
    shop.peer.mood(Mood::Down);
    let order = shop.place(PaymentMethod::Pix).await;
    assert_eq!((order.payment_status, order.qr_code.clone()), (PaymentStatus::Pending, None));
    let second = shop.place(PaymentMethod::Pix).await;
    shop.peer.mood(Mood::Up);
    for id in [order.id, second.id] {
        let later = shop.until(id, |order| order.qr_code.is_some()).await;
        assert_eq!(later.status, OrderStatus::Requested);
    }
}

#[tokio::test]
async fn a_slow_payment_service_does_not_hold_the_answer() {
    let shop = Shop::waiting(morning(), Duration::from_millis(100)).await;
    shop.peer.mood(Mood::Held);
    let order = shop.place(PaymentMethod::Pix).await;
    assert_eq!((order.payment_status, order.qr_code.clone()), (PaymentStatus::Pending, None));
    shop.peer.mood(Mood::Up);
    shop.until(order.id, |order| order.qr_code.is_some()).await;
    assert_eq!(shop.peer.log().creates.len(), 1, "the task that was started goes on; nothing is asked twice");
}

#[tokio::test]
async fn a_lost_answer_makes_one_charge() {
    let shop = Shop::open().await;
    shop.peer.mood(Mood::Deaf);
    let order = shop.place(PaymentMethod::Pix).await;
    assert_eq!(order.qr_code, None);
    shop.peer.mood(Mood::Up);
    shop.until(order.id, |order| order.qr_code.is_some()).await;
    let log = shop.peer.log();
    assert!(log.creates.len() > 1);
    assert_eq!(log.charges.len(), 1);
}

#[tokio::test]
async fn an_answer_about_one_order_always_has_the_picture_and_a_list_never() {
    let shop = Shop::open().await;
    let admin = shop.a(Role::Admin);
    for method in [PaymentMethod::Counter, PaymentMethod::Pix] {
        let made = admin.post("/orders", &shop.body(method).await).await.expect(201).json;
        let path = format!("/orders/{}", made["id"].as_str().unwrap());
        let read = admin.get(&path).await.expect(200).json;
        let changed = admin.patch(&path, &json!({"status": "paid"})).await.expect(200).json;
        for one in [&made, &read] {
            let picture = one.as_object().unwrap().get("qr_code_base64").expect("the field");
            assert_eq!(picture.is_null(), method == PaymentMethod::Counter, "{one}");
        }
        assert!(
            changed.as_object().unwrap().get("qr_code_base64").is_some_and(serde_json::Value::is_null),
            "{changed}"
        );
    }
    for path in ["/orders", "/orders/queue"] {
        let listed = admin.get(path).await.expect(200).json;
        assert_eq!(listed.as_array().unwrap().len(), 2);
        assert!(listed.as_array().unwrap().iter().all(|row| row.get("qr_code_base64").is_none()), "{path}");
    }
    let document = serde_json::to_value(order::openapi()).unwrap();
    let schema = &document["components"]["schemas"]["Order"];
    assert_eq!(schema["properties"]["qr_code_base64"]["type"], json!(["string", "null"]));
    assert!(!schema["required"].as_array().unwrap().contains(&json!("qr_code_base64")));
}
