//! A power cut in the middle of a rush.

use std::time::Duration;

use api::client::{FixedToken, Http, OrderClient, http_client};
use api::order::{NewLine, NewOrder};
use domain::{OrderId, ProductId};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::support::{DEADLINE, Home, Running, at};

const CUSTOMERS: usize = 8;
/// Orders that were answered before the cut, at least.
const BEFORE_THE_CUT: usize = 100;

fn client(home: &Home) -> OrderClient {
    let credentials = home.credentials();
    let base = at(&credentials, "/urls/order").parse().expect("a URL");
    let http = Http::new(http_client(Duration::from_secs(10)).expect("a client"), base);
    OrderClient::new(http.with_bearer(FixedToken::new(at(&credentials, "/tokens/admin").into())))
}

#[test]
fn every_answered_order_is_there_after_a_power_cut() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let home = Home::new();
    let running = home.up();
    let answered = runtime.block_on(rush(&home, running));
    assert!(answered.len() >= BEFORE_THE_CUT, "{} orders", answered.len());

    let again = home.up();
    let client = client(&home);
    runtime.block_on(async {
        for id in &answered {
            let order = client.order(*id).await.unwrap_or_else(|error| panic!("{id}: {error}"));
            assert_eq!(order.items.len(), 1);
        }
        let asked = async {
            for id in &answered {
                while client.order(*id).await.expect("it answers").payment_id.is_none() {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
        };
        tokio::time::timeout(DEADLINE, asked).await.expect("each payment is asked for");
    });
    assert!(again.stop().0.success());
}

/// Customers order without a pause until the power is cut; gives the orders that were answered.
async fn rush(home: &Home, running: Running) -> Vec<OrderId> {
    let client = client(home);
    let product_id = client.products(0, 1).await.expect("a menu").items[0].id;
    let (tell, mut told) = unbounded_channel();
    for _ in 0..CUSTOMERS {
        tokio::spawn(customer(client.clone(), product_id, tell.clone()));
    }
    drop(tell);
    let mut answered = Vec::new();
    while answered.len() < BEFORE_THE_CUT {
        answered.push(told.recv().await.expect("nobody is refused before the cut"));
    }
    running.kill();
    while let Some(id) = told.recv().await {
        answered.push(id);
    }
    answered
}

/// Orders until there is no answer any more.
async fn customer(client: OrderClient, product_id: ProductId, tell: UnboundedSender<OrderId>) {
    loop {
        let line = NewLine { product_id, quantity: 1, comment: None };
        let body = NewOrder {
            customer_id: None,
            order_items: vec![line],
            payment_method: None,
            email: None,
            pickup_name: None,
        };
        let Ok(order) = client.place(&body, None).await else { return };
        if tell.send(order.id).is_err() {
            return;
        }
    }
}
