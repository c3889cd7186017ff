//! How today is going.

use std::sync::Arc;
use std::time::Duration;

use api::order::{Order, PeakHour, Shift, SlowItem};
use domain::{ManualClock, PaymentMethod, PaymentStatus, Role, Timestamp};
use serde_json::json;
use store::StoreUrl;
use testkit::eventually;
use testkit::mongo::Kind;

use crate::kit::{SOON, Shop, notice};

/// 2026-11-23T12:40 in São Paulo.
const NOON: Timestamp = Timestamp::from_millis(1_795_448_400_000);

async fn until(shop: &Shop, holds: impl Fn(&Shift) -> bool) -> Shift {
    eventually(SOON, || async {
        let shift: Shift = shop.a(Role::Kitchen).get("/orders/shift").await.expect(200).parse();
        holds(&shift).then_some(shift)
    })
    .await
}

/// An order of one of these, paid now.
async fn paid(shop: &Shop, product: &str) -> Order {
    let id = shop.product(product).await.id;
    let body = json!({"payment_method": "pix", "order_items": [{"product_id": id, "quantity": 3}]});
    let order: Order = shop.a(Role::Kiosk).post("/orders", &body).await.expect(201).parse();
    shop.tell(order.id, &notice(&order, 2, PaymentStatus::Approved)).await;
    order
}

async fn ready(shop: &Shop, order: &Order) {
    for step in ["preparing", "ready_for_pickup"] {
        shop.to(order.id, step).await;
    }
}

async fn the_day_in_numbers(store: StoreUrl) {
    let clock = Arc::new(ManualClock::new(NOON));
    let mut shop = Shop::on(store, clock.clone()).await;
    let pass = |minutes: u64| clock.advance(Duration::from_secs(60 * minutes));
    let nothing = until(&shop, |_| true).await;
    let day = "2026-11-23".to_owned();
    let empty = Shift {
        day: day.clone(),
        orders: 0,
        open: 0,
        average_seconds: None,
        p90_seconds: None,
        slowest: None,
        peak_hour: None,
    };
    assert_eq!(nothing, empty);

    let (burger, juice, waiting) =
        (paid(&shop, "X-Burger").await, paid(&shop, "Suco de laranja").await, paid(&shop, "X-Salada").await);
    shop.place(PaymentMethod::Pix).await;
    pass(2);
    ready(&shop, &juice).await;
    pass(8);
    ready(&shop, &burger).await;
    shop.to(burger.id, "delivered").await;
    let given_up = paid(&shop, "X-Salada").await;
    shop.to(given_up.id, "cancelled").await;
    let shift = until(&shop, |shift| shift.orders == 3).await;
    let slowest = Some(SlowItem { name: "X-Burger".to_owned(), average_seconds: 600, count: 1 });
    let peak_hour = Some(PeakHour { hour: "12:00".to_owned(), orders: 3 });
    let (average_seconds, p90_seconds) = (Some(360), Some(600));
    let expected = Shift { day, orders: 3, open: 2, average_seconds, p90_seconds, slowest, peak_hour };
    assert_eq!(shift, expected);

    // A recall takes the readiness back; what another process or an earlier life wrote counts too.
    shop.to(juice.id, "preparing").await;
    let shift = until(&shop, |shift| shift.average_seconds == Some(600)).await;
    assert_eq!((shift.orders, shift.open), (3, 2));
    let mut shop = {
        let again = shop.beside().await;
        shop.close().await;
        again
    };
    assert_eq!(until(&shop, |_| true).await, shift);

    // The next day counts from nothing, though yesterday's orders go on.
    pass(12 * 60);
    ready(&shop, &waiting).await;
    let next = until(&shop, |shift| shift.day == "2026-11-24").await;
    assert_eq!((next.orders, next.open, next.average_seconds), (0, 0, None));
    shop.close().await;
}

#[tokio::test]
async fn sqlite() {
    let dir = testkit::temp_dir();
    the_day_in_numbers(format!("sqlite:{}", dir.path().join("order.db").display()).parse().unwrap()).await;
}

#[tokio::test]
async fn mongo() {
    crate::stores::on_mongo_url(Kind::ReplicaSet, async |url| the_day_in_numbers(url).await).await;
}

#[tokio::test]
async fn only_who_works_there_sees_it() {
    let shop = Shop::open().await;
    for role in [Role::Kitchen, Role::Cashier, Role::Admin] {
        shop.a(role).get("/orders/shift").await.expect(200);
    }
    for role in [Role::Customer, Role::Kiosk] {
        shop.a(role).get("/orders/shift").await.expect(403);
    }
    shop.nobody().get("/orders/shift").await.expect(401);
}
