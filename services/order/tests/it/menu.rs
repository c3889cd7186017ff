//! The menu: anyone reads it, the owner changes it.

use api::ProblemKind;
use api::order::{Category, Order, Product};
use domain::{CategoryId, PaymentMethod, Role};
use order::Seeded;
use serde_json::json;
use testkit::eventually;

use crate::kit::{SOON, Shop, menu};

fn names(products: &[Product]) -> Vec<&str> {
    products.iter().map(|product| product.name.as_str()).collect()
}

#[tokio::test]
async fn it_hangs_in_the_order_of_the_wall() {
    let shop = Shop::open().await;
    let all: Vec<Product> = shop.nobody().get("/products").await.expect(200).parse();
    assert_eq!(names(&all), ["X-Burger", "X-Salada", "Água", "Suco de laranja"]);
    let part = shop.nobody().get("/products/?skip=1&limit=2").await.expect(200);
    assert_eq!(part.header("x-total-count"), Some("4"));
    assert_eq!(names(&part.parse::<Vec<Product>>()), ["X-Salada", "Água"]);
    let groups: Vec<Category> = shop.nobody().get("/category").await.expect(200).parse();
    assert_eq!(groups.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["Sanduíches", "Bebidas"]);
}

#[tokio::test]
async fn filters_find_by_id_category_state_and_words() {
    let shop = Shop::open().await;
    let (water, burger) = (shop.product("Água").await, shop.product("X-Burger").await);
    shop.a(Role::Admin).patch(&format!("/products/{}", water.id), &json!({"enabled": false})).await.expect(200);
    for (query, expected) in [
        (format!("product_id={}", burger.id), vec!["X-Burger"]),
        (format!("category_id={}", water.category_id), vec!["Água", "Suco de laranja"]),
        ("enabled=false".to_owned(), vec!["Água"]),
        ("q=AGUA".to_owned(), vec!["Água"]),
        ("q=laranja%20suco".to_owned(), vec!["Suco de laranja"]),
        (format!("product_id={}", domain::ProductId::new()), vec![]),
    ] {
        let found: Vec<Product> = shop.nobody().get(&format!("/products?{query}")).await.expect(200).parse();
        assert_eq!(names(&found), expected, "{query}");
    }
    let one = format!("/category?category_id={}", water.category_id);
    assert_eq!(shop.nobody().get(&one).await.expect(200).parse::<Vec<Category>>().len(), 1);
    shop.nobody().get("/products?enabled=maybe").await.refused(ProblemKind::InvalidParameter);
}

#[tokio::test]
async fn names_are_unique_whatever_case_and_accents() {
    let shop = Shop::open().await;
    let admin = shop.a(Role::Admin);
    let drinks = shop.product("Água").await.category_id;
    for name in ["ÁGUA", "agua", " água "] {
        let twin = json!({"name": name, "price": 1, "category_id": drinks});
        admin.post("/products", &twin).await.refused(ProblemKind::Conflict);
    }
    admin.post("/categories", &json!({"name": "SANDUICHES"})).await.refused(ProblemKind::Conflict);
    let burger = shop.product("X-Burger").await.id;
    let path = format!("/products/{burger}");
    admin.patch(&path, &json!({"name": "x-salada"})).await.refused(ProblemKind::Conflict);
    admin.patch(&path, &json!({"name": "x-burger"})).await.expect(200);
}

#[tokio::test]
async fn bad_products_are_refused_with_pointers() {
    let shop = Shop::open().await;
    let admin = shop.a(Role::Admin);
    let drinks = shop.product("Água").await.category_id;
    for (body, pointer) in [
        (json!({"name": "Chá", "price": 1.999, "category_id": drinks}), "/price"),
        (json!({"name": "Chá", "price": 0, "category_id": drinks}), "/price"),
        (json!({"name": "Chá", "price": 10000, "category_id": drinks}), "/price"),
        (json!({"name": "Chá", "price": "1", "category_id": drinks}), "/price"),
        (json!({"name": "  ", "price": 1, "category_id": drinks}), "/name"),
        (json!({"name": "Chá", "price": 1, "category_id": CategoryId::new()}), "/category_id"),
        (json!({"name": "Chá", "price": 1, "category_id": drinks, "description": "a\u{7}"}), "/description"),
    ] {
        let problem = admin.post("/products", &body).await.refused(ProblemKind::InvalidBody);
        let pointers: Vec<_> = problem.errors.iter().filter_map(|fault| fault.pointer.as_deref()).collect();
        assert_eq!(pointers, [pointer], "{body}");
    }
    let path = format!("/products/{}", shop.product("Água").await.id);
    admin.patch(&path, &json!({"price": 10000})).await.refused(ProblemKind::InvalidBody);
    for field in ["name", "description", "price", "category_id", "enabled"] {
        let problem = admin.patch(&path, &json!({ field: null })).await.refused(ProblemKind::InvalidBody);
        assert_eq!(problem.errors[0].pointer.as_deref(), Some(&*format!("/{field}")));
    }
    shop.a(Role::Kiosk).patch(&path, &json!({"price": 1})).await.refused(ProblemKind::Forbidden);
    shop.nobody().delete(&path).await.refused(ProblemKind::Unauthenticated);
}

#[tokio::test]
async fn a_category_with_products_stays_and_a_sold_product_is_retired() {
    let shop = Shop::open().await;
    let admin = shop.a(Role::Admin);
    let order: Order = shop.place(PaymentMethod::Counter).await;
    let (juice, water) = (shop.product("Suco de laranja").await, shop.product("Água").await);
    let category = format!("/categories/{}", juice.category_id);
    admin.delete(&category).await.refused(ProblemKind::Conflict);
    for product in [&juice, &water] {
        let path = format!("/products/{}", product.id);
        admin.delete(&path).await.expect(204);
        shop.nobody().get(&path).await.refused(ProblemKind::NotFound);
        admin.patch(&path, &json!({"enabled": true})).await.refused(ProblemKind::NotFound);
    }
    assert_eq!(shop.order(order.id).await.items[1].name, "Suco de laranja");
    let again = json!({"name": "Suco de laranja", "price": 9, "category_id": juice.category_id});
    let again: Product = admin.post("/products", &again).await.expect(201).parse();
    admin.delete(&format!("/products/{}", again.id)).await.expect(204);
    admin.delete(&category).await.expect(204);
    admin.delete(&category).await.refused(ProblemKind::NotFound);
    assert_eq!(shop.order(order.id).await.items[1].name, "Suco de laranja");
}

#[tokio::test]
async fn an_unchanged_menu_is_not_sent_again() {
    let shop = Shop::open().await;
    let first = shop.nobody().get("/products").await.expect(200);
    let tag = first.header("etag").unwrap().to_owned();
    let ask = || shop.nobody().request(http::Method::GET, "/products").header("if-none-match", &tag);
    shop.nobody().send(ask()).await.expect(304);
    let path = format!("/products/{}", shop.product("Água").await.id);
    shop.a(Role::Admin).patch(&path, &json!({"price": 4.5})).await.expect(200);
    shop.nobody().send(ask()).await.expect(200);
}

#[tokio::test]
async fn seeding_again_changes_nothing() {
    let shop = Shop::open().await;
    let seeded = shop.service.seed(&menu()).await.unwrap();
    assert_eq!(seeded, Seeded { created: 0, updated: 0, unchanged: 4 });
    let mut other = menu();
    other[0].products[0].price = domain::Money::from_centavos(1000);
    let seeded = shop.service.seed(&other).await.unwrap();
    assert_eq!(seeded, Seeded { created: 0, updated: 1, unchanged: 3 });
}

#[tokio::test]
async fn what_another_process_changes_shows_soon() {
    let shop = Shop::open().await;
    let mut other = shop.beside().await;
    let path = format!("/products/{}", shop.product("Água").await.id);
    other.a(Role::Admin).patch(&path, &json!({"price": 4.5})).await.expect(200);
    let order = other.paid().await;
    eventually(SOON, || async {
        let price = shop.product("Água").await.price;
        let queue = shop.a(Role::Kitchen).get("/orders/queue").await.expect(200);
        (price.centavos() == 450 && queue.json[0]["id"] == json!(order.id)).then_some(())
    })
    .await;
    other.close().await;
}
