//! Two instances of auth, order and payment on one MongoDB server, each pair behind a balancer, in a rush during which
//! one of each kind is killed and started again.
//!
//! `LANCHONETE_TEST_ORDERS` sets how many orders, `LANCHONETE_TEST_SEED` repeats a run's choices.

mod balancer;
mod hosts;

use std::collections::{HashMap, HashSet};
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use api::client::{OrderFilter, PaymentFilter};
use api::order::Order;
use api::payment::Payment;
use domain::{OrderId, OrderStatus, PaymentStatus, ProductId};
use testkit::eventually;
use tokio::runtime::Runtime;
use tokio::task::{JoinHandle, JoinSet};

use crate::rush::{PATIENCE, Shop, insist, one};
pub(crate) use hosts::free_ports;
use hosts::{Hosts, Processes, SERVICES};

/// How many order at the same time.
const CUSTOMERS: usize = 16;
/// The longest page of a list.
const PAGE: u32 = 100;
/// A list can be paged no further.
const MOST: usize = 10_000;

/// A number from the environment.
pub(crate) fn number<T: std::str::FromStr>(variable: &str) -> Option<T> {
    std::env::var(variable).ok().map(|text| text.parse().ok().unwrap_or_else(|| panic!("{variable}: {text:?}?")))
}

/// The `n`th choice of a run (SplitMix64, <https://prng.di.unimi.it/splitmix64.c>).
pub(crate) fn roll(seed: u64, n: u64) -> u64 {
    let mut z = seed.wrapping_add(n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Told to whoever watches, past the capture of the test harness.
fn say(what: std::fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stderr(), "fleet: {what}");
}

#[test]
fn nothing_is_lost_when_one_of_each_kind_is_killed() {
    let many = number("LANCHONETE_TEST_ORDERS").unwrap_or(200);
    assert!((20..=MOST).contains(&many), "from 20 to {MOST} orders");
    let seed = number("LANCHONETE_TEST_SEED").unwrap_or_else(|| u64::from(uuid::Uuid::new_v4().as_fields().0));
    say(format_args!("{many} orders, seed {seed}"));
    let runtime = Runtime::new().expect("a runtime");
    let Some(hosts) = runtime.block_on(Hosts::new(seed)) else { return };
    let hosts = Arc::new(hosts);
    let processes = hosts.start_all();
    let seeded = hosts.homes[0].run(&["seed"]);
    assert_eq!(seeded.code, 0, "{}", seeded.err);

    let processes = runtime.block_on(async {
        let shop = Shop::new(&hosts.homes[0].credentials());
        let product_id = on_every_wall(&hosts, &shop).await;
        let rush =
            Arc::new(Rush { shop, product_id, seed, many, begun: AtomicUsize::new(0), answered: AtomicUsize::new(0) });
        let start = Instant::now();
        let kills = tokio::spawn(kill_one_of_each(hosts.clone(), processes, rush.clone()));
        let placed = rush.clone().run().await;
        let processes = kills.await.expect("all run again");
        say(format_args!("placed in {:.1?}", start.elapsed()));
        let expected = settle(&rush.shop, placed).await;
        say(format_args!("settled after {:.1?}", start.elapsed()));
        check(&rush.shop, &expected).await;
        processes
    });
    for (service, front) in SERVICES.iter().zip(&hosts.fronts) {
        let taken = front.taken();
        say(format_args!("{service}: connections {taken:?}"));
        assert!(taken.iter().all(|taken| *taken > 0), "{service}: {taken:?}");
    }
    processes.stop();
}

/// A product that every instance knows by now.
async fn on_every_wall(hosts: &Hosts, shop: &Shop) -> ProductId {
    let kiosk = shop.kiosk();
    let product = insist(|| kiosk.products(0, 1)).await.items[0].id;
    for order_url in hosts.orders() {
        let instance = shop.with_orders_at(order_url).kiosk();
        eventually(PATIENCE, || async { instance.product(product).await.ok() }).await;
    }
    product
}

/// The customers, and how far they are.
struct Rush {
    shop: Shop,
    product_id: ProductId,
    seed: u64,
    many: usize,
    begun: AtomicUsize,
    answered: AtomicUsize,
}

/// An order that was answered with 201.
struct Placed {
    id: OrderId,
    number: u32,
    /// Set for those who pay.
    paying: Option<JoinHandle<()>>,
}

impl Rush {
    async fn run(self: Arc<Self>) -> Vec<Placed> {
        let mut customers = JoinSet::new();
        for _ in 0..CUSTOMERS {
            customers.spawn(self.clone().customers());
        }
        customers.join_all().await.into_iter().flatten().collect()
    }

    async fn customers(self: Arc<Self>) -> Vec<Placed> {
        let mut placed = Vec::new();
        loop {
            let n = self.begun.fetch_add(1, Ordering::Relaxed);
            if n >= self.many {
                return placed;
            }
            placed.push(self.visit(n as u64).await);
            self.answered.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// One in five is admitted by auth first and orders for itself; four in five pay.
    async fn visit(&self, n: u64) -> Placed {
        let choice = roll(self.seed, n);
        let orders = if choice.is_multiple_of(5) {
            let auth = self.shop.auth();
            let admitted = insist(|| auth.anonymous()).await;
            self.shop.orders_for(&admitted.access_token)
        } else {
            self.shop.kiosk()
        };
        let (body, key) = (one(self.product_id), format!("{}-{n}", self.seed));
        let order = insist(|| orders.place(&body, Some(&key))).await;
        let (shop, id) = (self.shop.clone(), order.id);
        let pays = !(choice / 5).is_multiple_of(5);
        let paying = pays.then(|| tokio::spawn(async move { shop.pay(id).await }));
        Placed { id, number: order.number, paying }
    }

    /// Waits until so many orders were answered.
    async fn until(&self, many: usize) {
        eventually(PATIENCE, || async { (self.answered.load(Ordering::Relaxed) >= many).then_some(()) }).await;
    }
}

/// At a quarter, a half and three quarters of the orders an instance is killed; some orders later it is started again.
async fn kill_one_of_each(hosts: Arc<Hosts>, mut processes: Processes, rush: Arc<Rush>) -> Processes {
    for (n, kind) in ["order", "payment", "auth"].into_iter().enumerate() {
        let service = SERVICES.iter().position(|service| *service == kind).expect("one of them");
        let host = usize::try_from(roll(rush.seed, service as u64) % 2).unwrap_or_default();
        let at = rush.many * (n + 1) / 4;
        rush.until(at).await;
        let instance = processes.instances[service][host].take().expect("it runs");
        instance.kill();
        rush.until(at + rush.many / 20).await;
        let hosts = hosts.clone();
        let again = tokio::task::spawn_blocking(move || hosts.start(service, host)).await;
        processes.instances[service][host] = Some(again.expect("it starts again"));
        say(format_args!("{kind} {} was killed at {at} orders and runs again", host + 1));
    }
    processes
}

/// Waits until each order has its charge, and each payment has reached its order; says of each order its number and
/// whether it was paid.
async fn settle(shop: &Shop, placed: Vec<Placed>) -> HashMap<OrderId, (u32, bool)> {
    let mut expected = HashMap::new();
    for Placed { id, number, paying } in placed {
        let paid = paying.is_some();
        if let Some(paying) = paying {
            paying.await.expect("it is paid");
        }
        assert!(expected.insert(id, (number, paid)).is_none(), "two customers were given order {id}");
    }
    let admin = shop.admin();
    for (id, (_, paid)) in &expected {
        eventually(PATIENCE, || async {
            let order = insist(|| admin.order(*id)).await;
            (order.qr_code.is_some() && (order.status == OrderStatus::Paid || !paid)).then_some(())
        })
        .await;
    }
    expected
}

/// Every answered order is there and no other, its number is its own, it is charged once, and both agree on its money.
async fn check(shop: &Shop, expected: &HashMap<OrderId, (u32, bool)>) {
    let orders = all_orders(shop).await;
    let ids: HashSet<OrderId> = orders.iter().map(|order| order.id).collect();
    assert_eq!(ids, expected.keys().copied().collect(), "the orders that were answered");
    assert_eq!(orders.len(), expected.len());
    let numbers: HashSet<u32> = orders.iter().map(|order| order.number).collect();
    assert_eq!(numbers.len(), orders.len(), "a number belongs to one order");

    let payments = all_payments(shop).await;
    assert_eq!(payments.len(), orders.len(), "one payment for each order");
    let of: HashMap<OrderId, &Payment> = payments.iter().map(|payment| (payment.order_id, payment)).collect();
    for order in &orders {
        let (number, paid) = expected[&order.id];
        let (status, payment_status) = match paid {
            true => (OrderStatus::Paid, PaymentStatus::Approved),
            false => (OrderStatus::Requested, PaymentStatus::Pending),
        };
        let id = order.id;
        assert_eq!((order.number, order.status, order.payment_status), (number, status, payment_status), "order {id}");
        let payment = of.get(&id).unwrap_or_else(|| panic!("order {id} has no payment"));
        assert_eq!((order.payment_id, order.amount), (Some(payment.payment_id), payment.amount), "order {id}");
        assert_eq!((payment.status, payment.refunded_amount.centavos()), (payment_status, 0), "order {id}");
        let charges = shop.sandbox.payments(&payment.payment_id.to_string()).await.expect("it answers");
        let [charge] = &charges[..] else { panic!("order {id} is charged {} times", charges.len()) };
        assert_eq!((charge.status.as_str(), charge.amount), (payment_status.as_str(), order.amount), "order {id}");
    }
    let paid = expected.values().filter(|(_, paid)| *paid).count();
    say(format_args!("{} orders, {paid} of them paid, each charged once", orders.len()));
}

async fn all_orders(shop: &Shop) -> Vec<Order> {
    let (admin, mut all) = (shop.admin(), Vec::new());
    loop {
        let skip = u32::try_from(all.len()).unwrap_or(u32::MAX);
        let page = admin.orders(&OrderFilter { skip, limit: Some(PAGE), ..OrderFilter::default() }).await;
        let items = page.expect("a page of orders").items;
        let last = items.len() < PAGE as usize;
        all.extend(items);
        if last {
            return all;
        }
    }
}

async fn all_payments(shop: &Shop) -> Vec<Payment> {
    let (admin, mut all) = (shop.payments(), Vec::new());
    loop {
        let skip = u32::try_from(all.len()).unwrap_or(u32::MAX);
        let page = admin.payments(&PaymentFilter { skip, limit: Some(PAGE), ..PaymentFilter::default() }).await;
        let items = page.expect("a page of payments").items;
        let last = items.len() < PAGE as usize;
        all.extend(items);
        if last {
            return all;
        }
    }
}
