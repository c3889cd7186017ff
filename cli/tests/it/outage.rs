//! The whole platform on a MongoDB server that is killed: first the server alone, then both as a power cut would.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use api::order::NewOrder;
use domain::{OrderId, OrderStatus};
use testkit::eventually;
use testkit::mongo::{Kind, Server, skip};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::rush::{PATIENCE, Shop, insist, one, one_day};
use crate::support::{ANYWHERE, Home, Running};

const CUSTOMERS: usize = 8;
/// Orders that are answered before the server is killed, while it is away or after, and then before the power cut.
const PHASES: [usize; 3] = [40, 60, 50];

#[test]
fn every_answered_order_is_there_after_the_database_is_killed() {
    let runtime = Runtime::new().expect("a runtime");
    let (home, data) = (Home::new(), testkit::temp_dir());
    let server = match Server::run(Some(data.path()), Kind::ReplicaSet, &[]) {
        Ok(server) => server,
        Err(why) => return skip(&why),
    };
    let url = server.database("shop");
    std::fs::write(home.path().join("lanchonete.toml"), format!("[order]\n{}", one_day())).expect("written");
    let running = up(&home, &url);
    let shop = Shop::new(&home.credentials());
    let answered = runtime.block_on(server_killed(&shop, data.path()));
    runtime.block_on(all_charged(&shop, &answered));
    let paid = answered[0];
    runtime.block_on(shop.pay(paid));
    runtime.block_on(arrived(&shop, paid));
    let more = runtime.block_on(power_cut(&shop, running, data.path()));
    assert!(answered.len() + more.len() >= PHASES.iter().sum(), "{} and {} orders", answered.len(), more.len());

    Server::start_again(data.path(), Kind::ReplicaSet);
    let again = up(&home, &url);
    let shop = Shop::new(&home.credentials());
    let numbers = runtime.block_on(async {
        let (kiosk, mut numbers) = (shop.kiosk(), HashSet::new());
        for id in answered.iter().chain(&more) {
            let order = kiosk.order(*id).await.unwrap_or_else(|error| panic!("{id}: {error}"));
            assert_eq!(order.status, if *id == paid { OrderStatus::Paid } else { OrderStatus::Requested }, "{id}");
            numbers.insert(order.number);
        }
        numbers
    });
    assert_eq!(numbers.len(), answered.len() + more.len(), "a number belongs to one order");
    assert!(again.stop().0.success());
}

fn up(home: &Home, database: &str) -> Running {
    home.start(&[&["up", "--database", database], &ANYWHERE[..]].concat())
}

/// Customers insist while the server is killed and started again under them.
async fn server_killed(shop: &Shop, data: &Path) -> Vec<OrderId> {
    let (order, count) = (order(shop).await, Arc::new(AtomicUsize::new(0)));
    let mut customers = JoinSet::new();
    for name in 0..CUSTOMERS {
        let (kiosk, order, count) = (shop.kiosk(), order.clone(), count.clone());
        customers.spawn(async move {
            let mut answered = Vec::new();
            while count.load(Ordering::Relaxed) < PHASES[0] + PHASES[1] {
                let key = format!("{name}-{}", answered.len());
                answered.push(insist(|| kiosk.place(&order, Some(&key))).await.id);
                count.fetch_add(1, Ordering::Relaxed);
            }
            answered
        });
    }
    eventually(PATIENCE, || async { (count.load(Ordering::Relaxed) >= PHASES[0]).then_some(()) }).await;
    let data = data.to_owned();
    let restart = || {
        Server::kill(&data);
        Server::start_again(&data, Kind::ReplicaSet);
    };
    tokio::task::block_in_place(restart);
    customers.join_all().await.concat()
}

/// Customers order until nobody answers any more.
async fn power_cut(shop: &Shop, running: Running, data: &Path) -> Vec<OrderId> {
    let (order, count) = (order(shop).await, Arc::new(AtomicUsize::new(0)));
    let mut customers = JoinSet::new();
    for _ in 0..CUSTOMERS {
        let (kiosk, order, count) = (shop.kiosk(), order.clone(), count.clone());
        customers.spawn(async move {
            let mut answered = Vec::new();
            while let Ok(order) = kiosk.place(&order, None).await {
                answered.push(order.id);
                count.fetch_add(1, Ordering::Relaxed);
            }
            answered
        });
    }
    eventually(PATIENCE, || async { (count.load(Ordering::Relaxed) >= PHASES[2]).then_some(()) }).await;
    tokio::task::block_in_place(|| {
        Server::kill(data);
        running.kill();
    });
    customers.join_all().await.concat()
}

async fn order(shop: &Shop) -> NewOrder {
    one(shop.kiosk().products(0, 1).await.expect("a menu").items[0].id)
}

async fn all_charged(shop: &Shop, answered: &[OrderId]) {
    let kiosk = shop.kiosk();
    for id in answered {
        eventually(PATIENCE, || async { insist(|| kiosk.order(*id)).await.qr_code }).await;
    }
}

async fn arrived(shop: &Shop, id: OrderId) {
    let kiosk = shop.kiosk();
    eventually(PATIENCE, || async { (insist(|| kiosk.order(id)).await.status == OrderStatus::Paid).then_some(()) })
        .await;
}
