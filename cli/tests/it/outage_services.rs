//! A service, or MercadoPago, is away for a while under load: nobody is turned away, and what had to wait is made up for
//! soon after the return.
//!
//! `LANCHONETE_TEST_OUTAGE_SECONDS` sets how long it is away (3): `LANCHONETE_TEST_OUTAGE_SECONDS=30 cargo test -p
//! lanchonete --test it outage_services -- --test-threads=1`. How long the recovery took is written to stderr; where the
//! time is set, it must be at most 15 seconds.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use api::order::Order;
use domain::{Clock, OrderId, PaymentId, ProductId, SystemClock, Timestamp};
use mercadopago::control::Move;
use testkit::eventually;
use testkit::mongo::{Kind, database};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::rush::{PATIENCE, Shop, one};
use crate::separate::Separate;
use crate::support::Running;

const CUSTOMERS: usize = 4;
/// How long a customer looks at the menu.
const PAUSE: Duration = Duration::from_millis(400);
/// Sets how long it is away.
const AWAY: &str = "LANCHONETE_TEST_OUTAGE_SECONDS";
/// The longest that anything may wait after the return.
const SOON: Duration = Duration::from_secs(15);
/// Orders that are paid while the order service is away.
const PAID: usize = 40;

/// How long it is away.
fn away() -> Duration {
    let text = std::env::var(AWAY).unwrap_or_else(|_| "3".to_owned());
    Duration::from_secs(text.parse().unwrap_or_else(|_| panic!("{AWAY}: {text:?}?")))
}

/// Told to whoever watches, past the capture of the test harness.
fn say(what: std::fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stderr(), "outage: {what}");
}

/// The processes, by the name of their service.
struct Stage {
    separate: Separate,
    running: Vec<(&'static str, Running)>,
    shop: Shop,
}

impl Stage {
    fn open(configuration: &str) -> Self {
        let separate = Separate::new(configuration);
        let running = ["auth", "sandbox", "payment", "order"].into_iter().zip(separate.start_all()).collect();
        let shop = Shop::new(&separate.home.credentials());
        Stage { separate, running, shop }
    }

    fn kill(&mut self, service: &str) {
        let n = self.running.iter().position(|(name, _)| *name == service).expect("it runs");
        self.running.remove(n).1.kill();
    }

    fn start(&mut self, service: &'static str) {
        self.running.push((service, self.separate.start(service)));
    }

    fn stop(self) {
        for (name, running) in self.running {
            let (ended, _) = running.stop();
            assert!(ended.success(), "{name}: {ended}");
        }
    }
}

/// Customers order until they are told to stop; every one of them must be answered.
fn customers(shop: &Shop, open: &Arc<AtomicBool>, product: ProductId) -> JoinSet<Vec<OrderId>> {
    let mut customers = JoinSet::new();
    for _ in 0..CUSTOMERS {
        let (kiosk, open) = (shop.kiosk(), open.clone());
        customers.spawn(async move {
            let mut placed = Vec::new();
            while open.load(Ordering::Relaxed) {
                placed.push(kiosk.place(&one(product), None).await.expect("an order is answered with 201").id);
                sleep(PAUSE).await;
            }
            placed
        });
    }
    customers
}

/// Waits until all orders have what they waited for; says, and checks, how long after `back` the last one had it.
async fn made_up(
    what: &str,
    shop: &Shop,
    orders: &[OrderId],
    back: Timestamp,
    had_at: fn(&Order) -> Option<Timestamp>,
) {
    let kiosk = shop.kiosk();
    let mut late = Vec::new();
    for id in orders {
        let at = eventually(PATIENCE, || async { kiosk.order(*id).await.ok().as_ref().and_then(had_at) }).await;
        late.push(at.since(back));
    }
    late.sort_unstable();
    let last = late.last().copied().unwrap_or_default();
    let waited = late.iter().filter(|wait| !wait.is_zero()).count();
    let half = late.get(late.len() - waited.div_ceil(2)).copied().unwrap_or_default();
    let (away, many) = (away(), orders.len());
    say(format_args!(
        "{what} away for {away:?}: {many} orders, {waited} had to wait, half {half:?}, the last {last:?}"
    ));
    assert!(waited > 0, "nothing had to wait: it was not away");
    // A clock is only looked at where somebody measures: other tests may have the machine.
    let measured = std::env::var_os(AWAY).is_some();
    assert!(!measured || last <= SOON, "{what}: the last order waited {last:?} after the return");
}

/// Since when an order has its QR code.
fn charged_at(order: &Order) -> Option<Timestamp> {
    order.qr_code.as_ref().map(|_| order.updated_at)
}

/// One of the services that an order's charge needs is killed under load and started again.
fn without(service: &'static str, configuration: &str) {
    let runtime = Runtime::new().expect("a runtime");
    let mut stage = Stage::open(configuration);
    let open = Arc::new(AtomicBool::new(true));
    let customers = runtime.block_on(async {
        let product = stage.shop.kiosk().products(0, 1).await.expect("a menu").items[0].id;
        customers(&stage.shop, &open, product)
    });
    // The customers go on meanwhile, on the threads of the runtime.
    std::thread::sleep(away() / 3);
    stage.kill(service);
    std::thread::sleep(away());
    let back = SystemClock.now();
    stage.start(service);
    runtime.block_on(async {
        sleep(away() / 3).await;
        open.store(false, Ordering::Relaxed);
        let placed = customers.join_all().await.concat();
        made_up(service, &stage.shop, &placed, back, charged_at).await;
        // One charge each, whatever was tried again.
        for order in &placed {
            let order = stage.shop.kiosk().order(*order).await.expect("it answers");
            let payment = order.payment_id.expect("it is charged").to_string();
            let charges = stage.shop.sandbox.payments(&payment).await.expect("it answers");
            assert_eq!(charges.len(), 1, "order {} is charged {} times", order.id, charges.len());
        }
    });
    stage.stop();
}

/// The order service is away while customers pay.
fn without_orders(configuration: &str) {
    let runtime = Runtime::new().expect("a runtime");
    let mut stage = Stage::open(configuration);
    let placed = runtime.block_on(async {
        let kiosk = stage.shop.kiosk();
        let product = kiosk.products(0, 1).await.expect("a menu").items[0].id;
        let mut placed = Vec::new();
        for _ in 0..PAID {
            placed.push(kiosk.place(&one(product), None).await.expect("an order is answered").id);
        }
        let mut charges = Vec::new();
        for id in &placed {
            let charged = eventually(PATIENCE, || async {
                let order = kiosk.order(*id).await.ok()?;
                order.qr_code.and(order.payment_id)
            })
            .await;
            charges.push(charged);
        }
        placed.into_iter().zip(charges).collect::<Vec<(OrderId, PaymentId)>>()
    });
    stage.kill("order");
    runtime.block_on(async {
        let pause = away() / u32::try_from(PAID).unwrap_or(1);
        for (_, payment) in &placed {
            let charge = stage.shop.sandbox.payments(&payment.to_string()).await.expect("it answers").remove(0).id;
            stage.shop.sandbox.move_payment(&charge, &Move::to("approved")).await.expect("it moves");
            sleep(pause).await;
        }
    });
    let back = SystemClock.now();
    stage.start("order");
    let ids: Vec<OrderId> = placed.iter().map(|(id, _)| *id).collect();
    runtime.block_on(made_up("order", &stage.shop, &ids, back, |order| order.paid_at));
    stage.stop();
}

/// All services but the sandbox on a database of a genuine MongoDB server.
fn mongodb() -> Option<String> {
    let url = database(Kind::ReplicaSet)?;
    Some(["auth", "order", "payment"].map(|service| format!("[{service}]\ndatabase = {:?}\n", url.as_str())).concat())
}

#[test]
fn payment_is_away() {
    without("payment", "");
}

#[test]
fn mercadopago_is_away() {
    without("sandbox", "");
}

#[test]
fn order_is_away_while_customers_pay() {
    without_orders("");
}

#[test]
fn payment_is_away_on_mongodb() {
    let Some(configuration) = mongodb() else { return };
    without("payment", &configuration);
}

#[test]
fn mercadopago_is_away_on_mongodb() {
    let Some(configuration) = mongodb() else { return };
    without("sandbox", &configuration);
}

#[test]
fn order_is_away_while_customers_pay_on_mongodb() {
    let Some(configuration) = mongodb() else { return };
    without_orders(&configuration);
}
