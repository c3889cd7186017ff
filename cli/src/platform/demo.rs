//! `up --demo`: customers who order and pay at a human pace, through the public HTTP API and the sandbox's checkout.

use std::time::Duration;

use api::client::{AuthClient, OrderClient, PaymentClient, PaymentFilter};
use api::order::{NewLine, NewOrder, Order, Product};
use aws_lc_rs::rand;
use domain::{CustomerId, PaymentMethod, Role};
use mercadopago::control::{Control, Move};
use tokio_util::sync::CancellationToken;

use crate::clients::Session;
use crate::commands::all_products;
use crate::config::Service;
use crate::exit::Outcome;
use crate::fixtures::{self, Customer};
use crate::print::Printer;
use crate::rehearse::admit;

/// Between two customers, in seconds.
const ARRIVAL: (u64, u64) = (3, 12);
/// How long a customer takes to pay, in seconds.
const PAYING: (u64, u64) = (2, 9);
/// No more customers come while the kitchen has this much to do.
const FULL: usize = 24;
/// One customer in so many leaves without paying.
const LEAVES: u64 = 8;
/// One customer in so many tells the CPF; the others stay anonymous.
const IDENTIFIES: u64 = 3;
const WISHES: [&str; 6] =
    ["sem cebola", "bem passado", "sem gelo", "maionese à parte", "cortado ao meio", "com bastante molho"];
/// The longest that one move in the sandbox may take.
const TIMEOUT: Duration = Duration::from_secs(30);

struct Shop {
    people: Vec<Customer>,
    door: AuthClient,
    kiosk: OrderClient,
    kitchen: OrderClient,
    payments: PaymentClient,
    sandbox: Control,
}

/// Sends customers until `shutdown`. What goes wrong for one is logged and the next one comes.
pub(crate) async fn run(session: Session, shutdown: CancellationToken, printer: Printer) {
    let played = tokio::select! {
        () = shutdown.cancelled() => return,
        played = play(&session) => played,
    };
    if let Err(failure) = played {
        printer.failure(&failure);
    }
}

async fn play(session: &Session) -> Outcome {
    let shop = Shop {
        people: fixtures::customers()?,
        door: session.auth(Role::Kiosk).await?,
        kiosk: session.order(Role::Kiosk).await?,
        kitchen: session.order(Role::Kitchen).await?,
        payments: session.payment(Role::Admin).await?,
        sandbox: Control::new(session.url(Service::Sandbox), TIMEOUT)?,
    };
    loop {
        if let Err(failure) = customer(&shop).await {
            tracing::warn!(reason = failure.message, "a demo customer went away");
        }
        pause(ARRIVAL).await;
    }
}

/// One customer: looks at the menu, orders, and mostly pays.
async fn customer(shop: &Shop) -> Outcome {
    let open = shop.kitchen.queue(None).await?.map_or(0, |queue| queue.entries.len());
    if open >= FULL {
        return Ok(());
    }
    let menu: Vec<Product> = all_products(&shop.kiosk).await?.into_iter().filter(|product| product.enabled).collect();
    if menu.is_empty() {
        return Ok(());
    }
    let person = pick(&shop.people);
    let id = if below(IDENTIFIES) == 0 { Some(admit(&shop.door, person).await?.id) } else { None };
    let order = shop.kiosk.place(&wanted(&menu, person, id), None).await?;
    pause(PAYING).await;
    if below(LEAVES) == 0 {
        return Ok(());
    }
    pay(shop, &order).await
}

fn wanted(menu: &[Product], person: &Customer, customer_id: Option<CustomerId>) -> NewOrder {
    let line = |_| {
        let product_id = pick(menu).id;
        let comment = (below(3) == 0).then(|| (*pick(&WISHES)).to_owned());
        NewLine { product_id, quantity: 1 + below(3) as u32 / 2, comment }
    };
    NewOrder {
        customer_id,
        order_items: (0..=below(3)).map(line).collect(),
        payment_method: Some(PaymentMethod::Pix),
        email: None,
        pickup_name: person.name.split(' ').next().map(str::to_owned),
    }
}

async fn pay(shop: &Shop, order: &Order) -> Outcome {
    let filter = PaymentFilter { order_id: Some(order.id), ..PaymentFilter::default() };
    for payment in shop.payments.payments(&filter).await?.items {
        for charge in shop.sandbox.payments(&payment.payment_id.to_string()).await? {
            shop.sandbox.move_payment(&charge.id, &Move::to("approved")).await?;
        }
    }
    Ok(())
}

async fn pause((least, most): (u64, u64)) {
    let millis = least * 1_000 + below((most - least) * 1_000);
    tokio::time::sleep(Duration::from_millis(millis)).await;
}

fn pick<T>(all: &[T]) -> &T {
    &all[below(all.len() as u64) as usize]
}

/// A number from 0 to below `end`; 0 when the system gives no random bytes.
fn below(end: u64) -> u64 {
    let mut bytes = [0; 8];
    let _ = rand::fill(&mut bytes);
    u64::from_le_bytes(bytes) % end.max(1)
}
