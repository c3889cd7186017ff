//! The defects of the system that this one replaces. Each test fails on its defect.

use api::ProblemKind;
use api::order::{Order, Product};
use domain::{CustomerId, Money, OrderStatus, PaymentMethod, PaymentStatus, Role};
use serde_json::json;

use crate::kit::{Shop, notice};
use crate::peer::Mood;

#[tokio::test]
async fn defect_1_the_lists_of_the_menu_are_not_empty() {
    let shop = Shop::open().await;
    for path in ["/products", "/products/", "/categories", "/category/", "/products?enabled=true"] {
        assert!(!shop.nobody().get(path).await.expect(200).json.as_array().unwrap().is_empty(), "{path}");
    }
}

#[tokio::test]
async fn defect_2_errors_carry_their_own_status() {
    let shop = Shop::open().await;
    let body = shop.body(PaymentMethod::Pix).await;
    shop.nobody().post("/orders", &body).await.expect(401).refused(ProblemKind::Unauthenticated);
    shop.a(Role::Kitchen).post("/orders", &body).await.expect(403).refused(ProblemKind::Forbidden);
    let nowhere = format!("/orders/{}", domain::OrderId::new());
    shop.a(Role::Admin).get(&nowhere).await.expect(404).refused(ProblemKind::NotFound);
}

#[tokio::test]
async fn defect_7_payment_talks_back_and_the_order_becomes_paid() {
    let shop = Shop::open().await;
    let order = shop.place(PaymentMethod::Pix).await;
    shop.tell(order.id, &notice(&order, 2, PaymentStatus::Approved)).await;
    assert_eq!(shop.order(order.id).await.status, OrderStatus::Paid);
}

#[tokio::test]
async fn defect_12_a_bad_order_is_refused_and_leaves_no_orphan() {
    let shop = Shop::open().await;
    let good = shop.product("Água").await.id;
    let kiosk = shop.a(Role::Kiosk);
    for lines in [
        json!([]),
        json!([{"product_id": good, "quantity": -1}]),
        json!([{"product_id": good, "quantity": 1}, {"product_id": domain::ProductId::new(), "quantity": 1}]),
    ] {
        kiosk.post("/orders", &json!({ "order_items": lines })).await.refused(ProblemKind::InvalidBody);
    }
    let other = json!({"customer_id": CustomerId::new(), "order_items": [{"product_id": good, "quantity": 1}]});
    shop.a(Role::Admin).patch(&format!("/products/{good}"), &json!({"enabled": false})).await.expect(200);
    kiosk.post("/orders", &other).await.refused(ProblemKind::InvalidBody);
    assert_eq!(shop.a(Role::Admin).get("/orders").await.expect(200).json, json!([]));
}

#[tokio::test]
async fn defect_13_lines_keep_their_price_and_sums_are_exact() {
    let shop = Shop::open().await;
    let drinks = shop.product("Água").await.category_id;
    let dime = json!({"name": "Bala", "price": 0.1, "category_id": drinks});
    let dime: Product = shop.a(Role::Admin).post("/products", &dime).await.expect(201).parse();
    let body =
        json!({"payment_method": "counter", "order_items": vec![json!({"product_id": dime.id, "quantity": 3}); 3]});
    let order: Order = shop.a(Role::Kiosk).post("/orders", &body).await.expect(201).parse();
    assert_eq!(order.amount, Money::from_centavos(90));
    let path = format!("/products/{}", dime.id);
    shop.a(Role::Admin).patch(&path, &json!({"price": 5})).await.expect(200);
    let later = shop.a(Role::Admin).get(&format!("/orders/{}", order.id)).await.expect(200);
    assert!(later.text.contains("\"amount\":0.9,"), "{}", later.text);
}

#[tokio::test]
async fn defect_14_comments_and_descriptions_are_kept() {
    let shop = Shop::open().await;
    let order = shop.paid().await;
    let queue = shop.a(Role::Kitchen).get("/orders/queue").await.expect(200);
    assert_eq!(queue.json[0]["items"][0]["comment"], "sem cebola");
    let path = format!("/products/{}", order.items[0].product_id);
    shop.a(Role::Admin).patch(&path, &json!({"description": "Pão e carne"})).await.expect(200);
    assert_eq!(shop.nobody().get(&path).await.expect(200).json["description"], "Pão e carne");
}

#[tokio::test]
async fn defect_15_there_is_a_state_machine() {
    let shop = Shop::open().await;
    let order = shop.paid().await;
    for step in ["preparing", "ready_for_pickup", "delivered"] {
        shop.to(order.id, step).await;
    }
    let back = json!({"status": "requested"});
    let answer = shop.a(Role::Admin).patch(&format!("/orders/{}", order.id), &back).await.expect(409);
    assert_eq!(answer.refused(ProblemKind::IllegalTransition).allowed, Some(vec![OrderStatus::ReadyForPickup]));
    let made_up = json!({"status": "created"});
    shop.a(Role::Admin).patch(&format!("/orders/{}", order.id), &made_up).await.expect(422);
}

#[tokio::test]
async fn defect_16_lists_are_sorted_and_filtered_before_they_are_paged() {
    let shop = Shop::open().await;
    let ana = CustomerId::new();
    let mut body = shop.body(PaymentMethod::Counter).await;
    body["customer_id"] = json!(ana);
    let wanted: Order = shop.a(Role::Kiosk).post("/orders", &body).await.expect(201).parse();
    for _ in 0..16 {
        shop.place(PaymentMethod::Counter).await;
    }
    let found = shop.a(Role::Admin).get(&format!("/orders?customer_id={ana}")).await.expect(200);
    assert_eq!(found.parse::<Vec<Order>>()[0].id, wanted.id);
    let page = shop.a(Role::Admin).get("/orders?skip=2&limit=5").await.expect(200);
    assert_eq!(page.header("x-total-count"), Some("17"));
    let numbers: Vec<u32> = page.parse::<Vec<Order>>().iter().map(|order| order.number).collect();
    assert_eq!(numbers, [15, 14, 13, 12, 11]);
    let none = shop.a(Role::Admin).get("/orders?status=paid").await.expect(200);
    assert_eq!(none.json, json!([]));
}

#[tokio::test]
async fn defect_17_the_history_is_written_and_can_be_read() {
    let shop = Shop::open().await;
    let order = shop.paid().await;
    let statuses: Vec<OrderStatus> = shop.tracking(order.id).await.iter().map(|row| row.status).collect();
    assert_eq!(statuses, [OrderStatus::Requested, OrderStatus::Paid]);
}

#[tokio::test]
async fn defect_18_every_read_shows_amount_qr_and_names() {
    let shop = Shop::open().await;
    let order = shop.place(PaymentMethod::Pix).await;
    let read = shop.a(Role::Kiosk).get(&format!("/orders/{}", order.id)).await.expect(200).parse::<Order>();
    assert_eq!(read, order);
    assert!(read.qr_code_base64.drawn().is_some());
    let listed: Vec<Order> = shop.a(Role::Kiosk).get("/orders").await.expect(200).parse();
    assert_eq!((listed[0].qr_code.clone(), listed[0].qr_code_base64.clone()), (order.qr_code, api::Picture::LeftOut));
    assert_eq!((listed[0].amount, listed[0].items[0].name.as_str()), (order.amount, "X-Burger"));
}

#[tokio::test]
async fn defect_19_asking_again_carries_the_same_key() {
    let shop = Shop::open().await;
    shop.peer.mood(Mood::Deaf);
    let order = shop.place(PaymentMethod::Pix).await;
    shop.peer.mood(Mood::Up);
    shop.until(order.id, |order| order.qr_code.is_some()).await;
    let keys: Vec<String> = shop.peer.log().creates.iter().map(|(_, key)| key.clone()).collect();
    assert!(keys.len() > 1 && keys.iter().all(|key| *key == format!("{}-1", order.id)), "{keys:?}");
}
