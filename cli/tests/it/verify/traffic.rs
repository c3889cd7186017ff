//! What services do while they are checked is no violation.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::PaymentMethod;

use super::violations;
use crate::rush::{Shop, insist, one};
use crate::support::{Home, at};

const CUSTOMERS: usize = 4;
const CHECKS: usize = 5;

#[test]
fn nothing_is_found_while_customers_order_pay_and_change_their_minds() {
    let home = Home::new();
    let running = home.up();
    let shop = Shop::new(&home.credentials());
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let over = Arc::new(AtomicBool::new(false));
    let product_id = runtime.block_on(shop.kiosk().products(0, 1)).expect("a menu").items[0].id;
    let customers: Vec<_> = (0..CUSTOMERS)
        .map(|n| {
            let (shop, over) = (shop.clone(), over.clone());
            runtime.spawn(async move {
                let (kiosk, mut orders) = (shop.kiosk(), 0_usize);
                while !over.load(Ordering::Relaxed) {
                    let mut body = one(product_id);
                    if (orders + n).is_multiple_of(3) {
                        body.payment_method = Some(PaymentMethod::Checkout);
                    }
                    let key = format!("{n}-{orders}");
                    let order = insist(|| kiosk.place(&body, Some(&key))).await;
                    orders += 1;
                    if body.payment_method == Some(PaymentMethod::Pix) && !orders.is_multiple_of(4) {
                        shop.pay(order.id).await;
                    }
                }
                orders
            })
        })
        .collect();
    let mut seen = 0;
    for _ in 0..CHECKS {
        let report = home.json(&["verify", "--patience", "200ms"]);
        assert_eq!(violations(&report), [], "{report}");
        let orders: u64 = at(&report, "/orders").parse().expect("a number");
        assert!(orders >= seen, "{orders} after {seen}");
        seen = orders;
    }
    over.store(true, Ordering::Relaxed);
    let orders: usize = runtime
        .block_on(futures_util::future::join_all(customers))
        .into_iter()
        .map(|customer| customer.expect("nobody is refused"))
        .sum();
    let report = home.json(&["verify"]);
    assert_eq!((violations(&report), at(&report, "/orders")), (Vec::new(), orders.to_string()), "{report}");
    assert!(running.stop().0.success());
}
